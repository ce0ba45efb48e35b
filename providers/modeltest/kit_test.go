package modeltest

import (
	"context"
	"errors"
	"iter"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers"
)

func TestKitOnModelsOverHTTP(t *testing.T) {
	for api, path := range map[quire.API]string{
		quire.APIAnthropic: "/v1/messages", quire.APIOpenAIChat: "/v1/chat/completions",
		quire.APIOpenAIResponses: "/v1/responses", quire.APIStrict: "/v1/chat/completions",
		quire.APIGemini: "/v1beta/models/gemini-3-pro:generateContent", quire.APIOllama: "/api/chat",
	} {
		t.Run(string(api), func(t *testing.T) {
			RunAs(t, api, func(t *testing.T, s Script) providers.Model {
				srv := NewServer(t, api, s)
				return post(api, srv.Client(), srv.URL+path)
			}, nil)
		})
	}
}

func TestKitOnAModelWithoutANetwork(t *testing.T) {
	open := func(_ *testing.T, s Script) providers.Model { return play(s) }
	RunAs(t, quire.APIAnthropic, open, nil)
	Run(t, open)
	RunRetrying(t, func(_ *testing.T, s Script) providers.Model { return again(s) })
}

// broken is a model that does one thing wrong.
type broken struct {
	providers.Streamer
	generate func(context.Context, *quire.Prompt) (*quire.Reply, error)
	stream   func(context.Context, *quire.Prompt) iter.Seq2[quire.Delta, error]
}

func (b broken) Generate(ctx context.Context, p *quire.Prompt) (*quire.Reply, error) {
	if b.generate != nil {
		return b.generate(ctx, p)
	}
	return b.Streamer.Generate(ctx, p)
}

func (b broken) Stream(ctx context.Context, p *quire.Prompt) iter.Seq2[quire.Delta, error] {
	if b.stream != nil {
		return b.stream(ctx, p)
	}
	return b.Streamer.Stream(ctx, p)
}

// reply breaks what a model returns.
func reply(f func(r *quire.Reply)) func(t *testing.T, s Script) providers.Model {
	return func(_ *testing.T, s Script) providers.Model {
		m := play(s)
		return broken{Streamer: m, generate: func(ctx context.Context, p *quire.Prompt) (*quire.Reply, error) {
			r, err := m.Generate(ctx, p)
			if r != nil {
				f(r)
			}
			return r, err
		}}
	}
}

// failure breaks how a model fails.
func failure(f func(err error) error) func(t *testing.T, s Script) providers.Model {
	return func(_ *testing.T, s Script) providers.Model {
		m := play(s)
		return broken{Streamer: m, generate: func(ctx context.Context, p *quire.Prompt) (*quire.Reply, error) {
			r, err := m.Generate(ctx, p)
			if err != nil {
				err = f(err)
			}
			return r, err
		}}
	}
}

// deltas breaks a stream.
func deltas(f func(ds []quire.Delta) []quire.Delta) func(t *testing.T, s Script) providers.Model {
	return func(_ *testing.T, s Script) providers.Model {
		m := play(s)
		return broken{Streamer: m, stream: func(ctx context.Context, p *quire.Prompt) iter.Seq2[quire.Delta, error] {
			return func(yield func(quire.Delta, error) bool) {
				var ds []quire.Delta
				for d, err := range m.Stream(ctx, p) {
					if err != nil {
						yield(d, err)
						return
					}
					ds = append(ds, d)
				}
				for _, d := range f(ds) {
					if !yield(d, nil) {
						return
					}
				}
			}
		}}
	}
}

func recode(code providers.Code) func(error) error {
	return func(err error) error {
		var pe *providers.Error
		if errors.As(err, &pe) {
			c := *pe
			c.Code = code
			return &c
		}
		return err
	}
}

