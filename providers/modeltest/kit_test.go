package modeltest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"iter"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/scripted"
	"github.com/quire-dev/quire/providers/wire"
)

// httpModel is the least that speaks a vendor's format: wire's bytes and a POST.
type httpModel struct {
	api    quire.API
	url    string
	client *http.Client
}

func (m *httpModel) fail(code providers.Code, err error) error {
	return &providers.Error{Provider: string(m.api), Code: code, Err: err}
}

// post sends the prompt and returns the answer's body, if it is no failure.
func (m *httpModel) post(ctx context.Context, p *quire.Prompt, opts *wire.Options) (io.ReadCloser, error) {
	body, err := wire.Encode(m.api, p, opts)
	if err != nil {
		return nil, m.fail(providers.CodeInvalid, err)
	}
	url := m.url
	if opts != nil && opts.Stream { // Gemini's way to ask; the others say it in the body
		url = strings.Replace(url, ":generateContent", ":streamGenerateContent", 1)
	}
	req, err := http.NewRequestWithContext(ctx, "POST", url, bytes.NewReader(body))
	if err != nil {
		return nil, m.fail(providers.CodeOther, err)
	}
	for _, h := range wire.Headers(m.api, p) {
		req.Header.Set(h.Name, h.Value)
	}
	res, err := m.client.Do(req)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, m.fail(providers.CodeUnavailable, err)
	}
	if res.StatusCode >= 300 {
		defer res.Body.Close()
		body, _ := io.ReadAll(res.Body)
		return nil, wire.DecodeFailure(m.api, res.StatusCode, res.Header.Get("Retry-After"), body)
	}
	return res.Body, nil
}

func (m *httpModel) Generate(ctx context.Context, p *quire.Prompt) (*quire.Reply, error) {
	answer, err := m.post(ctx, p, nil)
	if err != nil {
		return nil, err
	}
	defer answer.Close()
	body, err := io.ReadAll(answer)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, m.fail(providers.CodeUnavailable, err)
	}
	r, err := wire.Decode(m.api, body)
	if err != nil {
		return nil, m.fail(providers.CodeBadReply, err)
	}
	return r, nil
}

func (m *httpModel) Stream(ctx context.Context, p *quire.Prompt) iter.Seq2[quire.Delta, error] {
	return func(yield func(quire.Delta, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		answer, err := m.post(ctx, p, &wire.Options{Stream: true})
		if err != nil {
			yield(quire.Delta{}, err)
			return
		}
		defer answer.Close()
		for d, err := range wire.DecodeStream(m.api, answer) {
			if err != nil {
				err = m.fail(providers.CodeBadReply, err)
			}
			if !yield(d, err) {
				return
			}
		}
	}
}

func TestKitOnModelsOverHTTP(t *testing.T) {
	for api, path := range map[quire.API]string{
		quire.APIAnthropic: "/v1/messages", quire.APIOpenAIChat: "/v1/chat/completions",
		quire.APIOpenAIResponses: "/v1/responses", quire.APIStrict: "/v1/chat/completions",
		quire.APIGemini: "/v1beta/models/gemini-3-pro:generateContent", quire.APIOllama: "/api/chat",
	} {
		t.Run(string(api), func(t *testing.T) {
			Run(t, func(t *testing.T, s Script) providers.Model {
				srv := NewServer(t, api, s)
				return &httpModel{api, srv.URL + path, srv.Client()}
			})
		})
	}
}

// play is a model without a network that answers by a script.
func play(s Script) *scripted.Model {
	return scripted.Func(func(ctx context.Context, call int, p *quire.Prompt) (*quire.Reply, error) {
		if call >= len(s) {
			return nil, scripted.ErrExhausted
		}
		step := s[call]
		switch {
		case step.Hang:
			<-ctx.Done()
			return nil, ctx.Err()
		case step.Fail != "":
			return nil, &providers.Error{Provider: "play", Code: step.Fail, Status: step.status(), RetryAfter: step.RetryAfter}
		case step.Body != "":
			return nil, &providers.Error{Provider: "play", Code: providers.CodeBadReply}
		}
		return step.Reply, nil
	}).CheckAs(quire.APIAnthropic)
}

func TestKitOnAScriptedModel(t *testing.T) {
	Run(t, func(_ *testing.T, s Script) providers.Model { return play(s) })
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
	cases["history"] = func(t *testing.T, s Script) providers.Model {
		m := play(s)
		return broken{Streamer: m, generate: func(ctx context.Context, p *quire.Prompt) (*quire.Reply, error) {
			q := *p
			q.Messages = slices.Clone(p.Messages)
			for i, msg := range q.Messages {
				if msg.Role == quire.RoleAssistant {
					q.Messages[i].Parts = msg.Parts[:1] // as langchaingo does
				}
			}
			return m.Generate(ctx, &q)
		}}
	}
	for _, rule := range Rules() {
		open, ok := cases[rule.Name]
		require.True(t, ok, "no broken model for rule %s", rule.Name)
		err := rule.check(&kit{t: t, open: open, patience: 50 * time.Millisecond})
		assert.Error(t, err, "rule %s did not catch its broken model", rule.Name)
		assert.NotErrorIs(t, err, errNotOffered)
	}
	assert.Len(t, cases, len(Rules()))
}

func TestKitSeesCallsThatNeverEnd(t *testing.T) {
	stop := make(chan struct{})
	defer close(stop)
	open := func(_ *testing.T, s Script) providers.Model {
		m := play(s)
		return broken{Streamer: m, generate: func(ctx context.Context, p *quire.Prompt) (*quire.Reply, error) {
			if m.Calls() > 0 {
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
