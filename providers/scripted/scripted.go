package scripted

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"unicode/utf8"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/promptcheck"
	"github.com/quire-dev/quire/providers/wire"
)

// ErrExhausted is in the error of a call after the last reply of a script.
var ErrExhausted = errors.New("scripted: no more replies")

// Model answers by a script. It is safe for concurrent use; calls are numbered
// in the order in which they come in. Set it up before its first call.
type Model struct {
	answer func(ctx context.Context, call int, p *quire.Prompt) (*quire.Reply, error)
	api    quire.API                   // of CheckAs
	count  func([]byte) int            // of CountWith
	checks func(p *quire.Prompt) error // of Check

	mu      sync.Mutex
	prompts []*quire.Prompt
}

var _ providers.Streamer = (*Model)(nil)

// New returns a model that gives these replies in turn, and after the last one
// an [*providers.Error] that wraps [ErrExhausted].
func New(replies ...quire.Reply) *Model {
	replies = slices.Clone(replies)
	return Func(func(_ context.Context, call int, _ *quire.Prompt) (*quire.Reply, error) {
		if call >= len(replies) {
			return nil, fmt.Errorf("%w: call %d of %d", ErrExhausted, call+1, len(replies))
		}
		r := replies[call]
		for i, part := range r.Parts {
			if c, ok := part.(quire.ToolCall); ok && c.ID == "" {
				c.ID = fmt.Sprintf("call_%d_%d", call+1, i+1)
				r.Parts = slices.Clone(r.Parts)
				r.Parts[i] = c
			}
		}
		return &r, nil
	})
}

// Func returns a model that asks f for every reply: that to call number call, counted
// from 0. f may keep p, which is a copy made for it. It is called by several
// goroutines at once if the model is. An error of f that is no
// [*providers.Error] and not that of the context is wrapped in one.
func Func(f func(ctx context.Context, call int, p *quire.Prompt) (*quire.Reply, error)) *Model {
	return &Model{answer: f}
}

// CheckAs makes the model encode every prompt for an API and turn down those
// that package wire or package promptcheck find invalid. It returns m.
func (m *Model) CheckAs(api quire.API) *Model {
	m.api = api
	return m
}

// Check adds a check of one's own: an error turns the prompt down. It returns m.
func (m *Model) Check(f func(p *quire.Prompt) error) *Model {
	m.checks = f
	return m
}

// CountWith fills the input of a reply's usage, where the script left it at 0,
// with what f counts in the encoded prompt, and the output likewise with the
// parts of the reply. It returns m. Without it usage is what the script says.
func (m *Model) CountWith(f func(text []byte) int) *Model {
	m.count = f
	return m
}

// Profile implements [providers.Profiled]: a window that most tests don't fill, and what
// the API of CheckAs takes.
func (m *Model) Profile() models.Profile {
	p := models.Profile{Name: "scripted", Window: 100_000, MaxOutput: 1000,
		Dialect: models.Dialect{API: quire.APIOpenAIChat, LoopEvict: models.LoopGroups, NoticeInLoop: true}}
	if m.api != "" {
		p.Dialect = models.FindOver(m.api, "").Dialect
	}
	return p
}

// Prompts returns copies of the prompts that the model saw, one for each call, in order.
func (m *Model) Prompts() []*quire.Prompt {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := make([]*quire.Prompt, len(m.prompts))
	for i, p := range m.prompts {
		out[i] = clone(p)
	}
	return out
}

// Generate implements [providers.Model].
func (m *Model) Generate(ctx context.Context, p *quire.Prompt) (*quire.Reply, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	call := len(m.prompts)
	m.prompts = append(m.prompts, clone(p))
	m.mu.Unlock()

	if err := m.check(p); err != nil {
		return nil, err
	}
	r, err := m.answer(ctx, call, clone(p))
	if err == nil && r == nil {
		err = errors.New("scripted: neither a reply nor an error")
	}
	if err != nil {
		return nil, typed(ctx, err)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return m.finish(p, r), nil
}

// typed wraps an error of a script as a model's errors are.
func typed(ctx context.Context, err error) error {
	var pe *providers.Error
	if errors.As(err, &pe) || ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return err
	}
	return &providers.Error{Provider: "scripted", Code: providers.CodeOther, Err: err}
}

