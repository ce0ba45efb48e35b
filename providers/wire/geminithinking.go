package wire

import (
	"strings"

	"github.com/quire-dev/quire"
)

// geminiBudget is how many tokens of thought a model takes as thinkingBudget.
type geminiBudget struct {
	model       string // prefix of its bare name
	least, most int
}

// geminiBudgets are those of the models that take a number, the longer prefix first:
// ai.google.dev/gemini-api/docs/thinking, read 2026-11-28. From Gemini 3 on it is a
// level, and models before 2.5 don't think.
func geminiBudgets() []geminiBudget {
	return []geminiBudget{
		{"gemini-2.5-flash-lite", 512, 24576},
		{"gemini-2.5-flash", 1, 24576},
		{"gemini-2.5-pro", 128, 32768},
		{"gemini-2.5", 512, 24576},
	}
}

// lowThinking is up to how many tokens a level is low. All models that take levels
// take "low" and "high"; not all take what is between them.
const lowThinking = 4096

// geminiThinking returns what asks for thought; nil where nothing does.
func geminiThinking(p *quire.Prompt) []byte {
	if p.Thinking <= 0 {
		return nil
	}
	name := bareModel(p.Model)
	o := new(object)
	switch {
	case gemini3(p.Model) && p.Thinking <= lowThinking:
		return o.str("thinkingLevel", "low").yes("includeThoughts").done()
	case gemini3(p.Model):
		return o.str("thinkingLevel", "high").yes("includeThoughts").done()
	case strings.HasPrefix(name, "gemini-1"), strings.HasPrefix(name, "gemini-2.0"), strings.HasPrefix(name, "gemma"):
		return nil
	}
	tokens := p.Thinking
	for _, b := range geminiBudgets() {
		if strings.HasPrefix(name, b.model) {
			tokens = min(max(tokens, b.least), b.most)
			break
		}
	}
	return o.num("thinkingBudget", tokens).yes("includeThoughts").done()
}
