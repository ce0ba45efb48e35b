package emulate

import (
	"fmt"
	"slices"
)

// marked plays the engines in which entries end at marks.
func (c *Cache) marked(p *prompt) (Outcome, error) {
	marks, err := c.marks(p)
	if err != nil {
		return Outcome{}, err
	}
	hit := c.find(p, c.candidates(p, marks))
	writes := c.writes(p, marks)
	read := 0
	if hit >= 0 {
		read = p.tokens[hit]
	}
	write, long := 0, 0
	for _, m := range writes {
		if m > hit && p.tokens[m] > read {
			write = p.tokens[m] - read
			if c.rules.life(p.Segments[m].TTL) > 0 {
				long = write
			}
		}
	}
	if !p.Lost {
		c.settle(p, hit, writes)
	}
	return c.bill(p, hit+1, read, write, long), nil
}

// marks returns the segments that the request marks, in order, or why it is
// refused.
func (c *Cache) marks(p *prompt) ([]int, error) {
	var at []int
	for i := range p.Segments {
		if p.Segments[i].Mark {
			at = append(at, i)
		}
	}
	if c.rules.Engine == Breakpoints {
		return at, nil
	}
	if end := len(p.Segments) - 1; p.Implicit && end >= 0 && !slices.Contains(at, end) {
		at = append(at, end)
	}
	if most := c.rules.Cost.Marks; most > 0 && len(at) > most {
		return nil, fmt.Errorf("%w: %d cache marks, and %d may be set", ErrRefused, len(at), most)
	}
	for k := 1; k < len(at); k++ {
		if before, ttl := p.Segments[at[k-1]].TTL, p.Segments[at[k]].TTL; c.rules.life(ttl) > c.rules.life(before) {
			return nil, fmt.Errorf("%w: a mark for %s behind one for %s: longer lifetimes come first", ErrRefused, ttl, before)
		}
	}
	return at, nil
}

// candidates returns the segments at whose ends an entry is looked for.
func (c *Cache) candidates(p *prompt, marks []int) []int {
	if c.rules.Engine == Breakpoints {
		return breakpoints(p, marks)
	}
	pos := c.positions(p)
	var at []int
	for _, m := range marks {
		for i := m; i >= 0; i-- {
			if n := c.rules.Cost.Lookback; n > 0 && pos[m]-pos[i] >= n {
				break
			}
			at = append(at, i)
		}
	}
	return at
}

// positions numbers the segments as the provider counts them.
func (c *Cache) positions(p *prompt) []int {
	pos := make([]int, len(p.Segments))
	for i := 1; i < len(pos); i++ {
		pos[i] = pos[i-1] + 1
		if !c.rules.EachBlock && p.Segments[i].continues(&p.Segments[i-1]) {
			pos[i] = pos[i-1]
		}
	}
	return pos
}

// find returns the last of the candidates that can be read, -1 if none can.
func (c *Cache) find(p *prompt, candidates []int) int {
	hit := -1
	for _, i := range candidates {
		if i > hit && has(c.entries, p.digests[i], p.At) != nil {
			hit = i
		}
	}
	return hit
}

// holds says whether a prefix is long enough to be kept.
func (c *Cache) holds(tokens int) bool { return tokens > 0 && tokens >= c.rules.Cost.MinPrefix }

// writes returns which of the marks may leave an entry, in order.
func (c *Cache) writes(p *prompt, marks []int) []int {
	if c.rules.Engine == Breakpoints {
		marks = latest(p, marks)
	}
	return slices.DeleteFunc(slices.Clone(marks), func(i int) bool { return !c.holds(p.tokens[i]) })
}

// settle changes the cache as an answered request does.
func (c *Cache) settle(p *prompt, hit int, writes []int) {
	c.sweep(p.At)
	for i := 0; i <= hit; i++ {
		if e := has(c.entries, p.digests[i], p.At); e != nil && (i == hit || c.rules.Unstated.RefreshInside) {
			e.use(p.At)
		}
	}
	var on *entry // what the next entry stands on
	if hit >= 0 && c.rules.Unstated.Layered {
		on = has(c.entries, p.digests[hit], p.At)
	}
	for _, m := range writes {
		life := c.rules.lives()[c.rules.life(p.Segments[m].TTL)]
		e := has(c.entries, p.digests[m], p.At)
		switch {
		case m > hit || m < hit && e == nil && c.rules.Unstated.MarkLeaves:
			p.leave(c.entries, p.digests[m], life.TTL)
			if left := c.entries[p.digests[m]]; m > hit && c.rules.Unstated.Layered && left != on {
				left.on, on = on, left
			}
		case m < hit && e != nil && !c.rules.Unstated.MarkIdle:
			e.use(p.At)
		}
	}
}
