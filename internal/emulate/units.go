package emulate

// units plays a cache that reads whole persisted prefixes.
func (c *Cache) units(p *prompt) Outcome {
	hit, shared := -1, -1
	for i := range p.digests {
		if has(c.entries, p.digests[i], p.At) != nil {
			hit = i
		}
		if has(c.seen, p.digests[i], p.At) != nil {
			shared = i
		}
	}
	read := 0
	if hit >= 0 {
		read = p.tokens[hit]
	}
	if step := c.rules.Interval; step > 0 && shared >= 0 {
		if n := p.tokens[shared] - p.tokens[shared]%step; n > read && c.holds(n) {
			hit, read = shared, n
		}
	}
	if !p.Lost {
		c.persist(p, hit, shared)
	}
	return c.bill(p, hit+1, read, 0, 0)
}

// persist leaves a request's units: its ends, and what it shares with an
// earlier one. Those of the interval are what was seen, down to the interval.
func (c *Cache) persist(p *prompt, hit, shared int) {
	c.sweep(p.At)
	ttl := c.rules.Cost.TTL
	for _, i := range []int{shared, len(p.digests) - 1} {
		if i >= 0 && c.holds(p.tokens[i]) {
			p.leave(c.entries, p.digests[i], ttl)
		}
	}
	if hit >= 0 {
		if e := has(c.entries, p.digests[hit], p.At); e != nil {
			e.use(p.At)
		}
	}
	for _, d := range p.digests {
		p.leave(c.seen, d, ttl)
	}
	if len(p.Reply) == 0 {
		return
	}
	var d digest
	for i := range p.Reply {
		d = p.end.add(&p.Reply[i])
	}
	p.leave(c.entries, d, ttl)
	p.leave(c.seen, d, ttl)
}