// check turns down a prompt that no provider would take.
func (m *Model) check(p *quire.Prompt) error {
	invalid := func(err error) error {
		return &providers.Error{Provider: "scripted", Code: providers.CodeInvalid, Err: err}
	}
	if m.api != "" {
		body, err := wire.Encode(m.api, p, nil)
		if err != nil {
			return invalid(err)
		}
		if found := promptcheck.Check(m.api, body); len(found) > 0 {
			return invalid(fmt.Errorf("%d rules broken, first %s", len(found), found[0]))
		}
	}
	if m.checks != nil {
		if err := m.checks(p); err != nil {
			return invalid(err)
		}
	}
	return nil
}

// finish fills what the script left open, on a copy.
func (m *Model) finish(p *quire.Prompt, in *quire.Reply) *quire.Reply {
	r := *in
	r.Parts = slices.Clone(in.Parts)
	if r.Model == "" {
		r.Model = p.Model
	}
	if r.Stop == "" {
		r.Stop = quire.StopEnd
		for _, part := range r.Parts {
			if _, ok := part.(quire.ToolCall); ok {
				r.Stop = quire.StopTools
			}
		}
	}
	if m.count == nil {
		return &r
	}
	if r.Usage.Input == 0 {
		r.Usage.Input = m.count(encoded(p, m.api))
	}
	if r.Usage.Output == 0 {
		r.Usage.Output = m.count(written(r.Parts))
	}
	return &r
}

// encoded returns the prompt as the counter sees it: all segments of the format
// that is checked, or of OpenAI's chat format.
func encoded(p *quire.Prompt, api quire.API) []byte {
	if api == "" {
		api = quire.APIOpenAIChat
	}
	segs, err := wire.Segments(api, p)
	if err != nil {
		return nil // an invalid prompt that nobody asked to check
	}
	var b []byte
	for _, s := range segs {
		b = append(b, s.Bytes...)
	}
	return b
}

// written returns what a model wrote, as the counter sees it.
func written(parts []quire.Part) []byte {
	var b []byte
	for _, part := range parts {
		switch part := part.(type) {
		case quire.Text:
			b = append(b, part.Text...)
		case quire.Reasoning:
			b = append(b, part.Text...)
		case quire.ToolCall:
			b = append(append(b, part.Name...), part.Args...)
		}
	}
	return b
}

// Stream implements [providers.Streamer]: texts and reasoning come in two
// deltas each, calls whole, and the reply last.
func (m *Model) Stream(ctx context.Context, p *quire.Prompt) iter.Seq2[quire.Delta, error] {
	return func(yield func(quire.Delta, error) bool) {
		r, err := m.Generate(ctx, p)
		if err != nil {
			yield(quire.Delta{}, err)
			return
		}
		for _, part := range r.Parts {
			for _, d := range deltas(part) {
				if err := ctx.Err(); err != nil {
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

func deltas(part quire.Part) []quire.Delta {
	switch part := part.(type) {
	case quire.Text:
		a, b := half(part.Text)
		return []quire.Delta{{Text: a}, {Text: b}}
	case quire.Reasoning:
		a, b := half(part.Text)
		return []quire.Delta{{Reasoning: a}, {Reasoning: b}}
	case quire.ToolCall:
		return []quire.Delta{{ToolCall: &part}}
	}
	return nil
}

// half cuts s in two at a rune.
func half(s string) (a, b string) {
	i := len(s) / 2
	for i < len(s) && !utf8.RuneStart(s[i]) {
		i++
	}
	return s[:i], s[i:]
}

// clone copies a prompt so that neither side sees what the other does to it.
func clone(p *quire.Prompt) *quire.Prompt {
	c := *p
	c.Tools = slices.Clone(p.Tools)
	c.Marks = slices.Clone(p.Marks)
	c.Messages = slices.Clone(p.Messages)
	for i := range c.Messages {
		c.Messages[i].Parts = slices.Clone(c.Messages[i].Parts)
	}
	return &c
}
