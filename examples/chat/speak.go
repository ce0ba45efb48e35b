package main

import (
	"context"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers"
)

// speaker is a model that is heard while it answers: say gets each piece as it
// comes.
type speaker struct {
	providers.Model
	say func(quire.Delta)
}

// Generate implements [providers.Model].
func (s speaker) Generate(ctx context.Context, p *quire.Prompt) (*quire.Reply, error) {
	heard := false
	for d, err := range providers.Stream(ctx, s.Model, p) {
		if err != nil {
			return nil, err
		}
		if d.Reply != nil {
			if !heard { // it came as one piece
				for _, part := range d.Reply.Parts {
					s.part(part)
				}
			}
			return d.Reply, nil
		}
		heard = true
		s.say(d)
	}
	return nil, &providers.Error{Provider: "chat", Code: providers.CodeBadReply}
}

func (s speaker) part(part quire.Part) {
	switch part := part.(type) {
	case quire.Text:
		s.say(quire.Delta{Text: part.Text})
	case quire.ToolCall:
		s.say(quire.Delta{ToolCall: &part})
	}
}
