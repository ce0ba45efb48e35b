package deptest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// maxLines is how long a file may be; 400 is what to aim at.
const maxLines = 500

// longFiles may be longer, for a reason.
var longFiles = map[string]string{}

func TestFilesAreShort(t *testing.T) {
	long := map[string]bool{}
	for _, f := range goFiles(t, true) {
		if f.lines <= maxLines {
			continue
		}
		long[f.path] = true
		assert.NotEmpty(t, longFiles[f.path], "%s has %d lines, more than %d: split it by what it is about; if it is about one thing only, say so in longFiles of internal/deptest/size_test.go", f.path, f.lines, maxLines)
	}
	for _, path := range sortedKeys(longFiles) {
		assert.True(t, long[path], "%s is not long any more: take it out of longFiles", path)
	}
}

// TestTheDesignIsShort holds that docs/design.md is a plan that one reads at one sitting.
func TestTheDesignIsShort(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(root, "docs/design.md"))
	require.NoError(t, err)
	assert.LessOrEqual(t, strings.Count(string(b), "\n"), 250, "docs/design.md says what is; why belongs into docs/decisions, details into the packages' own documentation")
}
