package mcp_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire/mcp"
)

// A server that can't be reached is told of, tried again with growing pauses, and takes
// nobody down.
func TestAServerThatCantBeReached(t *testing.T) {
	paused, goOn := make(chan time.Duration), make(chan bool)
	var works atomic.Bool
	broken := mcp.Server{Name: "broken", Transport: func() (sdk.Transport, error) {
		if works.Load() {
			return inMemory(t).Transport()
		}
		return nil, errors.New("no way\nthere")
	}}
	at := time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC)
	c, err := mcp.New([]mcp.Server{broken, inMemory(t)}, &mcp.Options{
		Now: func() time.Time { return at },
		Sleep: func(ctx context.Context, d time.Duration) error {
			paused <- d
			if !<-goOn {
				return context.Canceled
			}
			return nil
		}})
	require.NoError(t, err)
	for _, want := range []time.Duration{1, 2, 4, 8, 16, 32, 60, 60} {
		assert.Equal(t, want*time.Second, <-paused)
		if want == 8 {
			err := c.Ready(t.Context())
			assert.EqualError(t, err, `the MCP server "broken" does not run: no way there (its transport); it is started again at 2026-11-30T09:00:08Z`)
			assert.Len(t, c.Tools(), 13, "those of the other one")
			assert.Equal(t, "hello", runText(t, c, "test__echo", `{"text":"hello"}`))
			status := c.Status()
			assert.Equal(t, "broken", status[0].Name)
			assert.False(t, status[0].Running)
			assert.EqualError(t, status[0].Err, "no way\nthere")
			assert.Equal(t, at.Add(8*time.Second), status[0].Again)
			assert.Equal(t, mcp.Status{Name: "test", Running: true, Tools: 12}, status[1])
		}
		goOn <- true
	}
	<-paused
	works.Store(true)
	goOn <- true
	require.Eventually(t, func() bool { return c.Ready(t.Context()) == nil }, time.Minute, time.Millisecond)
	assert.Equal(t, "hello", runText(t, c, "broken__echo", `{"text":"hello"}`))
	require.NoError(t, c.Close())
	require.NoError(t, c.Close())
	_, err = run(t, c, "test__echo", `{"text":"hello"}`)
	assert.EqualError(t, err, `the MCP server "test" does not run: the client is closed`)
}

// What a program says before it ends is in the log, with how it ended.
func TestWhatAProgramSaysBeforeItEnds(t *testing.T) {
	var log bytes.Buffer
	c := connected(t, &mcp.Options{Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))}, stdio(t))
	_, err := run(t, c, "test__die", `{"file":"`+filepath.ToSlash(filepath.Join(t.TempDir(), "f"))+`"}`)
	require.Error(t, err)
	assert.Equal(t, "hello", runText(t, c, "test__echo", `{"text":"hello"}`))
	require.NoError(t, c.Close())
	assert.Contains(t, log.String(), `level=DEBUG msg="mcp server says" server=test line="panic: out of luck"`)
	assert.Contains(t, log.String(), `level=WARN msg="mcp server does not run" server=test error="exit status 3 (it said: the test server is here / panic: out of luck)" wait=0s`)
}

// A server over HTTP that is restarted, and knows its sessions no more, gets a new one.
func TestAServerThatForgot(t *testing.T) {
	for name, stateless := range map[string]bool{"with sessions": false, "without": true} {
		t.Run(name, func(t *testing.T) {
			handler := func() http.Handler {
				s := testServer(func(int) {})
				return sdk.NewStreamableHTTPHandler(func(*http.Request) *sdk.Server { return s }, &sdk.StreamableHTTPOptions{Stateless: stateless})
			}
			web := httptest.NewServer(handler())
			c := connected(t, nil, mcp.Server{Name: "test", URL: web.URL})
			assert.Equal(t, "hello", runText(t, c, "test__echo", `{"text":"hello"}`))
			addr := web.Listener.Addr().String()
			web.CloseClientConnections()
			web.Close()
			_, err := run(t, c, "test__echo", `{"text":"hello"}`)
			require.Error(t, err)
			assert.Contains(t, err.Error(), `the MCP server "test"`)
			l, err := net.Listen("tcp", addr)
			require.NoError(t, err)
			web = httptest.NewUnstartedServer(handler())
			require.NoError(t, web.Listener.Close())
			web.Listener = l
			web.Start()
			defer web.Close()
			require.Eventually(t, func() bool {
				parts, err := run(t, c, "test__echo", `{"text":"hello"}`)
				return err == nil && len(parts) == 1
			}, time.Minute, time.Millisecond)
			require.NoError(t, c.Close())
		})
	}
}

func TestServersThatCantBeMeant(t *testing.T) {
	ok := func(name string) mcp.Server { return mcp.Server{Name: name, Command: []string{"x"}} }
	for _, servers := range [][]mcp.Server{
		{ok("")}, {ok("a b")}, {ok("a__b")}, {ok("_a")}, {ok("a_")}, {ok("a.b")}, {ok("twentyfive-characters-long")},
		{{Name: "a"}}, {{Name: "a", Command: []string{"x"}, URL: "http://localhost"}}, {{Name: "a", URL: "localhost:1"}}, {{Name: "a", URL: "ftp://x"}},
		{ok("a"), ok("a")},
	} {
		_, err := mcp.New(servers, nil)
		assert.Error(t, err, "%v", servers)
	}
}
