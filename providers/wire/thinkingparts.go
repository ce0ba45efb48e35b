package wire

import (
	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/models"
)

// thinkingPart is a part of content that holds thought (docs.mistral.ai, capabilities/reasoning,
// read 2026-11-29).
func thinkingPart(text string) []byte {
	list := append(append([]byte{'['}, textBlock(text)...), ']')
	return new(object).str("type", "thinking").raw("thinking", list).done()
}

// thinkingParts is the content of an assistant's message as a list of thoughts and texts in
// their order; nil where it has no thoughts, or they don't go back as parts.
func thinkingParts(d *models.Dialect, m quire.PromptMessage) []byte {
	if d.Echo != models.EchoParts || thoughts(m) == "" {
		return nil
	}
	b := []byte{'['}
	add := func(part []byte) {
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(b, part...)
	}
	for _, part := range m.Parts {
		if r, ok := part.(quire.Reasoning); ok {
			if r.Text != "" {
				add(thinkingPart(r.Text))
			}
		} else if t, ok := partText(d.API, part); ok {
			add(textBlock(t))
		}
	}
	return append(b, ']')
}

// openThinking is the beginning of such content up to the text of its last part, which
// stands behind all thoughts; nil as for thinkingParts.
func openThinking(d *models.Dialect, m quire.PromptMessage) []byte {
	if d.Echo != models.EchoParts || thoughts(m) == "" {
		return nil
	}
	b := []byte{'['}
	for _, part := range m.Parts {
		if r, ok := part.(quire.Reasoning); ok && r.Text != "" {
			b = append(append(b, thinkingPart(r.Text)...), ',')
		}
	}
	return append(b, `{"type":"text","text":`...)
}
