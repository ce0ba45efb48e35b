package modeltest

import (
	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers"
)

// brokenByOddities are models that break the rules about odd answers.
func brokenByOddities() map[string]Open {
	return map[string]Open{
		"cut-off-call": reply(func(r *quire.Reply) { r.Parts = append(r.Parts, quire.Text{Text: "and more"}) }),
		"stopped":      reply(func(r *quire.Reply) { r.Stop = quire.StopOther }),
		"odd-usage":    reply(func(r *quire.Reply) { r.Usage.Input++ }),
		"stream-odd": deltas(func(ds []quire.Delta) []quire.Delta {
			r := *ds[len(ds)-1].Reply
			r.Parts = r.Parts[:1]
			return []quire.Delta{{Reply: &r}}
		}),
		"stream-garbled": breaks(recode(providers.CodeBadReply)),
	}
}