// TestKitCatches shows for every rule a model that breaks it.
func TestKitCatches(t *testing.T) {
	leak := make(chan struct{})
	defer close(leak)
	other := recode(providers.CodeOther)
	cases := map[string]Open{
		"text": reply(func(r *quire.Reply) { r.Parts[0] = quire.Text{Text: strings.TrimSpace(sample) + "."} }),
		"parallel-calls": reply(func(r *quire.Reply) {
			c := r.Parts[0].(quire.ToolCall)
			c.Args = `{"path":"a.go","z":1,"big":1.2345678901234567e+19}`
			r.Parts[0] = c
		}),
		"text-beside-calls": reply(func(r *quire.Reply) { r.Parts = r.Parts[1:] }),
		"cut-off":           reply(func(r *quire.Reply) { r.Stop = quire.StopEnd }),
		"usage":             reply(func(r *quire.Reply) { r.Usage.Input -= r.Usage.CachedInput }),
		"prompt-untouched": func(_ *testing.T, s Script) providers.Model {
			m := play(s)
			return broken{Streamer: m, generate: func(ctx context.Context, p *quire.Prompt) (*quire.Reply, error) {
				slices.SortFunc(p.Marks, func(a, b quire.CacheMark) int { return a.After - b.After })
				return m.Generate(ctx, p)
			}}
		},
		"stream-equals-whole": deltas(func(ds []quire.Delta) []quire.Delta { return ds[1:] }),
		"stream-fails": func(_ *testing.T, s Script) providers.Model {
			m := play(s)
			return broken{Streamer: m, stream: func(ctx context.Context, p *quire.Prompt) iter.Seq2[quire.Delta, error] {
				return func(yield func(quire.Delta, error) bool) {
					for range 2 {
						if !yield(quire.Delta{}, &providers.Error{Provider: "x", Code: providers.CodeAuth}) {
							return
						}
					}
				}
			}}
		},
		"stream-break": func(_ *testing.T, s Script) providers.Model {
			m := play(s)
			return broken{Streamer: m, stream: func(ctx context.Context, p *quire.Prompt) iter.Seq2[quire.Delta, error] {
				go func() { <-leak }()
				return m.Stream(ctx, p)
			}}
		},
		"cancelled-before": failure(func(error) error { return errors.New("oops") }),
		"cancelled-during": func(_ *testing.T, s Script) providers.Model {
			m := play(s)
			return broken{Streamer: m, generate: func(ctx context.Context, p *quire.Prompt) (*quire.Reply, error) {
				r, err := m.Generate(ctx, p)
				if err != nil {
					go func() { <-leak }()
				}
				return r, err
			}}
		},
		"concurrent": func(_ *testing.T, s Script) providers.Model {
			m := play(s)
			return broken{Streamer: m, generate: func(ctx context.Context, p *quire.Prompt) (*quire.Reply, error) {
				r, err := m.Generate(ctx, p)
				if err == nil {
					r.Parts = []quire.Part{quire.Text{Text: "reply 1"}}
				}
				return r, err
			}}
		},
		"error-rate-limit": failure(func(err error) error {
			var pe *providers.Error
			errors.As(err, &pe)
			return &providers.Error{Provider: "x", Code: pe.Code}
		}),
		"error-auth":        failure(func(err error) error { return errors.New(err.Error()) }),
		"error-server":      failure(other),
		"error-overloaded":  failure(other),
		"error-too-long":    failure(recode(providers.CodeInvalid)),
		"error-invalid":     failure(func(error) error { return nil }),
		"error-malformed":   failure(other),
		"error-not-a-reply": failure(other),
	}
	cases["history"] = sends(func(p *quire.Prompt) {
		for i, msg := range p.Messages {
			if msg.Role == quire.RoleAssistant {
				p.Messages[i].Parts = msg.Parts[:1] // as langchaingo does
			}
		}
	})
	maps.Copy(cases, brokenByFaults(leak))
	maps.Copy(cases, brokenByOddities())
	for _, rule := range Rules() {
		open, ok := cases[rule.Name]
		if !assert.True(t, ok, "no broken model for rule %s", rule.Name) {
			continue
		}
		err := rule.check(&kit{t: t, open: open, api: quire.APIAnthropic, patience: time.Second})
		assert.Error(t, err, "rule %s did not catch its broken model", rule.Name)
		assert.NotErrorIs(t, err, errNotOffered, rule.Name)
		t.Logf("%s: %.200v", rule.Name, err)
	}
	assert.Len(t, cases, len(Rules()))
}

