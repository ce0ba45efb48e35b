package mcp_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/agent"
	"github.com/quire-dev/quire/mailbox/memstore"
	"github.com/quire-dev/quire/mcp"
)

// badServer is a server whose tools are what is written here, and that says something more
// whenever it has listed them.
func badServer(tools string, listed func(say func(string))) mcp.Server {
	return mcp.Server{Name: "bad", Transport: func() (sdk.Transport, error) {
		in, theirs := io.Pipe()
		mine, out := io.Pipe()
		var writing sync.Mutex
		say := func(line string) {
			writing.Lock()
			defer writing.Unlock()
			_, _ = io.WriteString(theirs, line+"\n")
		}
		go func() {
			defer theirs.Close()
			for lines := bufio.NewScanner(mine); lines.Scan(); {
				var asked struct {
					ID     json.RawMessage `json:"id"`
					Method string          `json:"method"`
				}
				_ = json.Unmarshal(lines.Bytes(), &asked)
				answer := func(s string) { say(`{"jsonrpc":"2.0","id":` + string(asked.ID) + "," + s + "}") }
				switch {
				case asked.Method == "initialize":
					answer(`"result":{"protocolVersion":"2025-06-18","capabilities":{"tools":{"listChanged":true}},"serverInfo":{"name":"bad","version":"1"}}`)
				case asked.Method == "tools/list":
					answer(`"result":{"tools":[` + tools + `]}`)
					listed(say)
				case asked.ID != nil:
					answer(`"error":{"code":-32601,"message":"no"}`)
				}
			}
		}()
		return &sdk.IOTransport{Reader: in, Writer: out}, nil
	}}
}

// What is no schema of an object would have each prompt refused, and one of megabytes would
// leave no room in any.
func TestSchemasThatCantStand(t *testing.T) {
	for i, schema := range []string{`{"type":"string"}`, `{"type":["object","null"]}`, `{"type":"object","properties":[1]}`, `{"type":"object","properties":null}`, `true`, `[]`,
		`{"type":"object","description":"` + strings.Repeat("x", 1<<20) + `"}`} {
		c := connected(t, nil, badServer(`{"name":"a","description":"Does it.","inputSchema":`+schema+`}`, func(func(string)) {}))
		tool := toolOf(t, c, "bad__a")
		assert.JSONEq(t, `{"type":"object","properties":{}}`, string(tool.Schema), "schema %d", i)
		assert.Equal(t, "Does it.\n(Its schema can't be shown: what arguments it takes is not known.)", tool.Description)
	}
	c := connected(t, nil, badServer(`{"name":"a","description":"Does it."}`, func(func(string)) {}))
	assert.Equal(t, "Does it.", toolOf(t, c, "bad__a").Description)
}

// A server that says without end that its tools changed is neither asked nor logged without end.
func TestAStormOfChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const most = 500
		var lists atomic.Int64 // the last one may go on while the client is closed
		server := badServer(`{"name":"a","inputSchema":{"type":"object"}}`, func(say func(string)) {
			if lists.Add(1) < most {
				go say(`{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}`)
			}
		})
		var log bytes.Buffer
		c, err := mcp.New([]mcp.Server{server}, &mcp.Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
		require.NoError(t, err)
		require.NoError(t, c.Ready(t.Context()))
		time.Sleep(10 * time.Second) // of the bubble's
		require.NoError(t, c.Close())
		assert.Greater(t, lists.Load(), int64(5))
		assert.Less(t, lists.Load(), int64(20))
		assert.NotContains(t, log.String(), "has other tools")
	})
}

// A client may watch one message after the other, for as long as it likes.
func TestWhatIsWatchedNoMoreMakesRoom(t *testing.T) {
	for _, version := range versions {
		t.Run(version, func(t *testing.T) {
			l := &listener{}
			s := served(t, memstore.New(nil).Box("mia"), version, l)
			for i := range 1100 {
				uri := fmt.Sprintf("quire://messages/%d", i+1)
				require.NoError(t, s.Subscribe(context.Background(), &sdk.SubscribeParams{URI: uri}))
				if version >= "2026" {
					<-l.stands
				}
				require.NoError(t, s.Unsubscribe(context.Background(), &sdk.UnsubscribeParams{URI: uri}))
			}
		})
	}
}

// A server that tells without end how far it is is passed on as often as somebody can follow:
// first, each tenth of a second, and with what was heard of it last.
func TestAStormOfProgress(t *testing.T) {
	var mu sync.Mutex
	var heard []float64
	now := time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC)
	o := &mcp.Options{Now: func() time.Time { return now }, OnProgress: func(_ agent.Call, p mcp.Progress) {
		mu.Lock()
		defer mu.Unlock()
		heard = append(heard, p.Done)
	}}
	c := connected(t, o, inMemory(t))
	_, err := run(t, c, "test__flood", `{"signs":500}`)
	require.NoError(t, err)
	mu.Lock()
	defer mu.Unlock()
	require.Len(t, heard, 2, "no time passes")
	assert.Zero(t, heard[0])
	assert.Positive(t, heard[1])
}

// A result of megabytes is all there.
func TestAFloodOfAResult(t *testing.T) {
	c := connected(t, nil, inMemory(t))
	parts, err := run(t, c, "test__flood", `{"bytes":10000000}`)
	require.NoError(t, err)
	assert.Len(t, quire.PlainText(parts), 10_000_000)
}

// A server that answers a call with a page, of a proxy before it say, did not end.
func TestAnAnswerOfAnotherType(t *testing.T) {
	s := testServer(func(int) {})
	handler := sdk.NewStreamableHTTPHandler(func(*http.Request) *sdk.Server { return s }, nil)
	for typ, said := range map[string]string{"text/html": "unsupported content type", "application/json": "failed to decode"} {
		h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			if err == nil && bytes.Contains(body, []byte("tools/call")) {
				w.Header().Set("Content-Type", typ)
				_, _ = io.WriteString(w, "<html>Sign in</html>")
				return
			}
			r.Body = io.NopCloser(bytes.NewReader(body))
			handler.ServeHTTP(w, r)
		}))
		t.Cleanup(h.Close)
		c := connected(t, nil, mcp.Server{Name: "test", URL: h.URL})
		_, err := run(t, c, "test__echo", `{"text":"a"}`)
		require.ErrorContains(t, err, `the MCP server "test" answered what can't be read: outcome unknown`, typ)
		assert.ErrorContains(t, err, said)
	}
}
