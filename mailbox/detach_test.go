package mailbox

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/codec"
	"github.com/quire-dev/quire/internal/jsontext"
	"github.com/quire-dev/quire/mailbox/driver"
)

func TestDetach(t *testing.T) {
	long := strings.Repeat("ab\n", maxInline) + "the end"
	parts := []quire.Part{
		quire.Text{Text: "short"},
		quire.Text{Text: long},
		quire.ToolResult{CallID: "1", Name: "cat", Parts: []quire.Part{quire.Text{Text: long}, quire.Text{Text: "x"}}, IsError: true},
		quire.Text{Text: long + "!"},
	}
	before, err := codec.EncodeParts(parts)
	require.NoError(t, err)
	inline, blobs := detach(parts)

	after, err := codec.EncodeParts(parts)
	require.NoError(t, err)
	assert.Equal(t, before, after, "what was given is unchanged")
	require.Equal(t, []driver.BlobContent{{Digest: quire.DigestOf([]byte(long)), Data: long}, {Digest: quire.DigestOf([]byte(long + "!")), Data: long + "!"}}, blobs)
	want := quire.Blob{
		Digest: blobs[0].Digest, Size: int64(len(long)), MediaType: "text/plain; charset=utf-8",
		Head: long[:2048], Tail: long[len(long)-1024:],
	}
	last := want
	last.Digest, last.Size, last.Tail = blobs[1].Digest, want.Size+1, want.Tail[1:]+"!"
	assert.Equal(t, []quire.Part{
		quire.Text{Text: "short"},
		want,
		quire.ToolResult{CallID: "1", Name: "cat", Parts: []quire.Part{want, quire.Text{Text: "x"}}, IsError: true},
		last,
	}, inline)
}

func TestDetachLeavesWhatFits(t *testing.T) {
	parts := []quire.Part{
		quire.Text{Text: strings.Repeat("a", maxInline)}, quire.ToolCall{Args: strings.Repeat("a", maxInline+1)},
		quire.ToolResult{Parts: []quire.Part{quire.Text{Text: "a"}}}, quire.ToolResult{},
	}
	inline, blobs := detach(parts)
	assert.Empty(t, blobs)
	assert.Same(t, &parts[0], &inline[0])
	inline, blobs = detach([]quire.Part{quire.Text{Text: strings.Repeat("\xff", maxInline/2)}}) // three bytes each, once cleaned
	assert.IsType(t, quire.Blob{}, inline[0])
	assert.Len(t, blobs, 1)
	inline, blobs = detach(nil)
	assert.Nil(t, inline)
	assert.Nil(t, blobs)
}

// Content comes back as it was, but for bytes that are no UTF-8, and heads and
// tails are whole runes of it.
func TestDetachProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		unit := rapid.SampledFrom([]string{"é漢🙂", "🙂", "abc", "a\xff", "\xf0\x9f\x99"}).Draw(t, "unit")
		text := strings.Repeat("x", rapid.IntRange(0, 3).Draw(t, "shift")) + strings.Repeat(unit, rapid.IntRange(1, 90_000).Draw(t, "n"))
		inline, blobs := detach([]quire.Part{quire.Text{Text: text}})
		clean := jsontext.Clean(text)
		if len(clean) <= maxInline {
			require.Equal(t, []quire.Part{quire.Text{Text: text}}, inline)
			return
		}
		b := inline[0].(quire.Blob)
		require.Equal(t, clean, blobs[0].Data)
		require.Equal(t, int64(len(clean)), b.Size)
		for _, s := range []string{b.Head, b.Tail} {
			require.True(t, utf8.ValidString(s))
		}
		require.True(t, strings.HasPrefix(clean, b.Head) && len(b.Head) > 2048-utf8.UTFMax)
		require.True(t, strings.HasSuffix(clean, b.Tail) && len(b.Tail) > 1024-utf8.UTFMax)
	})
}
