package work

import (
	"context"
	"strings"
)

// Strategy is a way to keep within a budget.
type Strategy struct {
	Name  string
	Tools bool // the reader has tools that find and show what left
	live  func(ctx context.Context, l *Life, s *Setting, watch func([]byte, Act)) (*Outcome, error)
}

// Strategies lists them; the first is quire.
func Strategies() []Strategy {
	out := []Strategy{{Name: "quire", Tools: true, live: livesQuire}, talks("session", true), talks("session-bare", false), adopts()}
	for _, end := range []string{"", bare} {
		for i := range kinds {
			k := &kinds[i]
			out = append(out, plain(k.name+end, end == "", k.always, k.make(k.low, k.share)))
		}
	}
	return out
}

// bare ends the name of a strategy without tools that find and show.
const bare = "-bare"

// kind is a baseline with its shares of the room, in percent.
type kind struct {
	name       string
	always     bool // it sees to every prompt, and not only to those over the budget
	low, share int
	make       func(low, share int) window
}

// kinds have the shares that were best on the public seed: see docs/benchmarks.md.
var kinds = []kind{
	{"slide", false, 0, 0, slide},
	{"append-reset", false, 0, 0, reset},
	{"watermark", false, 85, 0, watermark},
	{"summarise", false, 70, 20, summarise},
	{"summarise-oracle", false, 50, 40, oracle},
	{"recompose", true, 0, 0, recompose},
}

// strategyOf finds a strategy by its name; "watermark@25" and "summarise@20/30" have
// other shares of the room than the usual ones, in percent.
func strategyOf(name string) (Strategy, bool) {
	plainly, shares, other := strings.Cut(name, "@")
	low, share, _ := strings.Cut(shares, "/")
	for _, s := range Strategies() {
		if s.Name == name {
			return s, true
		}
		for i := range kinds {
			if k := &kinds[i]; other && s.Name == plainly && strings.TrimSuffix(plainly, bare) == k.name && k.low > 0 && atoi(low) > 0 {
				return plain(name, s.Tools, k.always, k.make(atoi(low), atoi(share))), true
			}
		}
	}
	return Strategy{}, false
}
