package adopt_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire/adopt"
)

// sentBy returns the body that went out for one that came in.
func sentBy(t *testing.T, path, body string, header http.Header) (sent string, res *http.Response) {
	t.Helper()
	client := &http.Client{Transport: adopt.New(budget, &adopt.Options{Base: transportFunc(func(r *http.Request) (*http.Response, error) {
		b, err := io.ReadAll(r.Body)
		sent = string(b)
		return &http.Response{StatusCode: 200}, err
	})})}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://localhost"+path, strings.NewReader(body))
	require.NoError(t, err)
	req.Header = header
	res, err = client.Do(req)
	require.NoError(t, err)
	return sent, res
}

// A body whose signature or sum goes with it can't be another one.
func TestSealedRequestsPassUnchanged(t *testing.T) {
	for name, value := range map[string]string{
		"Authorization":        "AWS4-HMAC-SHA256 Credential=a/20261130/us-east-1/bedrock/aws4_request, SignedHeaders=host, Signature=00",
		"Content-Digest":       "sha-256=:AA==:",
		"X-Amz-Content-Sha256": "00",
	} {
		sent, res := sentBy(t, "/anthropic/v1/messages", askHi, http.Header{name: {value}})
		assert.Equal(t, askHi, sent)
		assert.Contains(t, res.Header.Get(adopt.HeaderUnchanged), name)
	}
	sent, res := sentBy(t, "/anthropic/v1/messages", askHi, http.Header{"Authorization": {"Bearer AWS4-"}})
	assert.NotEqual(t, askHi, sent)
	assert.Empty(t, res.Header.Get(adopt.HeaderUnchanged))
}

// Some servers want the ids of calls back as they gave them: Kimi's name the function.
func TestIDsOfCallsStayTheServers(t *testing.T) {
	const body = `{"model":"kimi-k2","messages":[{"role":"user","content":"Hi"},` +
		`{"role":"assistant","content":"I look.","tool_calls":[{"id":"functions.f:0","type":"function","function":{"name":"f","arguments":"{}"}},{"id":"functions.f:1","type":"function","function":{"name":"f","arguments":"{}"}}]},` +
		`{"role":"tool","tool_call_id":"functions.f:0","content":"one"},{"role":"tool","tool_call_id":"functions.f:1","content":"two"}],` +
		`"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{}}}}]}`
	sent, res := sentBy(t, "/v1/chat/completions", body, http.Header{})
	assert.Equal(t, "0", res.Header.Get(adopt.HeaderLeftOut))
	for _, want := range []string{`"id":"functions.f:0"`, `"id":"functions.f:1"`, `"tool_call_id":"functions.f:0","content":"one"`, `"tool_call_id":"functions.f:1","content":"two"`} {
		assert.Contains(t, sent, want)
	}
}
