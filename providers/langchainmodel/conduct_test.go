package langchainmodel_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tmc/langchaingo/llms/anthropic"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/langchainmodel"
	"github.com/quire-dev/quire/providers/modeltest"
)

func TestUnreachable(t *testing.T) {
	for name, v := range vendors {
		srv := httptest.NewServer(http.NotFoundHandler())
		srv.Close()
		_, err := v.open(t, srv.URL).Generate(t.Context(), rich(v.model()))
		var e *providers.Error
		require.ErrorAs(t, err, &e, name)
		assert.Equal(t, providers.CodeUnavailable, e.Code, name)
		assert.Zero(t, e.Status)
	}
}

func TestCancelled(t *testing.T) {
	for name, v := range vendors {
		srv := modeltest.NewServer(t, v.served, modeltest.Script{{Hang: true}, {Hang: true}})
		m := v.open(t, srv.URL)
		for _, call := range []func(context.Context) error{
			func(ctx context.Context) error { _, err := m.Generate(ctx, rich(v.model())); return err },
			func(ctx context.Context) error { _, err := last(m.Stream(ctx, rich(v.model()))); return err },
		} {
			ctx, cancel := context.WithCancel(t.Context())
			before := len(srv.Requests())
			go func() {
				for len(srv.Requests()) == before {
					time.Sleep(time.Millisecond)
				}
				cancel()
			}()
			err := call(ctx)
			assert.Equal(t, context.Canceled, err, name)
			assert.Equal(t, context.Canceled, call(ctx), "before it begins")
		}
		assert.Len(t, srv.Requests(), 2)
	}
}

func TestBreakingOutEndsTheCall(t *testing.T) {
	for name, v := range vendors {
		t.Run(name, func(t *testing.T) {
			gone := make(chan struct{})
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				first := map[string]string{
					"/v1/chat/completions": `data: {"choices":[{"delta":{"content":"a"}}]}` + "\n\n",
					"/api/chat":            `{"message":{"content":"a"},"done":false}` + "\n",
					"/v1/messages": `data: {"type":"message_start","message":{"content":[]}}` + "\n\n" +
						`data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}` + "\n\n" +
						`data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a"}}` + "\n\n",
				}[r.URL.Path]
				w.Header().Set("Content-Type", "text/event-stream")
				fmt.Fprint(w, first)
				w.(http.Flusher).Flush()
				<-r.Context().Done()
				close(gone)
			}))
			defer srv.Close()
			n := 0
			for d, err := range v.open(t, srv.URL).Stream(t.Context(), rich(v.model())) {
				require.NoError(t, err)
				assert.Equal(t, "a", d.Text)
				n++
				break
			}
			assert.Equal(t, 1, n)
			<-gone
		})
	}
}

// TestBetaHeadersAreJoined: the client's own stay.
func TestBetaHeadersAreJoined(t *testing.T) {
	srv := modeltest.NewServer(t, quire.APIAnthropic, modeltest.Script{modeltest.Say("hi")})
	llm, err := anthropic.New(anthropic.WithToken("k"), anthropic.WithBaseURL(srv.URL), anthropic.WithAnthropicBetaHeader("mine-1"),
		anthropic.WithHTTPClient(langchainmodel.HTTPClient(nil)))
	require.NoError(t, err)
	m, err := langchainmodel.New(llm, &langchainmodel.Options{Exact: true})
	require.NoError(t, err)
	_, err = m.Generate(t.Context(), rich("claude-opus-5-5"))
	require.NoError(t, err)
	assert.Regexp(t, `^mine-1,thinking-binding`, srv.Requests()[0].Header.Get("Anthropic-Beta"))
}

// TestWholeReplyWhereAStreamWasAsked: some servers can't stream.
func TestWholeReplyWhereAStreamWasAsked(t *testing.T) {
	url := serve(t, 200, map[string]string{"Content-Type": "application/json; charset=utf-8"},
		`{"choices":[{"message":{"content":"all","reasoning_content":"hm","tool_calls":[{"id":"c","function":{"name":"f","arguments":"{}"}}]},"finish_reason":"tool_calls"}]}`)
	var got []quire.Delta
	for d, err := range vendors["openai"].open(t, url).Stream(t.Context(), rich("")) {
		require.NoError(t, err)
		got = append(got, d)
	}
	call := quire.ToolCall{ID: "c", Name: "f", Args: "{}"}
	require.Len(t, got, 4)
	assert.Equal(t, []quire.Delta{{Reasoning: "hm"}, {Text: "all"}, {ToolCall: &call}}, got[:3])
	assert.Equal(t, []quire.Part{quire.Reasoning{Model: "gpt-4.1", Text: "hm"}, quire.Text{Text: "all"}, call}, got[3].Reply.Parts)
}
