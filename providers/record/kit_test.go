package record_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/exchange"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/modeltest"
	"github.com/quire-dev/quire/providers/record"
)

// twice holds a model to the kit while it is recorded, and what was recorded to
// the kit when it is played back, by the files that the first pass made. wrap
// makes the model under test; in the second pass script is empty.
func twice(t *testing.T, api quire.API, wrap func(t *testing.T, rec *record.Recording, s modeltest.Script) providers.Model) {
	dir := t.TempDir()
	for _, pass := range []struct {
		name string
		mode record.Mode
	}{{"record", record.Record}, {"replay", record.Replay}} {
		opened := map[string]int{}
		t.Run(pass.name, func(t *testing.T) {
			modeltest.RunAs(t, api, func(t *testing.T, s modeltest.Script) providers.Model {
				rule := path.Base(t.Name())
				opened[rule]++
				rec, err := record.Open(filepath.Join(dir, fmt.Sprintf("%s-%d.jsonl", rule, opened[rule])), &record.Options{Mode: pass.mode})
				require.NoError(t, err)
				t.Cleanup(func() {
					require.NoError(t, rec.Close())
					require.Empty(t, rec.Notes())
					// What is cancelled after a moment may not have been sent, on a busy machine.
					if rule != "cancelled-during" {
						require.Empty(t, rec.Unused())
					}
				})
				if pass.mode == record.Replay {
					s = nil
				}
				return wrap(t, rec, s)
			}, nil)
		})
	}
}

func TestKitOnRecordedModel(t *testing.T) {
	twice(t, "", func(t *testing.T, rec *record.Recording, s modeltest.Script) providers.Model {
		if s == nil {
			return rec.Model(nil)
		}
		srv := modeltest.NewServer(t, quire.APIAnthropic, s)
		return rec.Model(client(quire.APIAnthropic, srv.URL+"/v1/messages", srv.Client()))
	})
}

func TestKitOnRecordedTransport(t *testing.T) {
	for api, url := range map[quire.API]string{
		quire.APIAnthropic: "/v1/messages", quire.APIOpenAIChat: "/v1/chat/completions",
		quire.APIOpenAIResponses: "/v1/responses", quire.APIGemini: "/v1beta/models/gemini-3-pro:generateContent?key=secret",
	} {
		t.Run(string(api), func(t *testing.T) {
			twice(t, api, func(t *testing.T, rec *record.Recording, s modeltest.Script) providers.Model {
				if s == nil {
					return client(api, "http://nobody.invalid"+url, &http.Client{Transport: rec.Transport(nowhere{})})
				}
				srv := modeltest.NewServer(t, api, s)
				return client(api, srv.URL+url, &http.Client{Transport: rec.Transport(srv.Client().Transport)})
			})
		})
	}
}

// nowhere fails a test that sends anything.
type nowhere struct{}

func (nowhere) RoundTrip(req *http.Request) (*http.Response, error) {
	panic("a request went out: " + req.URL.String())
}

// client is the least adapter: a POST.
func client(api quire.API, url string, over *http.Client) *exchange.Adapter {
	return &exchange.Adapter{Provider: "client", API: api, Send: func(ctx context.Context, r *exchange.Request) (*http.Response, error) {
		to := url
		if r.Stream {
			to = strings.Replace(to, ":generateContent?", ":streamGenerateContent?alt=sse&", 1)
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(r.Body))
		if err != nil {
			return nil, err
		}
		for _, h := range r.Headers {
			req.Header.Set(h.Name, h.Value)
		}
		return over.Do(req)
	}}
}
