package ledger_test

import (
	"hash/fnv"
	"slices"
	"time"

	"github.com/quire-dev/quire/internal/ledger"
	"github.com/quire-dev/quire/price"
)

// msg is one message of a simulated prompt. The first one stands for tools and
// system.
type msg struct {
	text   string
	tokens int
	blocks int
}

// boundaries of a prompt, with the chain of digests a caller makes.
func boundaries(prompt []msg) []ledger.Boundary {
	h := fnv.New64a()
	var out []ledger.Boundary
	tokens := 0
	for i, m := range prompt {
		h.Write([]byte(m.text + "\x00"))
		tokens += m.tokens
		out = append(out, ledger.Boundary{Index: i, Prefix: ledger.Prefix(h.Sum64()), Tokens: tokens, Blocks: m.blocks})
	}
	return out
}

func size(prompt []msg) (n int) {
	for _, m := range prompt {
		n += m.tokens
	}
	return n
}

// kept is a prefix in the simulated cache, message by message.
type kept struct {
	prefix []msg
	used   time.Time
}

// cache is a provider's cache that remembers everything, straight from the
// rules: no digests, no thinning, no limits.
type cache struct {
	c       price.CostModel
	entries []kept
	// every: a mark inside of what is read leaves an entry too.
	every bool
}

func (p *cache) alive(now time.Time) (out []kept) {
	for _, e := range p.entries {
		if p.c.TTL == 0 || now.Before(e.used.Add(p.c.TTL)) {
			out = append(out, e)
		}
	}
	return out
}

func (p *cache) has(prefix []msg, now time.Time) bool {
	for _, e := range p.alive(now) {
		if slices.Equal(e.prefix, prefix) || !p.c.Exact && len(e.prefix) > len(prefix) && slices.Equal(e.prefix[:len(prefix)], prefix) {
			return true
		}
	}
	return false
}

func (p *cache) whole(tokens int) int {
	q := max(1, p.c.Quantum)
	if tokens = tokens / q * q; tokens < p.c.MinPrefix {
		return 0
	}
	return tokens
}

// counted are the marks that count, as lengths of prefixes.
func (p *cache) counted(prompt []msg, marks []int) (out []int) {
	for n := len(prompt); n > 0; n-- {
		if slices.Contains(marks, n-1) && (p.c.Marks == 0 || len(out) < p.c.Marks) {
			out = append(out, n)
		}
	}
	return slices.DeleteFunc(out, func(n int) bool { return p.whole(size(prompt[:n])) == 0 })
}

// hit is the length of the longest prefix that is read.
func (p *cache) hit(prompt []msg, marks []int, now time.Time) int {
	best := 0
	for n := 1; n <= len(prompt); n++ {
		seen := !p.c.Exact
		for _, m := range p.counted(prompt, marks) {
			between := 0 // blocks from the end of the prefix to the mark
			for _, x := range prompt[n:max(n, m)] {
				between += max(1, x.blocks)
			}
			seen = seen || n <= m && (p.c.Lookback == 0 || between < p.c.Lookback)
		}
		if seen && p.whole(size(prompt[:n])) > 0 && p.has(prompt[:n], now) {
			best = n
		}
	}
	return best
}

func (p *cache) bill(prompt []msg, marks []int, total int, now time.Time) (read, write, uncached int) {
	end := len(prompt)
	if p.c.Exact {
		end = 0
		for _, n := range p.counted(prompt, marks) {
			end = max(end, n)
		}
	}
	read = p.whole(size(prompt[:p.hit(prompt, marks, now)]))
	if n := size(prompt[:end]); p.whole(n) > 0 {
		write = max(0, n-read)
	}
	return read, write, total - read - write
}

// sent is what a request leaves behind.
func (p *cache) sent(prompt []msg, marks []int, now time.Time) {
	if !p.c.Exact {
		p.entries = append(p.entries, kept{slices.Clone(prompt), now})
		return
	}
	hit := p.hit(prompt, marks, now)
	var fresh []kept
	for n := 1; n <= len(prompt); n++ {
		marked := slices.Contains(p.counted(prompt, marks), n)
		if n == hit || marked && (p.every || n > hit || p.has(prompt[:n], now)) {
			fresh = append(fresh, kept{slices.Clone(prompt[:n]), now})
		}
	}
	p.entries = append(p.entries, fresh...)
}
