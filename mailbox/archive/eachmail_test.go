package archive

import (
	"bufio"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A mail that is longer than is read is passed over.
func TestALongMailIsPassedOver(t *testing.T) {
	var got []string
	err := eachMail(bufio.NewReaderSize(strings.NewReader(from+"one\n\n"+from+strings.Repeat("line\n", 100)+"\n"+from+"two\n"), 16), 100, func(raw []byte) error {
		got = append(got, string(raw))
		return nil
	})
	require.NoError(t, err)
	assert.Equal(t, []string{from + "one\n\n", "", from + "two\n"}, got)
}

const from = "From x@y\n"
