package sqldriver

// ChunkSize is the size of a blob's chunks in bytes; the last may be shorter.
const ChunkSize = 256 << 10

// splitChunks cuts content into chunks of [ChunkSize] bytes, as stores keep it.
// The last one may be shorter; no content has no chunk. The chunks are part of
// content, not copies, and may be cut inside a rune.
func splitChunks(content string) []string {
	if content == "" {
		return nil
	}
	chunks := make([]string, 0, (len(content)+ChunkSize-1)/ChunkSize)
	for len(content) > ChunkSize {
		chunks = append(chunks, content[:ChunkSize])
		content = content[ChunkSize:]
	}
	return append(chunks, content)
}

// chunkRange says which chunks hold the bytes [from, to) of content of the given
// size: those with the indexes [first, last), where the range begins skip bytes
// into the first. To 0 means the end of the content. A range that is out of
// bounds is cut to them; an empty one has first == last.
func chunkRange(size, from, to int64) (first, last int, skip, length int64) {
	if to <= 0 || to > size {
		to = size
	}
	if from = max(from, 0); from >= to {
		return 0, 0, 0, 0
	}
	return int(from / ChunkSize), int((to + ChunkSize - 1) / ChunkSize), from % ChunkSize, to - from
}
