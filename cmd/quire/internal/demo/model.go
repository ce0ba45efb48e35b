package demo

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/emulate"
	"github.com/quire-dev/quire/internal/sent"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/providers"
)

// script is a model whose answers follow from the prompt alone. What it reports is what
// the provider of its profile would have read from its cache.
type script struct {
	decide  func(*sight) []quire.Part
	profile models.Profile
	clock   *clock
	forgets int // every so many calls another server answers, whose cache is empty; 0: never
	down    func(time.Time) bool

	mu    sync.Mutex
	cache *emulate.Cache
	calls int
}

func (m *script) Profile() models.Profile { return m.profile }

// Generate implements providers.Model.
func (m *script) Generate(ctx context.Context, p *quire.Prompt) (*quire.Reply, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.clock.tick(3*time.Second + time.Duration(m.calls%7)*time.Second)
	if m.down != nil && m.down(now) {
		return nil, &providers.Error{Provider: m.profile.Vendor, Code: providers.CodeUnavailable, Status: 529, Err: errors.New("Overloaded")}
	}
	m.calls++
	r := &quire.Reply{Model: m.profile.Name, Parts: m.decide(look(p)), Stop: quire.StopEnd}
	said := 0
	for i, part := range r.Parts {
		said += size(part)
		if c, ok := part.(quire.ToolCall); ok {
			c.ID = fmt.Sprintf("call_%d_%d", m.calls, i)
			r.Parts[i], r.Stop = c, quire.StopTools
		}
	}
	usage, err := m.read(p, now)
	if err != nil {
		return nil, &providers.Error{Provider: m.profile.Vendor, Code: providers.CodeInvalid, Err: err}
	}
	r.Usage = usage
	r.Usage.Output = said + 12
	return r, nil
}

// read plays the cache.
func (m *script) read(p *quire.Prompt, now time.Time) (quire.Usage, error) {
	n := sent.Tokens{Fixed: len(p.System) / 3, Notice: len(p.Notice) / 3}
	for _, t := range p.Tools {
		n.Fixed += (len(t.Name) + len(t.Description) + len(t.Schema)) / 3
	}
	for _, msg := range p.Messages {
		sum := 4
		for _, part := range msg.Parts {
			sum += size(part)
		}
		n.Messages = append(n.Messages, sum)
	}
	req, err := sent.Request(m.profile.Dialect.API, p, n)
	if err != nil {
		return quire.Usage{}, err
	}
	if m.cache == nil || m.forgets > 0 && m.calls%m.forgets == 0 {
		m.cache = emulate.New(emulate.For(m.profile.Cache))
	}
	req.At, req.Answer = now, time.Second
	out, err := m.cache.Send(req)
	return quire.Usage{Input: out.Input(), CachedInput: out.Read, CacheWrite: out.Write, CacheWriteLong: out.Long}, err
}

// size is roughly how many tokens a part takes.
func size(p quire.Part) int {
	switch p := p.(type) {
	case quire.Text:
		return len(p.Text)/3 + 1
	case quire.ToolCall:
		return (len(p.Name)+len(p.Args))/3 + 8
	case quire.ToolResult:
		n := 8
		for _, inner := range p.Parts {
			n += size(inner)
		}
		return n
	}
	return 8
}

// Stream implements providers.Streamer: at the pace of a model, once the clock is that of
// the wall.
func (m *script) Stream(ctx context.Context, p *quire.Prompt) iter.Seq2[quire.Delta, error] {
	return func(yield func(quire.Delta, error) bool) {
		r, err := m.Generate(ctx, p)
		if err == nil {
			err = m.clock.pause(ctx, 700*time.Millisecond)
		}
		if err != nil {
			yield(quire.Delta{}, err)
			return
		}
		for _, part := range r.Parts {
			for _, d := range deltas(part) {
				if err := m.clock.pause(ctx, 60*time.Millisecond); err != nil {
					yield(quire.Delta{}, err)
					return
				}
				if !yield(d, nil) {
					return
				}
			}
		}
		yield(quire.Delta{Reply: r}, nil)
	}
}

func deltas(p quire.Part) []quire.Delta {
	switch p := p.(type) {
	case quire.Text:
		var out []quire.Delta
		for _, word := range strings.SplitAfter(p.Text, " ") {
			out = append(out, quire.Delta{Text: word})
		}
		return out
	case quire.ToolCall:
		return []quire.Delta{{ToolCall: &p}}
	}
	return nil
}

// clock is a time of its own at first, and that of the wall from then on.
type clock struct {
	mu   sync.Mutex
	past time.Time
	live bool
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.live {
		return time.Now()
	}
	return c.past
}

// tick moves a clock of the past on.
func (c *clock) tick(d time.Duration) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.live {
		return time.Now()
	}
	c.past = c.past.Add(d)
	return c.past
}

func (c *clock) goLive() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.live = true
}

// pause waits, by the clock of the wall only.
func (c *clock) pause(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	live := c.live
	c.mu.Unlock()
	if !live {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
