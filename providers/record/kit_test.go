package record_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
	"net/http"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/modeltest"
	"github.com/quire-dev/quire/providers/record"
	"github.com/quire-dev/quire/providers/scripted"
	"github.com/quire-dev/quire/providers/wire"
)

// twice holds a model to the kit while it is recorded, and what was recorded to
// the kit when it is played back, by the files that the first pass made. wrap
// makes the model under test; in the second pass script is empty.
func twice(t *testing.T, wrap func(t *testing.T, rec *record.Recording, s modeltest.Script) providers.Model) {
	dir := t.TempDir()
	for _, pass := range []struct {
		name string
		mode record.Mode
	}{{"record", record.Record}, {"replay", record.Replay}} {
		opened := map[string]int{}
		t.Run(pass.name, func(t *testing.T) {
			modeltest.Run(t, func(t *testing.T, s modeltest.Script) providers.Model {
				rule := path.Base(t.Name())
				opened[rule]++
				rec, err := record.Open(filepath.Join(dir, fmt.Sprintf("%s-%d.jsonl", rule, opened[rule])), &record.Options{Mode: pass.mode})
				require.NoError(t, err)
				t.Cleanup(func() {
					require.NoError(t, rec.Close())
					require.Empty(t, rec.Notes())
					require.Empty(t, rec.Unused())
				})
				if pass.mode == record.Replay {
					s = nil
				}
				return wrap(t, rec, s)
			})
		})
	}
}

func TestKitOnRecordedModel(t *testing.T) {
	twice(t, func(_ *testing.T, rec *record.Recording, s modeltest.Script) providers.Model {
		if s == nil {
			return rec.Model(nil)
		}
		return rec.Model(act(s))
	})
}

func TestKitOnRecordedTransport(t *testing.T) {
	for api, url := range map[quire.API]string{
		quire.APIAnthropic: "/v1/messages", quire.APIOpenAIChat: "/v1/chat/completions",
		quire.APIOpenAIResponses: "/v1/responses", quire.APIGemini: "/v1beta/models/gemini-3-pro:generateContent?key=secret",
	} {
		t.Run(string(api), func(t *testing.T) {
			twice(t, func(t *testing.T, rec *record.Recording, s modeltest.Script) providers.Model {
				if s == nil {
					return &client{api, "http://nobody.invalid" + url, &http.Client{Transport: rec.Transport(nowhere{})}}
				}
				srv := modeltest.NewServer(t, api, s)
				return &client{api, srv.URL + url, &http.Client{Transport: rec.Transport(srv.Client().Transport)}}
			})
		})
	}
}

// nowhere fails a test that sends anything.
type nowhere struct{}

func (nowhere) RoundTrip(req *http.Request) (*http.Response, error) {
	panic("a request went out: " + req.URL.String())
}

// act is a model without a network that answers by a script.
func act(s modeltest.Script) *scripted.Model {
	return scripted.Func(func(ctx context.Context, call int, _ *quire.Prompt) (*quire.Reply, error) {
		if call >= len(s) {
			return nil, scripted.ErrExhausted
		}
		switch step := s[call]; {
		case step.Hang:
			<-ctx.Done()
			return nil, ctx.Err()
		case step.Body != "":
			return nil, &providers.Error{Provider: "act", Code: providers.CodeBadReply}
		case step.Fail != "":
			return nil, &providers.Error{Provider: "act", Code: step.Fail, RetryAfter: step.RetryAfter}
		default:
			return step.Reply, nil
		}
	})
}

// client is the least adapter: wire's bytes and a POST.
type client struct {
	api  quire.API
	url  string
	http *http.Client
}

func (c *client) post(ctx context.Context, p *quire.Prompt, stream bool) (*http.Response, error) {
	body, err := wire.Encode(c.api, p, &wire.Options{Stream: stream})
	if err != nil {
		return nil, err
	}
	url := c.url
	if stream {
		url = strings.Replace(url, ":generateContent?", ":streamGenerateContent?alt=sse&", 1)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	for _, h := range wire.Headers(c.api, p) {
		req.Header.Set(h.Name, h.Value)
	}
	res, err := c.http.Do(req)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, &providers.Error{Provider: "client", Code: providers.CodeUnavailable, Err: err}
	case res.StatusCode >= 300:
		defer res.Body.Close()
		body, _ := io.ReadAll(res.Body)
		return nil, wire.DecodeFailure(c.api, res.StatusCode, res.Header.Get("Retry-After"), body)
	}
	return res, nil
}

func (c *client) Generate(ctx context.Context, p *quire.Prompt) (*quire.Reply, error) {
	res, err := c.post(ctx, p, false)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	r, err := wire.Decode(c.api, body)
	if err != nil {
		return nil, &providers.Error{Provider: "client", Code: providers.CodeBadReply, Err: err}
	}
	return r, nil
}

func (c *client) Stream(ctx context.Context, p *quire.Prompt) iter.Seq2[quire.Delta, error] {
	return func(yield func(quire.Delta, error) bool) {
		res, err := c.post(ctx, p, true)
		if err != nil {
			yield(quire.Delta{}, err)
			return
		}
		defer res.Body.Close()
		for d, err := range wire.DecodeStream(c.api, res.Body) {
			if !yield(d, err) {
				return
			}
		}
	}
}
