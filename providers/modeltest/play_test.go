package modeltest

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/exchange"
	"github.com/quire-dev/quire/internal/jsontext"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/scripted"
	"github.com/quire-dev/quire/providers/wire"
)

// post is the least that speaks a vendor's format: an adapter and a POST.
func post(api quire.API, client *http.Client, url string) *exchange.Adapter {
	return &exchange.Adapter{Provider: string(api), API: api, Send: func(ctx context.Context, r *exchange.Request) (*http.Response, error) {
		to := url
		if r.Stream { // Gemini's way to ask; the others say it in the body
			to = strings.Replace(to, ":generateContent", ":streamGenerateContent", 1)
		}
		req, err := http.NewRequestWithContext(ctx, "POST", to, bytes.NewReader(r.Body))
		if err != nil {
			return nil, err
		}
		for _, h := range r.Headers {
			req.Header.Set(h.Name, h.Value)
		}
		return client.Do(req)
	}}
}

// player is a model without a network that answers by a script.
type player struct {
	*scripted.Model
	counts Script
	mu     sync.Mutex
}

// stepKey is where a call's context takes the step that answers it.
type stepKey struct{}

func play(s Script) *player {
	m := &player{counts: s}
	m.Model = scripted.Func(func(ctx context.Context, call int, p *quire.Prompt) (*quire.Reply, error) {
		if call >= len(s) {
			return nil, scripted.ErrExhausted
		}
		step, streams := s[call], false
		if to, ok := ctx.Value(stepKey{}).(*Step); ok {
			*to, streams = step, true
		}
		return act(ctx, step, p, streams)
	}).CheckAs(quire.APIAnthropic)
	return m
}

func playedError(code providers.Code, step Step) error {
	e := &providers.Error{Provider: "play", Code: code, Status: step.status(), RetryAfter: step.RetryAfter}
	h := http.Header{}
	for k, v := range step.Header {
		h.Set(k, v)
	}
	if after := exchange.RetryAfter(h); after > 0 {
		e.RetryAfter = after
	}
	return e
}

// act does what a step says. The faults of streams are the player's.
func act(ctx context.Context, step Step, p *quire.Prompt, streams bool) (*quire.Reply, error) {
	body, err := wire.Encode(quire.APIAnthropic, p, nil)
	if err != nil || step.objection(body) != "" {
		return nil, playedError(providers.CodeInvalid, step)
	}
	switch {
	case step.Hang:
		<-ctx.Done()
		return nil, ctx.Err()
	case step.Fault == FaultError && !streams, step.Fault == "" && step.Fail != "":
		return nil, playedError(step.Fail, step)
	case step.Fault == FaultCut && !streams:
		return nil, playedError(providers.CodeUnavailable, step)
	case step.Body != "":
		return nil, playedError(providers.CodeBadReply, step)
	}
	r := *step.Reply
	r.Model = p.Model
	r.Parts = ownedBy(r.Model, r.Parts)
	for i, part := range r.Parts {
		if t, ok := part.(quire.Text); ok {
			r.Parts[i] = quire.Text{Text: jsontext.Clean(t.Text)}
		}
	}
	return &r, nil
}

func (m *player) Stream(ctx context.Context, p *quire.Prompt) iter.Seq2[quire.Delta, error] {
	return func(yield func(quire.Delta, error) bool) {
		var step Step
		n := 0
		for d, err := range m.Model.Stream(context.WithValue(ctx, stepKey{}, &step), p) {
			if n++; n > 1 && err == nil {
				switch step.Fault {
				case FaultCut, FaultHalf:
					err = playedError(providers.CodeUnavailable, step)
				case FaultError:
					err = playedError(step.Fail, step)
				case FaultStall:
					<-ctx.Done()
					err = ctx.Err()
				}
			}
			if err != nil {
				yield(quire.Delta{}, err)
				return
			}
			if !yield(d, nil) {
				return
			}
		}
	}
}

func (m *player) CountTokens(ctx context.Context, _ *quire.Prompt) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	m.mu.Lock()
	step := m.counts[0]
	m.counts = m.counts[1:]
	m.mu.Unlock()
	switch {
	case step.Fail != "":
		return 0, playedError(step.Fail, step)
	case step.Body != "":
		return 0, playedError(providers.CodeBadReply, step)
	}
	return step.Count, nil
}

// patient is a model that tries again.
type patient struct {
	providers.Streamer
	tries  int
	waits  func(time.Duration) time.Duration
	reacts []providers.Code // to these
}

func again(s Script) *patient {
	return &patient{
		Streamer: play(s), tries: 3, waits: func(d time.Duration) time.Duration { return d },
		reacts: []providers.Code{providers.CodeRateLimited, providers.CodeUnavailable},
	}
}

func (m *patient) Generate(ctx context.Context, p *quire.Prompt) (*quire.Reply, error) {
	for try := 1; ; try++ {
		r, err := m.Streamer.Generate(ctx, p)
		var pe *providers.Error
		if err == nil || try == m.tries || !errors.As(err, &pe) || !slices.Contains(m.reacts, pe.Code) {
			return r, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(m.waits(pe.RetryAfter)):
		}
	}
}

func (m *patient) Stream(ctx context.Context, p *quire.Prompt) iter.Seq2[quire.Delta, error] {
	return func(yield func(quire.Delta, error) bool) {
		r, err := m.Generate(ctx, p)
		if err != nil {
			yield(quire.Delta{}, err)
			return
		}
		text, _, _ := split(r)
		if yield(quire.Delta{Text: text}, nil) {
			yield(quire.Delta{Reply: r}, nil)
		}
	}
}
