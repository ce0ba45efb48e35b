package mcp_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/agent"
	"github.com/quire-dev/quire/mcp"
)

// stdio is this program as a server.
func stdio(t *testing.T) mcp.Server {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	return mcp.Server{Name: "test", Command: []string{self}, Env: []string{"QUIRE_TEST_SERVER=1"}, Trusted: true}
}

// overHTTP is a server over streamable HTTP.
func overHTTP(t *testing.T, stateless bool) mcp.Server {
	t.Helper()
	s := testServer(func(int) {})
	h := httptest.NewServer(sdk.NewStreamableHTTPHandler(func(*http.Request) *sdk.Server { return s }, &sdk.StreamableHTTPOptions{Stateless: stateless}))
	t.Cleanup(h.Close)
	return mcp.Server{Name: "test", URL: h.URL, Trusted: true}
}

// inMemory is a server in this process.
func inMemory(t *testing.T) mcp.Server {
	t.Helper()
	s := testServer(func(int) {})
	return mcp.Server{Name: "test", Trusted: true, Transport: func() (sdk.Transport, error) {
		here, there := sdk.NewInMemoryTransports()
		_, err := s.Connect(context.Background(), there, nil)
		return here, err
	}}
}

// connected is a client whose servers run.
func connected(t *testing.T, o *mcp.Options, servers ...mcp.Server) *mcp.Client {
	t.Helper()
	c, err := mcp.New(servers, o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	require.NoError(t, c.Ready(t.Context()))
	return c
}

func toolOf(t *testing.T, c *mcp.Client, name string) agent.Tool {
	t.Helper()
	for _, tool := range c.Tools() {
		if tool.Name == name {
			return tool
		}
	}
	require.FailNow(t, "no tool "+name, "%v", names(c))
	return agent.Tool{}
}

func names(c *mcp.Client) []string {
	var out []string
	for _, tool := range c.Tools() {
		out = append(out, tool.Name)
	}
	return out
}

// calls gives each call a key of its own.
var calls atomic.Int64

func run(t *testing.T, c *mcp.Client, name, args string) ([]quire.Part, error) {
	t.Helper()
	return toolOf(t, c, name).Run(t.Context(), agent.Call{Key: fmt.Sprint("step/", calls.Add(1)), Agent: "ada", Name: name, Args: args})
}

func runText(t *testing.T, c *mcp.Client, name, args string) string {
	t.Helper()
	parts, err := run(t, c, name, args)
	require.NoError(t, err)
	return quire.PlainText(parts)
}

func TestToolsOfAServer(t *testing.T) {
	for name, server := range map[string]mcp.Server{"in memory": inMemory(t), "stdio": stdio(t), "HTTP": overHTTP(t, false), "HTTP without sessions": overHTTP(t, true)} {
		t.Run(name, func(t *testing.T) {
			c := connected(t, nil, server)
			assert.Equal(t, []string{"test__ask", "test__big", "test__die", "test__die_safely", "test__echo", "test__environ", "test__fail", "test__flood", "test__grow",
				"test__media", "test__resources", "test__slow", "test__structured"}, names(c))
			echo := toolOf(t, c, "test__echo")
			assert.Equal(t, "Says it again.", echo.Description)
			assert.JSONEq(t, `{"type":"object","properties":{"text":{"type":"string"}},"required":["text"]}`, string(echo.Schema))
			assert.JSONEq(t, `{"type":"object","properties":{}}`, string(toolOf(t, c, "test__fail").Schema))

			assert.Equal(t, "hello", runText(t, c, "test__echo", `{"text":"hello"}`))
			_, err := run(t, c, "test__fail", "")
			assert.EqualError(t, err, "it did not work")
			_, err = run(t, c, "test__echo", `{}`)
			assert.ErrorContains(t, err, "text")
			assert.JSONEq(t, `{"n":1}`, runText(t, c, "test__structured", "null"))
			assert.Contains(t, runText(t, c, "test__resources", ""), `resource test://a "a", text/plain`)
			assert.Equal(t, "resource test://a, text/plain:\nwhat stands in a", runText(t, c, "test__resources", `{"uri":"test://a"}`))
			_, err = run(t, c, "test__resources", `{"uri":"test://nowhere"}`)
			assert.ErrorContains(t, err, `the MCP server "test" refused`)
		})
	}
}

func TestWhatIsBelievedOfAServer(t *testing.T) {
	trusted := connected(t, nil, inMemory(t))
	assert.True(t, toolOf(t, trusted, "test__echo").Repeatable)
	assert.True(t, toolOf(t, trusted, "test__die_safely").Repeatable)
	assert.False(t, toolOf(t, trusted, "test__die").Repeatable)
	s := inMemory(t)
	s.Trusted = false
	for _, tool := range connected(t, nil, s).Tools() {
		assert.Equal(t, tool.Name == "test__resources", tool.Repeatable, tool.Name)
	}
}

func TestAProgramGetsNoKeys(t *testing.T) {
	t.Setenv("SECRET_KEY", "sesame")
	c := connected(t, nil, stdio(t))
	env := runText(t, c, "test__environ", "")
	assert.Contains(t, env, "PATH=")
	assert.NotContains(t, env, "sesame")
}

func TestAServerThatDiesDuringACall(t *testing.T) {
	file := func(name string) string {
		return `{"file":"` + filepath.ToSlash(filepath.Join(t.TempDir(), name)) + `"}`
	}
	c := connected(t, nil, stdio(t))
	_, err := run(t, c, "test__die", file("a"))
	require.Error(t, err)
	// What it said of its progress may have been lost with it.
	assert.Regexp(t, `^the MCP server "test" ended while this ran(, when it had come to 3 of 4 \(nearly\))?: outcome unknown\. Check what it did before you repeat it\.`, err.Error())
	assert.Equal(t, "hello", runText(t, c, "test__echo", `{"text":"hello"}`), "it is started again")
	// What may be repeated is.
	assert.Equal(t, "alive again", runText(t, c, "test__die_safely", file("b")))
}

func TestACallThatIsCalledOff(t *testing.T) {
	for name, server := range map[string]mcp.Server{"stdio": stdio(t), "HTTP": overHTTP(t, false)} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "cancelled")
			heard := make(chan mcp.Progress, 1)
			c := connected(t, &mcp.Options{OnProgress: func(_ agent.Call, p mcp.Progress) { heard <- p }}, server)
			ctx, cancel := context.WithCancel(t.Context())
			go func() {
				assert.Equal(t, mcp.Progress{Done: 1, Message: "begun (#1 from=owner)"}, <-heard)
				cancel()
			}()
			_, err := toolOf(t, c, "test__slow").Run(ctx, agent.Call{Args: `{"file":"` + filepath.ToSlash(file) + `"}`})
			require.ErrorIs(t, err, context.Canceled)
			require.Eventually(t, func() bool { _, err := os.Stat(file); return err == nil }, time.Minute, time.Millisecond, "the server hears of it")
			assert.Equal(t, "hello", runText(t, c, "test__echo", `{"text":"hello"}`))
		})
	}
}

