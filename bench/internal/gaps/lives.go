package gaps

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/bench/internal/trace"
	"github.com/quire-dev/quire/tokenizer"
)

// life is one agent's calls, and what its host knows of the next ones.
type life struct {
	name   string
	set    string // "generated" or "recorded"
	budget int
	*trace.Life
	next []time.Time // by call: when the next turn begins at the latest; nil: nobody knows
}

// pattern is how an agent waits.
type pattern struct {
	name  string
	steps float64 // calls of a turn, on average
	// wait is the time from the end of a turn to the next one.
	wait func(r *rand.Rand, now time.Time) time.Duration
	told bool // the host knows when the next turn begins: an alarm
	// slow is the share of tools that take minutes: builds, tests.
	slow float64
}

// patterns lists the ways to wait. Waits are never less than 20 seconds.
func patterns() []pattern {
	every := func(minutes float64) func(*rand.Rand, time.Time) time.Duration {
		return func(r *rand.Rand, _ time.Time) time.Duration {
			return minutesOf(minutes + 0.2*r.Float64()) // a poll begins a few seconds late
		}
	}
	return []pattern{
		{name: "poll-3m", steps: 2, wait: every(3), told: true},
		{name: "poll-7m", steps: 2, wait: every(7), told: true},
		{name: "poll-12m", steps: 2, wait: every(12), told: true},
		{name: "poll-20m", steps: 3, wait: every(20), told: true},
		{name: "alarms", steps: 3, wait: alarms, told: true},
		{name: "office", steps: 5, wait: office},
		{name: "bursts", steps: 4, wait: bursts},
		{name: "people", steps: 6, wait: people},
		{name: "builds", steps: 10, wait: people, slow: 0.08},
	}
}

func minutesOf(m float64) time.Duration { return time.Duration(m * float64(time.Minute)) }

// lognormal draws minutes around a median.
func lognormal(r *rand.Rand, median, spread float64) float64 {
	return median * math.Exp(spread*r.NormFloat64())
}

// people answer after minutes to hours.
func people(r *rand.Rand, _ time.Time) time.Duration { return minutesOf(lognormal(r, 12, 1.4)) }

// alarms that an agent sets itself, as far ahead as the matter is.
func alarms(r *rand.Rand, _ time.Time) time.Duration { return minutesOf(lognormal(r, 15, 1.6)) }

// office: mail comes on working days from 9 to 17, a quarter of an hour apart or so.
func office(r *rand.Rand, now time.Time) time.Duration {
	at := now.Add(minutesOf(lognormal(r, 9, 1.2)))
	for at.Hour() < 9 || at.Hour() >= 17 || at.Weekday() == time.Saturday || at.Weekday() == time.Sunday {
		day := at
		if at.Hour() >= 17 || at.Weekday() == time.Saturday || at.Weekday() == time.Sunday {
			day = at.AddDate(0, 0, 1)
		}
		at = time.Date(day.Year(), day.Month(), day.Day(), 9, int(lognormal(r, 10, 0.8)), r.IntN(60), 0, time.UTC)
	}
	return at.Sub(now)
}

// bursts: a handful of messages within minutes of each other, then nothing for a while.
func bursts(r *rand.Rand, _ time.Time) time.Duration {
	if r.Float64() < 0.85 {
		return minutesOf(lognormal(r, 1, 0.7))
	}
	return minutesOf(lognormal(r, 60, 1))
}

// generate makes a life of so many calls, the same for the same seed.
func (p *pattern) generate(seed, calls int) *life {
	h := uint64(0)
	for _, c := range p.name {
		h = h*31 + uint64(c)
	}
	m := maker{p: p, r: rand.New(rand.NewPCG(uint64(seed), h)), now: time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)}
	m.l = &life{name: p.name, set: "generated", budget: 32_000, Life: &trace.Life{ID: p.name, System: m.text(3000),
		Counter: tokenizer.Approx{}, Tools: []quire.Tool{{Name: "run"}}}}
	for len(m.l.Calls) < calls {
		m.turn()
	}
	m.l.Life = m.l.Head(calls)
	m.l.Index()
	if p.told {
		m.l.next = m.nexts(calls)
	}
	return m.l
}

// maker makes a life turn by turn.
type maker struct {
	p      *pattern
	r      *rand.Rand
	l      *life
	now    time.Time
	made   int
	begins []int // calls that begin a turn
}

// turn is a message that somebody sent, calls with results, and an answer.
func (m *maker) turn() {
	if len(m.begins) > 0 {
		m.now = m.now.Add(max(20*time.Second, m.p.wait(m.r, m.now)))
	}
	m.begins = append(m.begins, len(m.l.Calls))
	m.add(quire.KindMail, quire.Text{Text: m.text(m.size(200, 0.8))})
	m.call()
	for m.r.Float64() > 1/m.p.steps {
		id := fmt.Sprint("c", m.made)
		m.add(quire.KindTurn, quire.Text{Text: m.text(m.size(120, 0.7))}, quire.ToolCall{ID: id, Name: "run", Args: "{}"})
		m.add(quire.KindResult, quire.ToolResult{CallID: id, Name: "run", Parts: []quire.Part{quire.Text{Text: m.text(min(4000, m.size(700, 0.9)))}}})
		m.now = m.now.Add(time.Duration(4+m.size(8, 0.8)) * time.Second)
		if m.r.Float64() < m.p.slow {
			m.now = m.now.Add(minutesOf(lognormal(m.r, 7, 0.5)))
		}
		m.call()
	}
	m.add(quire.KindTurn, quire.Text{Text: m.text(m.size(150, 0.7))})
	m.now = m.now.Add(10 * time.Second)
}

func (m *maker) call() {
	m.l.Calls = append(m.l.Calls, trace.Call{Upto: len(m.l.Items), At: m.now})
}

func (m *maker) add(kind quire.Kind, parts ...quire.Part) {
	m.made++
	it := quire.Item{}
	it.ID, it.Kind, it.Self, it.Parts = quire.MessageID(fmt.Sprint("g", m.made)), kind, kind != quire.KindMail, parts
	if it.From = "me"; kind == quire.KindMail {
		it.From = "mia"
	}
	m.l.Items = append(m.l.Items, it)
}

func (m *maker) size(median, spread float64) int {
	return max(8, int(median*math.Exp(spread*m.r.NormFloat64())))
}

// text counts for about so many tokens, and is like no other.
func (m *maker) text(tokens int) string {
	return fmt.Sprintf("%08x", m.r.Uint32()) + strings.Repeat("word", max(0, tokens-2))
}

// nexts says for each call when the turn after its own begins.
func (m *maker) nexts(calls int) []time.Time {
	out := make([]time.Time, calls)
	for k, from := range m.begins {
		for t := from; t < calls && (k+1 == len(m.begins) || t < m.begins[k+1]); t++ {
			if k+1 < len(m.begins) && m.begins[k+1] < calls {
				out[t] = m.l.Calls[m.begins[k+1]].At
			}
		}
	}
	return out
}
