package modeltest

import (
	"encoding/json"
	"net/http"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers"
)

// vendor is what differs between the formats.
type vendor struct {
	paths  []string // what a request's path may end in
	whole  func(r *quire.Reply) []byte
	stream func(w *streamWriter, r *quire.Reply)
	fail   func(s Step) []byte
	// failed is a piece of a stream that says that the server failed.
	failed func(s Step) []byte
	ndjson bool
	stops  []quire.StopReason // that the format has words for, beside those of a good end
	// streams says whether the request asks for a stream; nil: "stream": true.
	streams func(req *http.Request, body []byte) bool
	// counts is what the path of a request ends in that asks for a count; "" for
	// none. count is the answer.
	counts string
	count  func(tokens int) []byte
	// usage returns what of a usage the format has fields for.
	usage func(u quire.Usage) quire.Usage
	// thinker is a model whose reasoning goes back to it, and thinks what it
	// answers then: reasoning beside calls. proofs are the pieces of it that the
	// next request must hold. Without a thinker there are none.
	thinker string
	thinks  []quire.Part
	proofs  []string
}

func vendors() map[quire.API]vendor {
	return map[quire.API]vendor{
		quire.APIAnthropic:       anthropicVendor(),
		quire.APIOpenAIChat:      chatVendor(),
		quire.APIStrict:          strictVendor(),
		quire.APIOpenAIResponses: responsesVendor(),
		quire.APIGemini:          geminiVendor(),
		quire.APIOllama:          ollamaVendor(),
	}
}

// args returns a call's arguments as JSON: as they are, or as a string.
func args(c quire.ToolCall) any {
	if json.Valid([]byte(c.Args)) {
		return json.RawMessage(c.Args)
	}
	return c.Args
}

func openAIFail(s Step) []byte {
	code, typ := any(nil), "invalid_request_error"
	switch s.Fail {
	case providers.CodeTooLong:
		code = "context_length_exceeded"
	case providers.CodeAuth:
		code = "invalid_api_key"
	case providers.CodeRateLimited:
		code, typ = "rate_limit_exceeded", "requests"
	case providers.CodeRefused:
		code = "content_policy_violation"
	case providers.CodeUnavailable:
		typ = "server_error"
	}
	return encode(obj{"error": obj{"message": s.message(), "type": typ, "code": code, "param": nil}})
}