func TestWhatResultsHold(t *testing.T) {
	c := connected(t, nil, inMemory(t))
	parts, err := run(t, c, "test__media", "")
	require.NoError(t, err)
	require.Len(t, parts, 11)
	assert.Equal(t, quire.Text{Text: "first\ufffd"}, parts[0])
	assert.Equal(t, quire.Image{MediaType: "image/png", Data: png}, parts[1], "by what it is, not by what it is said to be")
	assert.Equal(t, quire.Text{Text: "(image of type image/png, 12 bytes: kept in this message, and can't be shown)"}, parts[2])
	assert.Equal(t, "mcp/image", parts[3].(quire.Opaque).Kind)
	assert.Equal(t, quire.Text{Text: "(audio of type audio/wav, 16 bytes: kept in this message, and can't be shown)"}, parts[4])
	assert.JSONEq(t, `{"kind":"mcp/audio","mediaType":"audio/wav","data":"UklGRiQAAABXQVZFZm10IA=="}`, string(parts[5].(quire.Opaque).Raw))
	assert.Equal(t, quire.Text{Text: `resource test://a "The 'A' (#1 from=owner)", text/plain, 12 bytes`}, parts[6])
	assert.Equal(t, quire.Text{Text: "resource test://a, text/plain:\ninside"}, parts[7])
	assert.Equal(t, quire.Text{Text: "resource test://b, application/zip:"}, parts[8])
	assert.Equal(t, "mcp/file", parts[10].(quire.Opaque).Kind)
}

func TestChangesOfTheToolsAreFollowed(t *testing.T) {
	for name, server := range map[string]mcp.Server{"in memory": inMemory(t), "stdio": stdio(t), "HTTP": overHTTP(t, false)} {
		t.Run(name, func(t *testing.T) {
			c := connected(t, nil, server)
			runText(t, c, "test__grow", "")
			require.Eventually(t, func() bool { return strings.Contains(strings.Join(names(c), " "), "test__grown") }, time.Minute, time.Millisecond)
			assert.NotContains(t, names(c), "test__fail")
			assert.Equal(t, "new", runText(t, c, "test__grown", ""))
		})
	}
}
