package adopt_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/quire-dev/quire/adopt"
)

// The header says what is in the way and where, and not in the words of the request.
func TestTheReasonQuotesNothing(t *testing.T) {
	const secret = "xylophone"
	long := strings.Repeat(secret+" ", 4000)
	for want, body := range map[string]string{
		"anthropic: the body can't be kept":                       secret,
		"anthropic: messages[0].role can't be kept":               `{"model":"claude-sonnet-4-5","messages":[{"role":"` + secret + `","content":"Hi"}]}`,
		"anthropic: messages[0].content[0].cache_control.ttl can": `{"model":"claude-sonnet-4-5","messages":[{"role":"user","content":[{"type":"text","text":"Hi","cache_control":{"type":"ephemeral","ttl":"` + secret + `"}}]}]}`,
		"it asks the model nothing":                               `{"model":"claude-sonnet-4-5","messages":[]}`,
		"what must stay takes":                                    `{"model":"claude-sonnet-4-5","system":"` + long + `","messages":[{"role":"user","content":"` + secret + `"}]}`,
	} {
		sent, res := sentBy(t, "/v1/messages", body, http.Header{})
		assert.Equal(t, body, sent)
		got := res.Header.Get(adopt.HeaderUnchanged)
		assert.True(t, strings.HasPrefix(got, want), "%q, want %q", got, want)
		assert.NotContains(t, got, secret)
	}
	_, res := sentBy(t, "/v1/messages", askHi, http.Header{"Content-Encoding": {"gzip"}})
	assert.Equal(t, "the request is compressed", res.Header.Get(adopt.HeaderUnchanged))
}

// A client that asks for an hour gets marks of an hour, wherever they stand then.
func TestMarksOfAnHourStayMarksOfAnHour(t *testing.T) {
	const body = `{"model":"claude-sonnet-4-5","max_tokens":9,"messages":[{"role":"user","content":[{"type":"text","text":"Hi","cache_control":{"type":"ephemeral"TTL}}]}]}`
	sent, _ := sentBy(t, "/v1/messages", strings.Replace(body, "TTL", `,"ttl":"1h"`, 1), http.Header{})
	assert.Positive(t, strings.Count(sent, `"cache_control"`))
	assert.Equal(t, strings.Count(sent, `"cache_control"`), strings.Count(sent, `"ttl":"1h"`))
	sent, _ = sentBy(t, "/v1/messages", strings.Replace(body, "TTL", "", 1), http.Header{})
	assert.Contains(t, sent, `"cache_control"`)
	assert.NotContains(t, sent, `"1h"`)
}

// Claude on Vertex is asked by a path of its own, in Anthropic's format without a model.
func TestClaudeOnVertexIsComposed(t *testing.T) {
	const body = `{"anthropic_version":"vertex-2023-10-16","max_tokens":9,"messages":[{"role":"user","content":"Hi"}]}`
	const path = "/v1/projects/p/locations/us-east5/publishers/"
	for _, method := range []string{"rawPredict", "streamRawPredict"} {
		sent, res := sentBy(t, path+"anthropic/models/claude-sonnet-4-5@20250929:"+method, body, http.Header{})
		assert.Equal(t, "0", res.Header.Get(adopt.HeaderLeftOut))
		assert.Contains(t, sent, `"anthropic_version":"vertex-2023-10-16"`)
		assert.NotContains(t, sent, `"model"`)
		assert.Contains(t, sent, `"cache_control"`)
	}
	for _, other := range []string{"mistralai/models/codestral:rawPredict", "anthropic/models/count-tokens:rawPredict"} {
		sent, res := sentBy(t, path+other, body, http.Header{})
		assert.Equal(t, body, sent)
		assert.Empty(t, res.Header.Get(adopt.HeaderUnchanged)+res.Header.Get(adopt.HeaderLeftOut), "nobody's business")
	}
}

// On Bedrock Claude has a path and a way to stream of its own; what is in other formats passes
// unchanged, and says so.
func TestBedrock(t *testing.T) {
	const body = `{"anthropic_version":"bedrock-2023-05-31","max_tokens":9,"messages":[{"role":"user","content":"Hi"}]}`
	for _, path := range []string{"us.anthropic.claude-sonnet-4-5-20250929-v1:0/invoke", "arn:aws:bedrock:us-east-1:1:inference-profile/us.anthropic.claude-sonnet-4-5-20250929-v1:0/invoke-with-response-stream"} {
		sent, res := sentBy(t, "/model/"+path, body, http.Header{"Authorization": {"Bearer a-key"}})
		assert.Equal(t, "0", res.Header.Get(adopt.HeaderLeftOut), path)
		assert.Contains(t, sent, `"anthropic_version":"bedrock-2023-05-31"`)
		assert.NotContains(t, sent, `"model"`)
		assert.Contains(t, sent, `"cache_control"`)
		sent, res = sentBy(t, "/model/"+path, body, http.Header{"Authorization": {"AWS4-HMAC-SHA256 Credential=a"}})
		assert.Equal(t, body, sent)
		assert.Contains(t, res.Header.Get(adopt.HeaderUnchanged), "Authorization")
	}
	for _, path := range []string{"us.anthropic.claude-sonnet-4-5-20250929-v1:0/converse", "amazon.nova-pro-v1:0/converse-stream", "amazon.nova-pro-v1:0/invoke"} {
		sent, res := sentBy(t, "/model/"+path, body, http.Header{})
		assert.Equal(t, body, sent)
		assert.Equal(t, "of Bedrock's formats only Anthropic's can be composed", res.Header.Get(adopt.HeaderUnchanged))
	}
	_, res := sentBy(t, "/invoke", body, http.Header{})
	assert.Empty(t, res.Header.Get(adopt.HeaderUnchanged))
}
