package exchange_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/exchange"
)

// forgetful is a server that promises to keep its connections, and closes each when
// its second request comes. It returns its address, and hands on the headers.
func forgetful(t *testing.T, seen chan<- http.Header) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { l.Close() })
	const body = `{"choices":[{"message":{"content":"Hi"},"finish_reason":"stop"}]}`
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			r := bufio.NewReader(c)
			req, err := http.ReadRequest(r)
			if err != nil {
				c.Close()
				continue
			}
			_, _ = io.Copy(io.Discard, req.Body)
			seen <- req.Header
			fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: keep-alive\r\n\r\n%s", len(body), body)
			_, _ = r.ReadByte() // the next request
			c.Close()
		}
	}()
	return "http://" + l.Addr().String()
}

// TestDeadConnections: a connection that dies between two calls costs neither of them.
func TestDeadConnections(t *testing.T) {
	for name, send := range map[string]func(c *http.Client, url string) func(context.Context, *exchange.Request) (*http.Response, error){
		"plain": func(c *http.Client, url string) func(context.Context, *exchange.Request) (*http.Response, error) {
			return func(ctx context.Context, r *exchange.Request) (*http.Response, error) {
				req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(r.Body))
				require.NoError(t, err)
				return c.Do(req)
			}
		},
		"carried": func(c *http.Client, url string) func(context.Context, *exchange.Request) (*http.Response, error) {
			return func(ctx context.Context, r *exchange.Request) (*http.Response, error) {
				return exchange.Carry(ctx, r, "{}", func(ctx context.Context) error {
					req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader([]byte("{}")))
					require.NoError(t, err)
					res, err := c.Do(req)
					if err == nil {
						res.Body.Close()
					}
					return err
				})
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			seen := make(chan http.Header, 100)
			url := forgetful(t, seen)
			a := &exchange.Adapter{Provider: "x", API: quire.APIOpenAIChat, Send: send(exchange.Client(&http.Client{Transport: &http.Transport{}}), url)}
			p := &quire.Prompt{Model: "m", Messages: []quire.PromptMessage{{Role: quire.RoleUser, Parts: []quire.Part{quire.Text{Text: "hi"}}}}}
			for range 4 {
				_, err := a.Generate(t.Context(), p)
				require.NoError(t, err)
				assert.NotContains(t, <-seen, "Idempotency-Key")
			}
		})
	}
}
