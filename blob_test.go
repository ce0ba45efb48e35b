package quire

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestDetach(t *testing.T) {
	long := strings.Repeat("ab\n", MaxInline) + "the end"
	parts := []Part{
		Text{"short"},
		Text{long},
		ToolResult{CallID: "1", Name: "cat", Parts: []Part{Text{long}, Text{"x"}}, IsError: true},
		Text{long + "!"},
	}
	before, err := EncodeParts(parts)
	require.NoError(t, err)
	inline, blobs := Detach(parts)

	after, err := EncodeParts(parts)
	require.NoError(t, err)
	assert.Equal(t, before, after, "what was given is unchanged")
	require.Equal(t, []BlobContent{{DigestOf([]byte(long)), long}, {DigestOf([]byte(long + "!")), long + "!"}}, blobs)
	want := Blob{
		Digest: blobs[0].Digest, Size: int64(len(long)), MediaType: "text/plain; charset=utf-8",
		Head: long[:2048], Tail: long[len(long)-1024:],
	}
	last := want
	last.Digest, last.Size, last.Tail = blobs[1].Digest, want.Size+1, want.Tail[1:]+"!"
	assert.Equal(t, []Part{
		Text{"short"},
		want,
		ToolResult{CallID: "1", Name: "cat", Parts: []Part{want, Text{"x"}}, IsError: true},
		last,
	}, inline)
}

func TestDetachLeavesWhatFits(t *testing.T) {
	parts := []Part{
		Text{strings.Repeat("a", MaxInline)}, ToolCall{Args: strings.Repeat("a", MaxInline+1)},
		ToolResult{Parts: []Part{Text{"a"}}}, ToolResult{},
	}
	inline, blobs := Detach(parts)
	assert.Empty(t, blobs)
	assert.Same(t, &parts[0], &inline[0])
	inline, blobs = Detach([]Part{Text{strings.Repeat("\xff", MaxInline/2)}}) // three bytes each, once cleaned
	assert.IsType(t, Blob{}, inline[0])
	assert.Len(t, blobs, 1)
	inline, blobs = Detach(nil)
	assert.Nil(t, inline)
	assert.Nil(t, blobs)
}

// Content comes back as it was, but for bytes that are no UTF-8, and heads and
// tails are whole runes of it.
func TestDetachProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		unit := rapid.SampledFrom([]string{"é漢🙂", "🙂", "abc", "a\xff", "\xf0\x9f\x99"}).Draw(t, "unit")
		text := strings.Repeat("x", rapid.IntRange(0, 3).Draw(t, "shift")) + strings.Repeat(unit, rapid.IntRange(1, 90_000).Draw(t, "n"))
		inline, blobs := Detach([]Part{Text{text}})
		clean := Clean(text)
		if len(clean) <= MaxInline {
			require.Equal(t, []Part{Text{text}}, inline)
			return
		}
		b := inline[0].(Blob)
		require.Equal(t, clean, blobs[0].Data)
		require.Equal(t, int64(len(clean)), b.Size)
		for _, s := range []string{b.Head, b.Tail} {
			require.True(t, utf8.ValidString(s))
		}
		require.True(t, strings.HasPrefix(clean, b.Head) && len(b.Head) > 2048-utf8.UTFMax)
		require.True(t, strings.HasSuffix(clean, b.Tail) && len(b.Tail) > 1024-utf8.UTFMax)

		chunks := SplitChunks(blobs[0].Data)
		for i, c := range chunks {
			require.True(t, len(c) == ChunkSize || i == len(chunks)-1 && len(c) > 0)
		}
		joined, err := JoinChunks(b.Digest, chunks)
		require.NoError(t, err)
		require.Equal(t, clean, joined)
	})
}

func TestJoinChunksFindsDamage(t *testing.T) {
	content := strings.Repeat("0123456789", ChunkSize/4)
	d := DigestOf([]byte(content))
	for name, chunks := range map[string][]string{
		"missing": SplitChunks(content)[1:],
		"swapped": {SplitChunks(content)[1], SplitChunks(content)[0], SplitChunks(content)[2]},
		"changed": SplitChunks("x" + content[1:]),
		"none":    nil,
	} {
		got, err := JoinChunks(d, chunks)
		var e *CorruptError
		require.ErrorAs(t, err, &e, name)
		assert.Empty(t, got, name)
		assert.Equal(t, d, e.Want, name)
		assert.NotEqual(t, d, e.Got, name)
		assert.ErrorContains(t, err, d.Short(), name)
	}
	assert.Nil(t, SplitChunks(""))
	got, err := JoinChunks(DigestOf(nil), nil)
	assert.NoError(t, err)
	assert.Empty(t, got)
}

// Reading a range of chunks gives what slicing the whole content gives.
func TestChunkRange(t *testing.T) {
	content := strings.Repeat("0123456789abcdef", 3*ChunkSize/16) + "end"
	chunks := SplitChunks(content)
	size := int64(len(content))
	edge := rapid.OneOf(
		rapid.SampledFrom([]int64{-1, 0, 1, ChunkSize - 1, ChunkSize, ChunkSize + 1, 2 * ChunkSize, size - 1, size, size + 1}),
		rapid.Int64Range(0, size),
	)
	rapid.Check(t, func(t *rapid.T) {
		from, to := edge.Draw(t, "from"), edge.Draw(t, "to")
		first, last, skip, length := ChunkRange(size, from, to)
		got := strings.Join(chunks[first:last], "")
		lo, hi := max(from, 0), min(to, size)
		if to <= 0 {
			hi = size
		}
		if lo >= hi {
			require.Equal(t, first, last)
			require.Zero(t, length)
			return
		}
		require.Equal(t, content[lo:hi], got[skip:skip+length])
		require.EqualValues(t, (hi-1)/ChunkSize-lo/ChunkSize+1, last-first, "no chunk too many")
	})
}
