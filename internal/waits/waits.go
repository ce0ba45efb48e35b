// Package waits is what an agent learns of how long it waits from call to call.
package waits

import (
	"math"
	"time"
)

// Gaps is what an agent knows of how long it waits: from one call to the next within a
// turn, while its tools run, and from the end of a turn to the next one, while nobody
// needs it. A plan learns the gap before its own call, and chooses by what is known how
// long the provider is to keep what it sends. The zero value knows nothing, and then every
// mark asks for the shorter life.
//
// It is of the agent and not of a model. Counts are decayed, so that an agent whose days
// change is known anew after some 20 turns. A host that knows its agents may set them
// beforehand.
type Gaps struct {
	Last   time.Time `json:"last,omitzero"` // when the last call was made
	Step   int       `json:"step,omitzero"` // which call of its turn that was, from 1
	Within Waits     `json:"within,omitzero"`
	After  Waits     `json:"after,omitzero"`
	Ends   Ends      `json:"ends,omitzero"`
	Grows  int       `json:"grows,omitzero"` // tokens that a call writes behind what it reads: a decayed mean
}

// waitEdges are the upper ends of the classes of waits, about two to a factor of four,
// and such that every life which a provider offers ends a class.
var waitEdges = [...]time.Duration{
	time.Minute, 150 * time.Second, 5 * time.Minute, 10 * time.Minute, 20 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour,
}

// one is the weight of one observation: weights are whole numbers, so that they are the
// same on every machine.
const one = 1 << 10

// Waits is a decayed histogram of waits: classes end at 1, 2.5, 5, 10, 20, 30 minutes and
// 1, 2, 6, 12, 24 hours, the last one never; 1,024 is one wait.
type Waits [len(waitEdges) + 1]int

// Add counts a wait, and lets those before it fade by a twentieth.
func (h Waits) Add(d time.Duration) Waits {
	for i := range h {
		h[i] -= h[i] / 20
	}
	h[waitClass(d)] += one
	return h
}

// waitClass is the class of a wait: an entry that lives as long as the wait is gone, so
// the edge belongs to the class above it.
func waitClass(d time.Duration) int {
	for i, edge := range waitEdges {
		if d < edge {
			return i
		}
	}
	return len(waitEdges)
}

// total is the weight of all waits.
func (h *Waits) total() float64 {
	n := 0
	for _, w := range h {
		n += w
	}
	return float64(n) / one
}

// beyond is the weight of the waits that take so long or longer. Within a class they
// are taken to be spread evenly over the logarithm.
func (h *Waits) beyond(d time.Duration) float64 {
	at := waitClass(d)
	n := 0
	for _, w := range h[at+1:] {
		n += w
	}
	share := 1.0
	if at > 0 && at < len(waitEdges) {
		low, high := float64(waitEdges[at-1]), float64(waitEdges[at])
		share = math.Log(high/float64(d)) / math.Log(high/low)
	}
	return (float64(n) + share*float64(h[at])) / one
}

// Ends counts, by how far a turn had come, the calls that did not end one and those that
// did: for each of the first 8 calls, and for those from the 9th, 17th and 33rd on. They
// are decayed; 1,024 is one call.
type Ends [11][2]int

// endClass is the class of a turn's call, from 1 on.
func endClass(step int) int {
	at := min(step, 8) - 1
	for edge := 8; at < len(Ends{})-1 && step > edge; edge *= 2 {
		at++
	}
	return max(at, 0)
}

// add counts what followed a call: another one of its turn, or the turn's end.
func (e Ends) add(step int, ended bool) Ends {
	c := &e[endClass(step)]
	c[0] -= c[0] / 40
	c[1] -= c[1] / 40
	if ended {
		c[1] += one
	} else {
		c[0] += one
	}
	return e
}

// chance that a turn ends with a call. Where little is known of calls like it, it is that
// of all calls, and where nothing is known of any, a quarter.
func (e *Ends) chance(step int) float64 {
	on, ended := 3.0, 1.0
	for _, c := range e {
		on += float64(c[0]) / one
		ended += float64(c[1]) / one
	}
	all := ended / (on + ended)
	if step <= 0 {
		return all
	}
	const alike = 4 // calls of which as much is taken from all
	c := &e[endClass(step)]
	return (float64(c[1])/one + alike*all) / (float64(c[0]+c[1])/one + alike)
}

// Learn returns what is known once a call is made at that time; begins says that a turn
// begins with it.
func (g Gaps) Learn(now time.Time, begins bool) Gaps {
	now = now.Round(0).UTC() // as it is after a restart
	switch wait := now.Sub(g.Last); {
	case now.IsZero() || wait < 0 && !g.Last.IsZero():
		return g // the clock stands still or goes back
	case g.Last.IsZero():
		g.Step = 0
	case begins:
		g.After, g.Ends = g.After.Add(wait), g.Ends.add(g.Step, true)
		g.Step = 0
	default:
		g.Within, g.Ends = g.Within.Add(wait), g.Ends.add(g.Step, false)
	}
	g.Last = now
	g.Step++
	return g
}

// Grow takes in how many tokens a call wrote behind what it read.
func (g Gaps) Grow(tokens int) Gaps {
	if g.Grows == 0 {
		g.Grows = tokens
	}
	g.Grows += (tokens - g.Grows) / 8
	return g
}

// between is the chance that a wait takes as long as low and less than high. Nothing is
// certain after one wait: there is another that would have been shorter.
func (h *Waits) between(low, high time.Duration) float64 {
	return (h.beyond(low) - h.beyond(high)) / (h.total() + 1)
}

// Chances is the chance that the next call comes so late that an entry of a life of low is
// gone, and one of high is not: when this call ends its turn, by the waits after turns,
// and no later than next, if that is known; else by the waits within turns. On average
// is the same for any call.
func (g *Gaps) Chances(low, high time.Duration, next time.Time) (now, average float64) {
	within, after := g.Within.between(low, high), g.After.between(low, high)
	ends := g.Ends.chance(0)
	average = ends*after + (1-ends)*within
	if !next.IsZero() {
		switch wait := next.Sub(g.Last); {
		case wait < low:
			after = 0
		case wait < high:
			after = (g.After.beyond(low) + 1) / (g.After.total() + 1)
		}
	}
	ends = g.Ends.chance(g.Step)
	return ends*after + (1-ends)*within, average
}

// Late is the chance that the next call comes so late that an entry of that life is gone,
// for any call.
func (g *Gaps) Late(life time.Duration) float64 {
	ends := g.Ends.chance(0)
	return (ends*g.After.beyond(life) + (1-ends)*g.Within.beyond(life)) / (ends*g.After.total() + (1-ends)*g.Within.total() + 1)
}
