package render_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/render"
)

func left(n int64) string { return fmt.Sprintf("(%d bytes elsewhere)", n) }

func TestShortenCutsTheLongTextsOnly(t *testing.T) {
	long := strings.Repeat("abcdefghi\n", 100)
	parts := []quire.Part{quire.Text{Text: "\xff short"}, quire.Text{Text: long}, quire.Image{URL: "u"}, quire.Reasoning{Text: long}}
	got := render.Shorten(parts, 300, left)
	assert.Equal(t, parts[0], got[0], "byte for byte, also what is no UTF-8")
	assert.Equal(t, parts[2:], got[2:])
	text := got[1].(quire.Text).Text
	assert.Less(t, len(text), 350)
	assert.True(t, strings.HasPrefix(long, text[:100]), text)
	assert.True(t, strings.HasSuffix(long, text[len(text)-80:]), text)
	assert.Contains(t, text, " bytes elsewhere)")
	assert.NotContains(t, text, "context_pull")
	assert.Len(t, parts[1].(quire.Text).Text, 1000, "what was given is not changed")

	assert.Equal(t, parts, render.Shorten(parts, 0, left))
	assert.Equal(t, parts, render.Shorten(parts, 5000, left))
}

func TestShortenGoesIntoResultsAndArguments(t *testing.T) {
	long := strings.Repeat("x", 900)
	parts := []quire.Part{
		quire.ToolResult{CallID: "c", Name: "read", Parts: []quire.Part{quire.Text{Text: long}}, IsError: true},
		quire.ToolCall{ID: "d", Name: "write", Args: `{"path":"a","text":"` + long + `"}`},
		quire.Blob{Size: 90_000, Head: "head", Tail: "tail"},
	}
	got := render.Shorten(parts, 600, left)
	res := got[0].(quire.ToolResult)
	assert.Equal(t, "c", res.CallID)
	assert.True(t, res.IsError)
	assert.Contains(t, res.Parts[0].(quire.Text).Text, "bytes elsewhere")
	call := got[1].(quire.ToolCall)
	require.True(t, json.Valid([]byte(call.Args)), call.Args)
	assert.Contains(t, call.Args, `"path":"a"`)
	assert.Contains(t, call.Args, "bytes left out …]")
	assert.NotContains(t, call.Args, "#0")
	assert.Equal(t, parts[2], got[2], "it is short")
	assert.Equal(t, long, parts[0].(quire.ToolResult).Parts[0].(quire.Text).Text)
}
