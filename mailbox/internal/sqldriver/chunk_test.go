package sqldriver

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestSplitChunks(t *testing.T) {
	assert.Nil(t, splitChunks(""))
	content := strings.Repeat("0123456789", ChunkSize/4)
	chunks := splitChunks(content)
	assert.Len(t, chunks, 3)
	for _, c := range chunks[:2] {
		assert.Len(t, c, ChunkSize)
	}
	assert.Equal(t, content, strings.Join(chunks, ""))
}

// Reading a range of chunks gives what slicing the whole content gives.
func TestChunkRange(t *testing.T) {
	content := strings.Repeat("0123456789abcdef", 3*ChunkSize/16) + "end"
	chunks := splitChunks(content)
	size := int64(len(content))
	edge := rapid.OneOf(
		rapid.SampledFrom([]int64{-1, 0, 1, ChunkSize - 1, ChunkSize, ChunkSize + 1, 2 * ChunkSize, size - 1, size, size + 1}),
		rapid.Int64Range(0, size),
	)
	rapid.Check(t, func(t *rapid.T) {
		from, to := edge.Draw(t, "from"), edge.Draw(t, "to")
		first, last, skip, length := chunkRange(size, from, to)
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
