package tokenizer_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/tokenizer"
)

// bytesCounter counts bytes: so that what is added to the content is plain.
type bytesCounter struct{}

func (bytesCounter) Name() string           { return "bytes" }
func (bytesCounter) CountText(s string) int { return len(s) }

func TestCountParts(t *testing.T) {
	rules := tokenizer.Rules{Image: tokenizer.ImageRule{Unknown: 70, PixelsPerToken: 100}, RefBytes: 4}
	for name, c := range map[string]struct {
		part quire.Part
		want int
	}{
		"text":           {quire.Text{Text: "four"}, 4},
		"call":           {quire.ToolCall{ID: "not counted", Name: "read", Args: "{}"}, 6},
		"result":         {quire.ToolResult{CallID: "x", Name: "y", Parts: []quire.Part{quire.Text{Text: "abc"}, quire.Image{}}}, 73},
		"image":          {quire.Image{Width: 10, Height: 21}, 3},
		"image unknown":  {quire.Image{Data: make([]byte, 9999)}, 70},
		"blob":           {quire.Blob{Size: 1 << 30, Head: "head", Tail: "end"}, 7},
		"range":          {quire.Ref{From: 10, To: 19}, 3},
		"range, no end":  {quire.Ref{From: 10}, 0},
		"reasoning":      {quire.Reasoning{Text: "ab", Signature: "c", Data: "de"}, 5},
		"opaque":         {quire.Opaque{Kind: "k", Raw: []byte(`{"a":1}`)}, 7},
		"nothing at all": {nil, 0},
	} {
		assert.Equal(t, c.want, tokenizer.Framing{Rules: rules}.Message(bytesCounter{}, []quire.Part{c.part}), name)
	}
	assert.Zero(t, tokenizer.Framing{}.Message(bytesCounter{}, []quire.Part{quire.Image{Width: 5, Height: 5}, quire.Ref{To: 5}}))
	assert.Equal(t, 1600+7, tokenizer.CountParts(bytesCounter{}, []quire.Part{quire.Image{}, quire.Text{Text: "caption"}}))
}

func TestImageRules(t *testing.T) {
	image := func(api quire.API, w, h int) int {
		return models.FindOver(api, "").Framing.Rules.Image.Tokens(w, h)
	}
	// The worked examples of the providers' own guides.
	assert.Equal(t, 765, image(quire.APIOpenAIChat, 1024, 1024))
	assert.Equal(t, 1105, image(quire.APIOpenAIChat, 2048, 4096))
	assert.Equal(t, 1334, image(quire.APIAnthropic, 1000, 1000))
	assert.Equal(t, 54, image(quire.APIAnthropic, 200, 200))
	assert.Equal(t, 258, image(quire.APIGemini, 300, 300))

	assert.Equal(t, 1600, image(quire.APIAnthropic, 1<<40, 1<<40), "scaled down before it is measured")
	assert.Equal(t, 255, image(quire.APIOpenAIChat, 1, 1))
	assert.Equal(t, 1600, image(quire.APIAnthropic, 0, 10), "unknown")
}

func TestFraming(t *testing.T) {
	f := tokenizer.Framing{
		Name: "test", Version: 3, PerMessage: 1000, PerPart: 100, PerToolCall: 20, PerToolResult: 30,
		System: 5, Tools: 7, PerTool: 2, Reply: 10_000,
	}
	c := bytesCounter{}
	assert.Equal(t, "bytes/test@3/render@1", tokenizer.Key(c, f, "render@1"))

	call := []quire.Part{quire.Text{Text: "hm"}, quire.ToolCall{Name: "f", Args: "{}"}, quire.ToolCall{Name: "g", Args: "{}"}}
	assert.Equal(t, 1000+2+100+20+3+100+20+3, f.Message(c, call))
	result := []quire.Part{quire.ToolResult{Parts: []quire.Part{quire.Text{Text: "abc"}}}}
	assert.Equal(t, 1000+30+3, f.Message(c, result))
	assert.Equal(t, 1000, f.Message(c, nil))

	tools := []quire.Tool{{Name: "f", Description: "does", Schema: []byte("{}")}, {Name: "g"}}
	assert.Equal(t, 10_000+5+3+7+9+3, f.Fixed(c, "sys", tools))
	assert.Equal(t, 10_000, f.Fixed(c, "", nil))

	p := &quire.Prompt{System: "sys", Tools: tools, Notice: "mail", Messages: []quire.PromptMessage{{Parts: call}, {Parts: result}}}
	assert.Equal(t, f.Fixed(c, "sys", tools)+f.Message(c, call)+f.Message(c, result)+1000+4, f.Prompt(c, p))
	assert.Zero(t, tokenizer.Framing{}.Prompt(c, &quire.Prompt{}))
}
