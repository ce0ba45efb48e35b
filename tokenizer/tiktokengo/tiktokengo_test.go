package tiktokengo_test

import (
	"testing"

	oracle "github.com/pkoukk/tiktoken-go"
	loader "github.com/pkoukk/tiktoken-go-loader"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/tokenizer"
	"github.com/quire-dev/quire/tokenizer/tiktoken"
	"github.com/quire-dev/quire/tokenizer/tiktokengo"
)

// TestDropIn holds that the adapter and our own encoding are interchangeable.
func TestDropIn(t *testing.T) {
	oracle.SetBpeLoader(loader.NewOfflineLoader())
	enc, err := oracle.GetEncoding("o200k_base")
	require.NoError(t, err)
	theirs := tiktokengo.New("o200k_base", enc)
	for _, parts := range [][]quire.Part{
		nil,
		{quire.Text{Text: "Grüße, world!\n \n<|endoftext|> \xff"}},
		{quire.ToolCall{ID: "1", Name: "read", Args: `{"path":"/tmp"}`}},
		{quire.ToolResult{CallID: "1", Parts: []quire.Part{quire.Text{Text: "ok"}, quire.Image{Width: 10, Height: 10}}}},
	} {
		require.Equal(t, tokenizer.CountParts(tiktoken.O200k(), parts), tokenizer.CountParts(theirs, parts), "%v", parts)
	}
	for _, c := range []tokenizer.Counter{tiktoken.O200k(), theirs} {
		require.Equal(t, "o200k_base", c.Name())
	}
}
