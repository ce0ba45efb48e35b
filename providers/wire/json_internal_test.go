package wire

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// plainly escapes byte by byte, as appendEscaped does eight at a time.
func plainly(s string) string {
	var b strings.Builder
	for _, r := range s { // what is no UTF-8 comes as U+FFFD, one for each byte
		switch {
		case r == '"' || r == '\\' || r < ' ':
			b.Write(appendControl(nil, byte(r)))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func TestStringsAreEscapedWhereTheyMustBe(t *testing.T) {
	for _, odd := range []string{"\"", "\\", "\n", "\x00", "\x1f", "\x7f", "\x80", "\xff", "é", "語", "😀", "\xe8\xaa", "!", "#", "[", "]", " "} {
		for before := range 18 {
			for after := range 18 {
				s := strings.Repeat("a", before) + odd + strings.Repeat("é", after) + odd
				require.Equal(t, plainly(s), string(appendEscaped(nil, s)), "%q", s)
			}
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		s := string(rapid.SliceOf(rapid.OneOf(rapid.Byte(), rapid.SampledFrom([]byte(`"\ab`)))).Draw(t, "bytes")) + rapid.String().Draw(t, "text")
		b := appendEscaped([]byte("before"), s)
		require.Equal(t, "before"+plainly(s), string(b))
		var back string
		require.NoError(t, json.Unmarshal(quoted(s), &back))
		assert.Equal(t, string([]rune(s)), back)
	})
}