// sends breaks what a model sends.
func sends(f func(p *quire.Prompt)) Open {
	return func(_ *testing.T, s Script) providers.Model {
		m := play(s)
		return broken{Streamer: m, generate: func(ctx context.Context, p *quire.Prompt) (*quire.Reply, error) {
			q := *p
			q.Messages = slices.Clone(p.Messages)
			f(&q)
			return m.Generate(ctx, &q)
		}}
	}
}

// brokenByFaults are models that break the rules about faults.
func brokenByFaults(leak chan struct{}) map[string]Open {
	return map[string]Open{
		"invalid-utf8": reply(func(r *quire.Reply) { r.Parts[0] = quire.Text{Text: "a\ufffdb \u00fc"} }),
		"reasoning": sends(func(p *quire.Prompt) {
			for i, msg := range p.Messages {
				p.Messages[i].Parts = slices.DeleteFunc(slices.Clone(msg.Parts), func(part quire.Part) bool {
					_, ok := part.(quire.Reasoning)
					return ok
				})
			}
		}),
		"reply-cut":    failure(recode(providers.CodeBadReply)),
		"error-in-200": failure(recode(providers.CodeBadReply)),
		"error-delay": failure(func(err error) error {
			var pe *providers.Error
			errors.As(err, &pe)
			return &providers.Error{Provider: "x", Code: pe.Code, RetryAfter: pe.RetryAfter.Round(time.Second)}
		}),
		"reply-garbage":  reply(func(r *quire.Reply) { r.Parts = append(r.Parts, quire.Text{Text: "nonsense"}) }),
		"stream-garbage": deltas(func(ds []quire.Delta) []quire.Delta { return append([]quire.Delta{{Text: "nonsense"}}, ds...) }),
		"stream-big-event": deltas(func(ds []quire.Delta) []quire.Delta {
			for i := range ds {
				ds[i].Text = ds[i].Text[:min(len(ds[i].Text), 1<<20)]
			}
			return ds
		}),
		"reasoning-elsewhere": sends(func(p *quire.Prompt) {
			for i, msg := range p.Messages {
				p.Messages[i].Parts = ownedBy(p.Model, msg.Parts)
			}
		}),
		"stream-cut":          passes,
		"stream-half-event":   passes,
		"stream-error-inside": breaks(recode(providers.CodeUnavailable)),
		"stream-cancelled": func(_ *testing.T, s Script) providers.Model {
			m := play(s)
			return broken{Streamer: m, stream: func(ctx context.Context, p *quire.Prompt) iter.Seq2[quire.Delta, error] {
				go func() { <-leak }()
				return m.Stream(ctx, p)
			}}
		},
		"count-tokens": func(_ *testing.T, s Script) providers.Model { return miscounts{play(s), nil} },
		"count-fails":  func(_ *testing.T, s Script) providers.Model { return miscounts{play(s), recode(providers.CodeOther)} },
	}
}

// passes is a model that takes half of a stream for a reply.
func passes(_ *testing.T, s Script) providers.Model {
	m := play(s)
	return broken{Streamer: m, stream: func(ctx context.Context, p *quire.Prompt) iter.Seq2[quire.Delta, error] {
		return func(yield func(quire.Delta, error) bool) {
			text := ""
			for d, err := range m.Stream(ctx, p) {
				if text += d.Text; err != nil {
					d = quire.Delta{Reply: &quire.Reply{Stop: quire.StopEnd, Parts: []quire.Part{quire.Text{Text: text}}}}
				}
				if !yield(d, nil) || d.Reply != nil {
					return
				}
			}
		}
	}}
}

