package trace

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/tokenizer"
)

// synth is how a synthetic life is made. Sizes are lognormal; the lifetimes make
// what is needed fill a little more than half of the budget.
type synth struct {
	name     string
	budget   int
	lifetime func(r *rand.Rand, mean float64) float64 // in calls
	tasks    bool                                     // everything dies with the task that it belongs to
}

// synthCalls is how many calls a synthetic life has.
const synthCalls = 1500

// perCallTokens is what a call brings on average, in tokens, and needed the share
// of the budget that is to be needed at once.
const (
	perCallTokens = 1250
	needed        = 0.5
)

func geometric(r *rand.Rand, mean float64) float64 { return r.ExpFloat64() * mean }

// mixture is of short, medium and long lives.
func mixture(r *rand.Rand, mean float64) float64 {
	switch x := r.Float64(); {
	case x < 0.5:
		return geometric(r, 0.2*mean)
	case x < 0.9:
		return geometric(r, 1.2*mean)
	default:
		return geometric(r, 4.2*mean)
	}
}

// generations: most die at once; what survives lives long.
func generations(r *rand.Rand, mean float64) float64 {
	if r.Float64() < 0.7 {
		return geometric(r, 1)
	}
	return geometric(r, 3.2*mean)
}

func synths() []synth {
	return []synth{
		{"synth-iid-32k", 32_000, mixture, false},
		{"synth-iid-128k", 128_000, mixture, false},
		{"synth-task-32k", 32_000, mixture, true},
		{"synth-task-128k", 128_000, mixture, true},
		{"synth-gen-128k", 128_000, generations, false},
		{"synth-long-32k", 32_000, geometric, false},
	}
}

// Synthetic makes the synthetic traces that are wanted: the same at every run.
func Synthetic(want func(name string) bool) []*Trace {
	var out []*Trace
	for i, s := range synths() {
		if want(s.name) {
			r := rand.New(rand.NewPCG(20261124, uint64(i)))
			out = append(out, &Trace{Name: s.name, Budgets: []int{s.budget}, Lives: []*Life{s.life(r)}})
		}
	}
	return out
}

// life makes the calls one by one: an answer, mostly with a tool's result, at
// times something that a person says.
func (s *synth) life(r *rand.Rand) *Life {
	l := &Life{ID: s.name, System: words(s.budget / 16), Counter: tokenizer.Approx{}, Given: []int{}}
	mean := needed * float64(s.budget) / perCallTokens
	start := time.Unix(0, 0).UTC()
	end := s.task(r, 0, mean)
	live := 0
	dies := map[int]int{} // tokens, by call
	for t := range synthCalls {
		live -= dies[t]
		if t >= end {
			end = s.task(r, t, mean)
		}
		add := func(kind quire.Kind, tokens int, part func(text string) quire.Part) int {
			death := t + 1 + int(s.lifetime(r, mean))
			if s.tasks {
				death = min(death, max(end, t+1))
			}
			if float64(live+tokens) > liveShare*float64(s.budget-s.budget/16) {
				death = t + 1 // no more is wanted than there is room for
			}
			live += tokens
			dies[death] += tokens
			it := quire.Item{}
			it.ID, it.Kind, it.Self = quire.MessageID(fmt.Sprintf("s%d", len(l.Items))), kind, kind != quire.KindMail
			it.From, it.Parts = environment, []quire.Part{part(words(tokens))}
			l.Items = append(l.Items, it)
			l.Given = append(l.Given, death)
			return len(l.Items) - 1
		}
		if t > 0 {
			call := r.Float64() < 0.85
			turn := add(quire.KindTurn, size(r, 120, 0.7), text)
			if id := fmt.Sprintf("c%d", t); call {
				l.Items[turn].Parts = append(l.Items[turn].Parts, quire.ToolCall{ID: id, Name: "run", Args: "{}"})
				result := add(quire.KindResult, min(4000, max(200, size(r, 900, 0.8))), func(s string) quire.Part {
					return quire.ToolResult{CallID: id, Name: "run", Parts: []quire.Part{quire.Text{Text: s}}}
				})
				l.Given[turn] = max(l.Given[turn], l.Given[result])
			} else {
				add(quire.KindMail, size(r, 200, 0.8), text)
			}
		} else {
			add(quire.KindMail, size(r, 200, 0.8), text)
		}
		l.Calls = append(l.Calls, Call{Upto: len(l.Items), At: start.Add(time.Duration(t) * perCall)})
	}
	l.Tools = []quire.Tool{{Name: "run"}}
	l.Index()
	return l
}

// task draws when the task that begins now ends.
func (s *synth) task(r *rand.Rand, now int, mean float64) int {
	return now + 1 + int(geometric(r, 3*mean))
}

func size(r *rand.Rand, median, spread float64) int {
	return max(4, int(median*math.Exp(spread*r.NormFloat64())))
}

func text(s string) quire.Part { return quire.Text{Text: s} }

// words is a text that counts for about so many tokens.
func words(tokens int) string { return strings.Repeat("word", tokens) }
