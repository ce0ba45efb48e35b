package wire

import (
	"slices"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/models"
)

// ours is p with the reasoning only that may go back to its model over the dialect's API:
// encoders write all that they find. A name that several models have answered to means the
// one that answered last.
func ours(p *quire.Prompt, d *models.Dialect) *quire.Prompt {
	stands := "" // what the name stands for
	for _, m := range slices.Backward(p.Messages) {
		for _, part := range m.Parts {
			if r, ok := part.(quire.Reasoning); ok && stands == "" && d.Takes(p.Model, &r) && !models.Same(r.Model, p.Model) {
				stands = r.Model
			}
		}
	}
	foreign := func(part quire.Part) bool {
		r, ok := part.(quire.Reasoning)
		return ok && (!d.Takes(p.Model, &r) || !models.Same(r.Model, p.Model) && !models.Same(r.Model, stands))
	}
	q := *p
	q.Messages = nil
	for i, m := range p.Messages {
		if !slices.ContainsFunc(m.Parts, foreign) {
			continue
		}
		if q.Messages == nil {
			q.Messages = slices.Clone(p.Messages)
		}
		q.Messages[i].Parts = slices.DeleteFunc(slices.Clone(m.Parts), foreign)
	}
	if q.Messages == nil {
		return p
	}
	return &q
}
