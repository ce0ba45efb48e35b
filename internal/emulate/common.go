package emulate

// common plays the caches that find any prefix that an earlier request had too.
func (c *Cache) common(p *prompt) Outcome {
	hit := -1
	for i := range p.digests { // a request leaves all its prefixes, so there is no gap
		if has(c.entries, p.digests[i], p.At) == nil {
			break
		}
		hit = i
	}
	read := 0
	if hit >= 0 {
		read = c.whole(p.tokens[hit], p.total)
	}
	if read == 0 {
		hit = -1
	}
	if !p.Lost {
		c.sweep(p.At)
		for _, d := range p.digests {
			p.leave(c.entries, d, c.rules.Cost.TTL)
		}
	}
	return c.bill(p, hit+1, read, c.fresh(p, read), 0)
}

// whole is how much of a common prefix can be read.
func (c *Cache) whole(tokens, total int) int {
	n, hidden := min(tokens, total-1)+c.rules.Hidden, c.rules.Hidden
	if q := c.rules.Cost.Quantum; q > 1 {
		n -= n % q
	}
	n = max(0, n-hidden)
	if n == 0 || n < c.rules.Cost.MinPrefix {
		return 0
	}
	if q := c.rules.Report; q > 1 {
		n -= n % q
	}
	return n
}

// fresh is what counts as written: see the package comment.
func (c *Cache) fresh(p *prompt, read int) int {
	stable := 0
	for i := range p.Segments {
		if p.Segments[i].Volatile {
			break
		}
		stable = p.tokens[i]
	}
	if c.whole(stable, stable+1) == 0 {
		return 0
	}
	return max(0, stable-read)
}
