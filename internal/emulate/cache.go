package emulate

import (
	"crypto/sha256"
	"errors"
	"hash"
	"time"

	"github.com/quire-dev/quire/price"
)

// ErrRefused is what the errors of [Cache.Send] wrap: the provider would not
// take the request.
var ErrRefused = errors.New("emulate: refused")

// Outcome is what one request did to the cache and what it cost.
type Outcome struct {
	price.Bill
	// Hit is how many segments were read; 0: none.
	Hit int
	// Long is what of Write was written for longer than the shortest life.
	Long int
}

// Cache is a provider's cache. Requests are given to it in the order in which
// they were sent. It keeps one digest for each position of the requests whose
// entries are alive, never their bytes. It is not safe for concurrent use.
type Cache struct {
	rules   Rules
	entries map[digest]*entry // what can be read
	seen    map[digest]*entry // by Units: all that was ever sent
	swept   int               // entries that were left by the last sweep
}

type digest [sha256.Size]byte

// entry is a prefix in the cache.
type entry struct {
	from time.Time // readable from then on
	used time.Time // when it was last written or read
	ttl  time.Duration
	on   *entry // by Unstated.Layered: what it stands on; nil: nothing
}

// New returns an empty cache.
func New(r Rules) *Cache {
	return &Cache{rules: r, entries: map[digest]*entry{}, seen: map[digest]*entry{}}
}

// Send plays one request. It fails, and changes nothing, when the provider would
// refuse the request; the error wraps [ErrRefused].
func (c *Cache) Send(r *Request) (Outcome, error) {
	p := c.lay(r)
	switch c.rules.Engine {
	case Marked, Breakpoints:
		return c.marked(p)
	case Units:
		return c.units(p), nil
	}
	return c.common(p), nil
}

// prompt is a request with what is known of each of its positions.
type prompt struct {
	*Request
	digests []digest // of all up to the end of each segment
	tokens  []int    // the same
	total   int
	end     chain // of the whole request
}

// lay makes the digests of a request's prefixes: one chain over the scope and
// all bytes.
func (c *Cache) lay(r *Request) *prompt {
	p := &prompt{Request: r, digests: make([]digest, len(r.Segments)), tokens: make([]int, len(r.Segments))}
	ch := chain{h: sha256.New()}
	ch.h.Write([]byte(r.Scope))
	for i := range r.Segments {
		s := &r.Segments[i]
		p.digests[i] = ch.add(s)
		p.total += s.tokens()
		p.tokens[i] = p.total
	}
	p.end = ch
	return p
}

// chain is the digest of all bytes so far. How they are cut does not matter but
// for the levels, and the scope before them: each begins anew with the digest
// of what was before.
type chain struct {
	h     hash.Hash
	level int // 0: none yet
}

func (c *chain) add(s *Segment) (d digest) {
	if level := int(s.Level) + 1; level != c.level {
		c.level = level
		c.h.Sum(d[:0])
		c.h = sha256.New()
		c.h.Write(append(d[:], byte(level)))
	}
	c.h.Write(s.Bytes)
	c.h.Sum(d[:0])
	return d
}

// has returns the entry that can be read at that time, or nil.
func has(m map[digest]*entry, d digest, now time.Time) *entry {
	e := m[d]
	if e == nil || now.Before(e.from) || !e.alive(now) {
		return nil
	}
	return e
}

func (e *entry) alive(now time.Time) bool {
	return (e.ttl <= 0 || now.Sub(e.used) < e.ttl) && (e.on == nil || e.on.alive(now))
}

// use is what reading an entry does to it.
func (e *entry) use(now time.Time) {
	if now.After(e.used) {
		e.used = now
	}
	if e.on != nil {
		e.on.use(now)
	}
}

// leave writes an entry, or writes it again: what can be read already stays so.
func (p *prompt) leave(m map[digest]*entry, d digest, ttl time.Duration) {
	from := p.At.Add(max(0, p.Answer))
	if e := m[d]; e != nil && e.alive(p.At) {
		if from.Before(e.from) {
			e.from = from
		}
		e.ttl = longer(e.ttl, ttl)
		e.use(p.At)
		return
	}
	m[d] = &entry{from: from, used: p.At, ttl: ttl}
}

func longer(a, b time.Duration) time.Duration {
	if a <= 0 || b <= 0 {
		return 0
	}
	return max(a, b)
}

// sweep forgets what is over, once half of all may be.
func (c *Cache) sweep(now time.Time) {
	if len(c.entries)+len(c.seen) < 2*c.swept+1024 {
		return
	}
	for _, m := range []map[digest]*entry{c.entries, c.seen} {
		for d, e := range m {
			if !e.alive(now) {
				delete(m, d)
			}
		}
	}
	c.swept = len(c.entries) + len(c.seen)
}

// bill makes the outcome: read and write in tokens, of write long ones for
// longer than the shortest life.
func (c *Cache) bill(p *prompt, hit, read, write, long int) Outcome {
	cost, lives := c.rules.Cost, c.rules.lives()
	cost.Write = lives[0].Write
	if long > 0 {
		cost.Write = (float64(write-long)*lives[0].Write + float64(long)*lives[len(lives)-1].Write) / float64(write)
	}
	rest := p.total - read - write
	return Outcome{Hit: hit, Long: long,
		Bill: price.Bill{Read: read, Write: write, Uncached: rest, Cost: cost.Cost(read, write, rest)}}
}
