package wire

import (
	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/models"
)

// lowThinking is up to how many tokens a level is low. All models that take levels
// take "low" and "high"; not all take what is between them.
const lowThinking = 4096

// geminiThinking returns what asks for thought; nil where nothing does.
func geminiThinking(p *quire.Prompt, d *models.Dialect) []byte {
	if p.Thinking <= 0 {
		return nil
	}
	o := new(object)
	switch {
	case d.Thinks == thinkLevel && p.Thinking <= lowThinking:
		return o.str("thinkingLevel", "low").yes("includeThoughts").done()
	case d.Thinks == thinkLevel:
		return o.str("thinkingLevel", "high").yes("includeThoughts").done()
	case d.Thinks != thinkBudget:
		return nil
	}
	tokens := max(p.Thinking, d.LeastThinking)
	if d.MostThinking > 0 {
		tokens = min(tokens, d.MostThinking)
	}
	return o.num("thinkingBudget", tokens).yes("includeThoughts").done()
}
