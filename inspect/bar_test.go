package inspect

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/quire-dev/quire"
)

// TestSmallPiecesAreDrawnAsOne: of a context of very many messages neighbours of a kind are
// one piece, and nothing is lost of it.
func TestSmallPiecesAreDrawnAsOne(t *testing.T) {
	var list []piece
	for i := range 5000 {
		list = append(list, piece{Class: []string{"c-mail", "c-own"}[i/50%2], Marked: i%1000 == 77, UID: quire.UID(i + 1), Tokens: 10 + i%7, Count: 1})
	}
	b := newBar(list, 100_000, 0)
	tokens, count, marked := 0, 0, 0
	for _, p := range b.Pieces {
		tokens, count = tokens+p.Tokens, count+p.Count
		if p.Marked {
			marked += p.Count
		}
	}
	assert.Less(t, len(b.Pieces), 1000)
	assert.Equal(t, b.Used, tokens)
	assert.Equal(t, 5000, count)
	assert.Equal(t, 5, marked, "what is marked stays apart")
	sum := 0
	for _, l := range b.Legend {
		sum += l.Tokens
	}
	assert.Equal(t, b.Used, sum)
}
