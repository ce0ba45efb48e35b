package agent

import (
	"slices"
	"strings"

	"github.com/quire-dev/quire"
)

// renewTools lays out the tools that there are now: Options.Tools, and what
// Options.MoreTools says. What of the latter can't stand is left out and logged, since
// others made it, and a turn can do without.
func (a *Agent) renewTools() {
	if a.o.MoreTools == nil {
		return
	}
	tools, shown := map[string]Tool{}, MailTools()
	for _, t := range a.o.Tools {
		tools[t.Name] = t
		shown = append(shown, t.shown())
	}
	for _, t := range a.o.MoreTools() {
		if err := t.valid(shown); err != nil {
			if !slices.Contains(a.leftOut, t.Name) {
				a.log.Warn(logLeftOut, "tool", t.Name, "error", err)
				a.leftOut = append(a.leftOut, t.Name)
			}
			continue
		}
		tools[t.Name] = t
		shown = append(shown, t.shown())
	}
	sortTools(shown)
	a.tools, a.shown = tools, shown
}

// sortTools puts tools into the order that models see.
func sortTools(tools []quire.Tool) {
	slices.SortFunc(tools, func(x, y quire.Tool) int { return strings.Compare(x.Name, y.Name) })
}