// breaks breaks how a stream fails.
func breaks(f func(error) error) Open {
	return func(_ *testing.T, s Script) providers.Model {
		m := play(s)
		return broken{Streamer: m, stream: func(ctx context.Context, p *quire.Prompt) iter.Seq2[quire.Delta, error] {
			return func(yield func(quire.Delta, error) bool) {
				for d, err := range m.Stream(ctx, p) {
					if err != nil {
						err = f(err)
					}
					if !yield(d, err) {
						return
					}
				}
			}
		}}
	}
}

// miscounts counts only the last message, or fails in its own way.
type miscounts struct {
	*player
	fails func(error) error
}

func (m miscounts) CountTokens(ctx context.Context, p *quire.Prompt) (int, error) {
	n, err := m.player.CountTokens(ctx, p)
	if err != nil && m.fails != nil {
		err = m.fails(err)
	}
	return n / len(p.Messages), err
}

func TestRetryKitCatches(t *testing.T) {
	variant := func(f func(m *patient)) Open {
		return func(_ *testing.T, s Script) providers.Model {
			m := again(s)
			f(m)
			return m
		}
	}
	cases := map[string]Open{
		"retry":           variant(func(m *patient) { m.tries = 1 }),
		"retry-delay":     variant(func(m *patient) { m.waits = func(d time.Duration) time.Duration { return d / 2 } }),
		"retry-gives-up":  variant(func(m *patient) { m.tries = 20 }),
		"retry-not-those": variant(func(m *patient) { m.reacts = append(m.reacts, providers.CodeAuth) }),
		"retry-cancelled": variant(func(m *patient) { m.waits = func(time.Duration) time.Duration { return 0 } }),
	}
	for _, rule := range retryRules() {
		err := rule.check(&kit{t: t, open: cases[rule.Name], patience: 5 * time.Second})
		assert.Error(t, err, "rule %s did not catch its broken model", rule.Name)
	}
	assert.Len(t, cases, len(retryRules()))
}

func TestKitSeesCallsThatNeverEnd(t *testing.T) {
	stop := make(chan struct{})
	defer close(stop)
	open := func(_ *testing.T, s Script) providers.Model {
		m := play(s)
		return broken{Streamer: m, generate: func(ctx context.Context, p *quire.Prompt) (*quire.Reply, error) {
			if len(m.Prompts()) > 0 {
				<-stop
			}
			return m.Generate(ctx, p)
		}}
	}
	assert.ErrorIs(t, checkCancelledDuring(&kit{t: t, open: open, patience: 50 * time.Millisecond}), errStuck)
}

func TestKitCatchesOtherBrokenStreams(t *testing.T) {
	last := func(ds []quire.Delta) *quire.Delta { return &ds[len(ds)-1] }
	for name, f := range map[string]func(ds []quire.Delta) []quire.Delta{
		"goes on":       func(ds []quire.Delta) []quire.Delta { return append(ds, quire.Delta{}) },
		"reply twice":   func(ds []quire.Delta) []quire.Delta { return append(ds, *last(ds)) },
		"no reply":      func(ds []quire.Delta) []quire.Delta { return ds[:len(ds)-1] },
		"another reply": func(ds []quire.Delta) []quire.Delta { r := *last(ds).Reply; r.ID = "x"; last(ds).Reply = &r; return ds },
		"calls twice":   func(ds []quire.Delta) []quire.Delta { return append([]quire.Delta{{ToolCall: &twoCalls()[0]}}, ds...) },
	} {
		assert.Error(t, checkStream(&kit{t: t, open: deltas(f), patience: time.Second}), name)
	}
}

func TestKitLetsModelsNotStream(t *testing.T) {
	open := func(_ *testing.T, s Script) providers.Model { return struct{ providers.Model }{play(s)} }
	assert.ErrorIs(t, checkStream(&kit{t: t, open: open, patience: time.Second}), errNotOffered)
}
