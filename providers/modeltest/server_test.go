package modeltest_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/modeltest"
)

var paths = map[quire.API]string{
	quire.APIAnthropic: "/v1/messages", quire.APIOpenAIChat: "/v1/chat/completions",
	quire.APIOpenAIResponses: "/v1/responses", quire.APIOllama: "/api/chat",
}

func post(t *testing.T, srv *modeltest.Server, api quire.API, body string) (*http.Response, string) {
	t.Helper()
	res, err := http.Post(srv.URL+paths[api], "application/json", strings.NewReader(body))
	require.NoError(t, err)
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return res, string(b)
}

func requestFor(api quire.API, stream string) string {
	messages := `"messages":[{"role":"user","content":"hi"}]`
	if api == quire.APIOpenAIResponses {
		messages = `"input":[{"role":"user","content":"hi"}]`
	}
	return `{"model":"m","max_tokens":5,"stream":` + stream + `,` + messages + `}`
}

func TestServerAnswersWholeAndStreamed(t *testing.T) {
	reply := modeltest.Step{Reply: &quire.Reply{ID: "r", Stop: quire.StopTools, Parts: []quire.Part{
		quire.Text{Text: "héllo"}, quire.ToolCall{ID: "c1", Name: "ls", Args: `{"z":1,"a":12345678901234567890}`},
	}, Usage: quire.Usage{Input: 10, CachedInput: 4, Output: 3}}}
	for api := range paths {
		srv := modeltest.NewServer(t, api, modeltest.Script{reply, reply})
		res, body := post(t, srv, api, requestFor(api, "false"))
		assert.Equal(t, 200, res.StatusCode)
		assert.Contains(t, body, "héllo", api)
		assert.Contains(t, strings.ReplaceAll(body, `\"`, `"`), `{"z":1,"a":12345678901234567890}`, api)
		res, body = post(t, srv, api, requestFor(api, "true"))
		assert.NotEqual(t, "application/json", res.Header.Get("Content-Type"), api)
		assert.Contains(t, body, "ls", api)
		assert.Greater(t, strings.Count(body, "\n"), 3, api)
		res, _ = post(t, srv, api, requestFor(api, "false"))
		assert.Equal(t, 500, res.StatusCode, "the script is over")
		assert.Len(t, srv.Requests(), 3)
		assert.Empty(t, srv.Violations())
	}
}

func TestServerFails(t *testing.T) {
	srv := modeltest.NewServer(t, quire.APIAnthropic, modeltest.Script{
		{Fail: providers.CodeRateLimited, RetryAfter: 7 * time.Second},
		{Fail: providers.CodeUnavailable, Status: 529},
		{Body: "{nonsense"},
	})
	res, body := post(t, srv, quire.APIAnthropic, requestFor(quire.APIAnthropic, "false"))
	assert.Equal(t, 429, res.StatusCode)
	assert.Equal(t, "7", res.Header.Get("Retry-After"))
	assert.Contains(t, body, "rate_limit_error")
	res, body = post(t, srv, quire.APIAnthropic, requestFor(quire.APIAnthropic, "false"))
	assert.Equal(t, 529, res.StatusCode)
	assert.Contains(t, body, "overloaded_error")
	res, body = post(t, srv, quire.APIAnthropic, requestFor(quire.APIAnthropic, "false"))
	assert.Equal(t, 200, res.StatusCode)
	assert.Equal(t, "{nonsense", body)
}

func TestServerRecordsViolations(t *testing.T) {
	srv := modeltest.NewServer(t, quire.APIOpenAIChat, modeltest.Script{modeltest.Say("x")})
	srv.Tolerate = true
	post(t, srv, quire.APIOpenAIChat, `{"model":"m","messages":[{"role":"tool","tool_call_id":"x","content":"y"}]}`)
	var codes []string
	for _, v := range srv.Violations() {
		codes = append(codes, v.Code)
	}
	assert.Equal(t, []string{"A1", "A3", "C1"}, codes)
}
