package strategy

import (
	"context"
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/bench/internal/trace"
	"github.com/quire-dev/quire/internal/ledger"
)

// limit names what a simple composer does when the prompt is full.
type limit int

const (
	appendOnly   limit = iota // sends everything, whole, whatever the budget
	slide                     // drops the oldest, just enough
	slide75                   // drops the oldest, down to three quarters
	appendReset               // drops everything but the task and what is new
	summarise20               // puts a summary of a fifth of the budget in place of it
	evictInPlace              // drops what is dead in the call in which it dies
	recompose                 // the same, without a cache
)

// summaryShare is the part of the budget that a summary takes.
const summaryShare = 5

// outputPrice is that of an output token, in units of one uncached input token,
// where the cost model does not say.
const outputPrice = 5

// simple composes prompts of whole groups.
type simple struct {
	c      *Case
	limit  limit
	groups []trace.Group
	sizes  []int // by item
	total  int   // of what is kept, base included
	next   int   // group
	kept   []kept
	shown  []bool // by item: its body stands
	ledger ledger.Ledger
	made   int // summaries
}

// kept is a group in the prompt, or a summary.
type kept struct {
	group   int // -1: a summary
	made    int // of a summary: its number
	tokens  int
	stubs   int // of its results, those that are stubs
	results int
}

func simply(ctx context.Context, c *Case, limit limit) (*Outcome, error) {
	s := &simple{c: c, limit: limit, groups: c.Life.Groups(), sizes: c.Sizes.Tokens, total: c.Sizes.Base, shown: make([]bool, len(c.Life.Items))}
	if limit == appendOnly {
		s.sizes = c.Sizes.Whole
	}
	out := &Outcome{}
	needed, pulls := newNeeded(c), newPulls(c)
	for t := range c.Life.Calls {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		c.Progress(t, len(c.Life.Calls))
		fresh := len(s.kept)
		s.arrive(t)
		s.leave(t, fresh, out)
		bill := s.bill(t)
		out.bill(bill, c.Setting.Budget)
		out.Live += int64(needed.at(t))
		out.Missing += int64(needed.live - s.present(t))
		stands := s.stands()
		recalled(c, t, stands, out)
		// A window that slides by no more than what comes makes no cut by this: what it
		// pulled is its newest, and stays.
		pulls.charge(out, t, len(s.kept) < fresh, bill.Input(), stands)
	}
	return out, nil
}

// stands is what of the messages the prompt shows.
func (s *simple) stands() *standing {
	cut := func(i int32) bool {
		_, ok := s.c.Sizes.Excerpts[int(i)]
		return ok && s.limit != appendOnly
	}
	if !s.c.Shown {
		return &standing{whole: func(i int32) bool { return s.shown[i] }, cut: cut}
	}
	var b strings.Builder
	for i := range s.shown {
		if s.shown[i] && cut(int32(i)) {
			b.WriteString(s.c.Sizes.Excerpts[i])
		}
	}
	return &standing{whole: func(i int32) bool { return s.shown[i] && !cut(i) }, excerpts: b.String()}
}

// arrive takes in the groups that are new in a call.
func (s *simple) arrive(t int) {
	for s.next < len(s.groups) && s.groups[s.next].From < s.c.Life.Calls[t].Upto {
		k := kept{group: s.next}
		for i := s.groups[s.next].From; i < s.groups[s.next].To; i++ {
			k.tokens += s.sizes[i]
			s.shown[i] = s.sizes[i] > 0
			if s.c.Life.Items[i].Kind == quire.KindResult {
				k.results++
			}
		}
		s.next++
		if k.tokens > 0 {
			s.kept = append(s.kept, k)
			s.total += k.tokens
		}
	}
}

// leave does what the strategy does when the prompt is full; fresh is the first
// group that is new in this call.
func (s *simple) leave(t, fresh int, out *Outcome) {
	budget := s.c.Setting.Budget
	switch {
	case s.limit == evictInPlace || s.limit == recompose:
		s.evict(t)
	case s.limit == appendOnly || s.total <= budget:
	case s.limit == slide:
		s.oldest(budget)
	case s.limit == slide75:
		s.oldest(budget * 3 / 4)
	default:
		s.reset(fresh, out)
	}
}

// drop takes a group out.
func (s *simple) drop(k *kept) {
	s.total -= k.tokens
	if k.group < 0 {
		return
	}
	for i := s.groups[k.group].From; i < s.groups[k.group].To; i++ {
		s.shown[i] = false
	}
}

// oldest drops the oldest groups until the rest fits, but not the last one.
func (s *simple) oldest(target int) {
	n := 0
	for n < len(s.kept)-1 && s.total > target {
		s.drop(&s.kept[n])
		n++
	}
	s.kept = append(s.kept[:0:0], s.kept[n:]...)
}

// reset drops everything before fresh but the newest message from a person; a
// summary takes its place, if the strategy makes one. Making it costs a call of
// its own that reads what stood there.
func (s *simple) reset(fresh int, out *Outcome) {
	task := -1
	for i := range s.kept {
		if g := s.kept[i].group; g >= 0 && trace.Person(&s.c.Life.Items[s.groups[g].From]) {
			task = i
		}
	}
	var keep []kept
	if s.limit == summarise20 {
		tokens := s.c.Setting.Budget / summaryShare
		before := s.c.Sizes.Base
		for _, k := range s.kept[:fresh] {
			before += k.tokens
		}
		cost := &s.c.Setting.Rule.Cost
		out.Cost += cost.Cost(before, 0, 0) + outputPrice*float64(tokens)
		s.made++
		keep = append(keep, kept{group: -1, made: s.made, tokens: tokens})
		s.total += tokens
	}
	for i := range s.kept {
		if i == task || i >= fresh {
			keep = append(keep, s.kept[i])
			continue
		}
		s.drop(&s.kept[i])
	}
	s.kept = keep
}

// evict drops what is dead: whole groups, and the bodies of results, which leave
// stubs.
func (s *simple) evict(t int) {
	dead := s.c.Deaths
	out := s.kept[:0]
	for i := range s.kept {
		k := &s.kept[i]
		g := s.groups[k.group]
		if dead[g.From] <= t {
			s.drop(k)
			continue
		}
		for i := g.From + 1; i < g.To; i++ {
			if free := s.sizes[i] - s.c.Sizes.Stub[i]; s.shown[i] && dead[i] <= t && s.c.Sizes.Stub[i] > 0 && free > 0 {
				s.shown[i] = false
				k.tokens -= free
				s.total -= free
				k.stubs++
			}
		}
		out = append(out, *k)
	}
	s.kept = out
}

// present is how much of what is needed stands in the prompt.
func (s *simple) present(t int) int {
	n := 0
	for _, k := range s.kept {
		if k.group < 0 {
			continue
		}
		for i := s.groups[k.group].From; i < s.groups[k.group].To; i++ {
			if s.shown[i] && s.c.Deaths[i] > t {
				n += s.c.Sizes.Tokens[i]
			}
		}
	}
	return n
}
