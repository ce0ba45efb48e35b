package agent

import (
	"fmt"
	"strings"

	"github.com/quire-dev/quire"
)

// whole returns what of a reply counts: its whole calls run, and a text that broke off
// is shown to the model but is no answer. rest says what is missing, "" if nothing is;
// then the turn goes on.
func whole(r *quire.Reply) (parts []quire.Part, rest string) {
	n := r.Whole()
	parts = r.Parts[:n:n]
	if n == len(r.Parts) {
		if r.Stop == quire.StopPaused && len(callsOf(parts)) == 0 {
			rest = "Your turn was paused by the provider. Go on."
		}
		return parts, rest
	}
	var lost []string
	for _, p := range r.Parts[n:] {
		switch p := p.(type) {
		case quire.Text:
			parts = append(parts, p)
		case quire.ToolCall:
			lost = append(lost, "the call of "+oneLine(p.Name, 64)+" was not run")
		}
	}
	why := "it stopped before its end"
	if r.Stop == quire.StopLength {
		why = "it reached the limit of its output"
	}
	rest = "Your last reply broke off: " + why + "."
	if len(lost) > 0 {
		rest += " " + strings.ToUpper(lost[0][:1]) + strings.Join(lost, "; ")[1:] + "."
	}
	return parts, rest + " Go on from there, in smaller pieces if it was too long."
}

// broke is the agent's note to itself about a reply that is not whole, so that the next
// prompt ends with something to go on from.
func (a *Agent) broke(m *moment, rest string) []quire.Draft {
	if rest == "" {
		return nil
	}
	d := a.event(m, a.o.Address, notWhole, rest)
	d.ID = messageID(m.now, string(d.ID), fmt.Sprint(m.host.Turns, m.host.Steps))
	d.Kind = quire.KindNote
	return []quire.Draft{d}
}
