package modeltest

import (
	"encoding/json"
	"net/http"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers"
)

func vendors() map[quire.API]vendor {
	chat := vendor{paths: []string{"/chat/completions"}, whole: chatWhole, stream: chatStream, fail: openAIFail}
	return map[quire.API]vendor{
		quire.APIAnthropic:       {paths: []string{"/messages"}, whole: anthropicWhole, stream: anthropicStream, fail: anthropicFail},
		quire.APIOpenAIChat:      chat,
		quire.APIStrict:          chat,
		quire.APIOpenAIResponses: {paths: []string{"/responses"}, whole: responsesWhole, stream: responsesStream, fail: openAIFail},
		quire.APIGemini: {
			paths: []string{":generateContent", ":streamGenerateContent"}, whole: geminiWhole,
			stream: geminiStream, fail: geminiFail, streams: geminiStreams,
		},
		quire.APIOllama: {
			paths: []string{"/api/chat"}, whole: ollamaWhole, stream: ollamaStream, fail: ollamaFail,
			ndjson: true, streams: ollamaStreams,
		},
	}
}

// args returns a call's arguments as JSON: as they are, or as a string.
func args(c quire.ToolCall) any {
	if json.Valid([]byte(c.Args)) {
		return json.RawMessage(c.Args)
	}
	return c.Args
}

func anthropicFail(s Step) []byte {
	typ := map[providers.Code]string{
		providers.CodeRateLimited: "rate_limit_error", providers.CodeAuth: "authentication_error",
		providers.CodeTooLong: "invalid_request_error", providers.CodeInvalid: "invalid_request_error",
		providers.CodeRefused: "invalid_request_error",
	}[s.Fail]
	if typ == "" {
		typ = "api_error"
	}
	if s.status() == 529 {
		typ = "overloaded_error"
	}
	return encode(obj{"type": "error", "error": obj{"type": typ, "message": s.message()}})
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

func ollamaFail(s Step) []byte { return encode(obj{"error": s.message()}) }

// ollamaStreams: Ollama streams unless told not to.
func ollamaStreams(_ *http.Request, body []byte) bool {
	var in struct {
		Stream *bool `json:"stream"`
	}
	return json.Unmarshal(body, &in) == nil && (in.Stream == nil || *in.Stream)
}
