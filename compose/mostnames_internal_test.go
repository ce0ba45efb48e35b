package compose

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/quire-dev/quire"
)

// Of a message of megabytes some thousands of identifiers are known, and all handles.
func TestAnIndexKnowsSomeThousandNamesOfAMessage(t *testing.T) {
	var b strings.Builder
	for i := range 3 * mostNames {
		fmt.Fprintf(&b, "pkg/file_%d.go ", i)
	}
	b.WriteString("#7 #8")
	u := useIndex{byName: map[uint64][]quire.UID{}}
	assert.Len(t, u.add(1, b.String()), mostNames)
	assert.Len(t, u.byName, mostNames+2)
}
