package inspect

import (
	"fmt"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/policy"
)

// barWidth is the width of a picture in its own units.
const barWidth = 1000.0

// piece is a part of a context bar.
type piece struct {
	X, W   float64
	Class  string // of style.css
	Marked bool   // it leaves with the next cut
	Name   string
	UID    quire.UID // 0: it is no message
	Tokens int
	Count  int // messages that it stands for
}

// bar is a context as a picture: what stands, in its order, out of a budget.
type bar struct {
	Pieces []piece
	Used   int
	Budget int
	Edge   float64 // where the budget ends
	Kept   float64 // up to where the bytes are those of the call before; 0: not known
	Legend []legend
}

// legend is a line of what the colours mean.
type legend struct {
	Class, Name string
	Tokens      int
	Count       int
}

// classNames are the classes in the order of the legend.
var classNames = []struct{ class, name string }{
	{"c-fixed", "system and tools"}, {"c-head", "pinned"}, {"c-mail", "mail"}, {"c-own", "said"}, {"c-result", "results"},
	{"c-pulled", "pulled"}, {"c-cut", "excerpts and stubs"}, {"c-line", "lines for what left"}, {"c-notice", "notice"},
}

// minPiece is the width below which neighbours of one class are drawn as one.
const minPiece = 3.0

// newBar lays pieces out. Their widths are tokens at first.
func newBar(pieces []piece, budget, kept int) *bar {
	b := &bar{Budget: budget}
	sums := map[string]*legend{}
	for i := range pieces {
		p := &pieces[i]
		b.Used += p.Tokens
		if sums[p.Class] == nil {
			sums[p.Class] = &legend{}
		}
		sums[p.Class].Tokens += p.Tokens
		sums[p.Class].Count += p.Count
	}
	for _, c := range classNames {
		if s := sums[c.class]; s != nil && s.Tokens > 0 {
			b.Legend = append(b.Legend, legend{c.class, c.name, s.Tokens, s.Count})
		}
	}
	scale := barWidth / float64(max(b.Used, budget, 1))
	x := 0.0
	for _, p := range pieces {
		if p.Tokens <= 0 {
			continue
		}
		p.X, p.W = x, float64(p.Tokens)*scale
		x += p.W
		if n := len(b.Pieces); n > 0 {
			if last := &b.Pieces[n-1]; last.Class == p.Class && last.Marked == p.Marked && last.W < minPiece && p.UID > 0 && last.UID > 0 {
				last.W += p.W
				last.Tokens += p.Tokens
				last.Count += p.Count
				last.Name = fmt.Sprintf("%s to %s", last.UID, p.UID)
				continue
			}
		}
		b.Pieces = append(b.Pieces, p)
	}
	b.Edge, b.Kept = float64(budget)*scale, float64(kept)*scale
	return b
}

// classOf is the colour of what stands in a context.
func classOf(s *compose.Standing) string {
	switch {
	case s.Fate == compose.FateOut:
		return "c-line"
	case s.Pinned:
		return "c-head"
	case s.Class == policy.ClassPulled || len(s.Shows) > 0:
		return "c-pulled"
	case s.Fate != compose.FateIn:
		return "c-cut"
	}
	return classOfKind(s.Kind)
}

func classOfKind(k quire.Kind) string {
	switch k {
	case quire.KindTurn, quire.KindNote:
		return "c-own"
	case quire.KindResult:
		return "c-result"
	}
	return "c-mail"
}

// contextBar is the picture of a context as it stands.
func contextBar(items []compose.Standing, last *compose.Receipt) *bar {
	var pieces []piece
	sum, budget, notice, kept := 0, 0, 0, 0
	for i := range items {
		sum += items[i].Tokens
	}
	if last != nil {
		budget, notice, kept = last.Budget, last.Notice, last.Kept
		if fixed := last.Used - last.Notice - sum; fixed > 0 {
			pieces = append(pieces, piece{Class: "c-fixed", Name: "system and tools", Tokens: fixed})
		}
	}
	for i := range items {
		s := &items[i]
		p := piece{Class: classOf(s), Marked: s.Mark != "", UID: s.UID, Tokens: s.Tokens, Count: 1, Name: s.UID.String() + " " + string(s.Kind)}
		if s.Fate == compose.FateOut {
			p.UID, p.Count, p.Name = 0, s.Left, fmt.Sprintf("a line for %d that left, %s to %s", s.Left, s.UID, s.Last)
		}
		pieces = append(pieces, p)
	}
	if notice > 0 {
		pieces = append(pieces, piece{Class: "c-notice", Name: "notice", Tokens: notice})
	}
	return newBar(pieces, budget, kept)
}

// callBar is the picture of what stood in a past call, by its receipts.
func callBar(stood []compose.Decision, r *compose.Receipt) *bar {
	sum := 0
	for i := range stood {
		sum += stood[i].Tokens
	}
	fixed := 0
	if r.Setup != nil {
		fixed = r.Setup.Tokens
	}
	var pieces []piece
	if fixed > 0 {
		pieces = append(pieces, piece{Class: "c-fixed", Name: "system and tools", Tokens: fixed})
	}
	for i := range stood {
		d := &stood[i]
		class := classOfKind(d.Kind)
		if d.Fate != compose.FateIn {
			class = "c-cut"
		}
		pieces = append(pieces, piece{Class: class, UID: d.UID, Tokens: d.Tokens, Count: 1, Name: d.UID.String() + " " + string(d.Kind)})
	}
	if rest := r.Used - r.Notice - sum - fixed; rest > 0 {
		pieces = append(pieces, piece{Class: "c-line", Name: "lines for what left", Tokens: rest})
	}
	if r.Notice > 0 {
		pieces = append(pieces, piece{Class: "c-notice", Name: "notice", Tokens: r.Notice})
	}
	return newBar(pieces, r.Budget, r.Kept)
}
