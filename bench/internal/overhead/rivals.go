package overhead

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"

	"google.golang.org/genai"

	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/geminimodel"
	"github.com/quire-dev/quire/providers/ollamamodel"
)

// rival is an adapter, with the vendor's own client beside it.
type rival struct {
	name  string
	reply string // of the server
	model func(url string, client *http.Client) (providers.Model, models.Profile, error)
	// bare makes a call of the vendor's client that sends the body as it is, and reads
	// the reply into the client's own type.
	bare func(url string, client *http.Client) (func(ctx context.Context, body []byte) error, error)
}

func rivals() []rival {
	return []rival{responses(), chat(), claude(), gemini(), ollama()}
}

func names() []string {
	var out []string
	for _, r := range rivals() {
		out = append(out, r.name)
	}
	return out
}

func rivalNamed(name string) (rival, bool) {
	for _, r := range rivals() {
		if r.name == name {
			return r, true
		}
	}
	return rival{}, false
}

// swap sends another body than the client's own, for clients that take no bytes.
type swap struct {
	next http.RoundTripper
	body []byte
}

// RoundTrip implements [http.RoundTripper].
func (s *swap) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		_ = req.Body.Close()
	}
	out := req.Clone(req.Context())
	out.Body, out.ContentLength = io.NopCloser(bytes.NewReader(s.body)), int64(len(s.body))
	return s.next.RoundTrip(out)
}

const geminiName = "gemini-3.1-pro-preview"

func gemini() rival {
	return rival{
		name:  "geminimodel",
		reply: `{"candidates":[{"content":{"role":"model","parts":[{"text":"Nothing to do about it."}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":32000,"cachedContentTokenCount":31000,"candidatesTokenCount":8,"totalTokenCount":32008},"modelVersion":"` + geminiName + `","responseId":"r1"}`,
		model: func(url string, client *http.Client) (providers.Model, models.Profile, error) {
			m, err := geminimodel.New(geminiName, &geminimodel.Options{Key: "k", BaseURL: url, HTTPClient: client, Profile: models.Profile{Window: 1 << 20}})
			if err != nil {
				return nil, models.Profile{}, err
			}
			return m, m.Profile(), nil
		},
		bare: func(url string, client *http.Client) (func(context.Context, []byte) error, error) {
			s := &swap{next: client.Transport}
			c, err := genai.NewClient(context.Background(), &genai.ClientConfig{
				APIKey: "k", Backend: genai.BackendGeminiAPI, HTTPClient: &http.Client{Transport: s}, HTTPOptions: genai.HTTPOptions{BaseURL: url},
			})
			return func(ctx context.Context, body []byte) error {
				s.body = body
				_, err := c.Models.GenerateContent(ctx, geminiName, genai.Text("."), nil)
				return err
			}, err
		},
	}
}

// ollama has no client of its vendor's that could be had alone: bare is net/http and
// encoding/json.
func ollama() rival {
	return rival{
		name:  "ollamamodel",
		reply: `{"model":"qwen3","created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant","content":"Nothing to do about it."},"done":true,"done_reason":"stop","prompt_eval_count":32000,"eval_count":8}`,
		model: func(url string, client *http.Client) (providers.Model, models.Profile, error) {
			m, err := ollamamodel.New("qwen3", &ollamamodel.Options{BaseURL: url, HTTPClient: client, Window: 1 << 20})
			if err != nil {
				return nil, models.Profile{}, err
			}
			return m, m.Profile(), nil
		},
		bare: func(url string, client *http.Client) (func(context.Context, []byte) error, error) {
			return func(ctx context.Context, body []byte) error {
				req, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/api/chat", bytes.NewReader(body))
				if err != nil {
					return err
				}
				req.Header.Set("Content-Type", "application/json")
				res, err := client.Do(req)
				if err != nil {
					return err
				}
				defer res.Body.Close()
				var reply struct {
					Message struct{ Content string }
				}
				return json.NewDecoder(res.Body).Decode(&reply)
			}, nil
		},
	}
}
