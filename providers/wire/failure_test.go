package wire_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/wire"
)

// failed is a failure that says only words, as OpenAI's format wraps them.
func failed(t *testing.T, status int, words string) *providers.Error {
	t.Helper()
	message, err := json.Marshal(words)
	require.NoError(t, err)
	return wire.DecodeFailure(quire.APIOpenAIChat, status, "", []byte(`{"error":{"message":`+string(message)+`}}`))
}

// TestOverflows: what does not fit is known for it in every vendor's words, and how
// much would.
func TestOverflows(t *testing.T) {
	for words, limit := range map[string]int{
		"prompt is too long: 2000 tokens > 1000 maximum": 1000,
		"input length and `max_tokens` exceed context limit: 900 + 200 > 1000, decrease input length or `max_tokens` and try again": 1000,
		"This model's maximum context length is 1000 tokens. However, your messages resulted in 2000 tokens.":                       1000,
		"The decoder prompt (length 2000) is longer than the maximum model length of 1000.":                                         1000,
		"Your input exceeds the context window of this model. Please adjust your input and try again.":                              0,
		"request (2000 tokens) exceeds the available context size (1000 tokens), try increasing it":                                 1000,
		"the input length exceeds the context length":                                                                               0,
		"The input token count (2000) exceeds the maximum number of tokens allowed (1000).":                                         1000,
		"The input token count is 2000 but model only supports up to 1,000 tokens.":                                                 1000,
		"This model's maximum prompt length is 1000 but the request contains 2000 tokens.":                                          1000,
		"Your request exceeded model token limit: 1000 (requested: 2000)":                                                           1000,
		"Input length 2000 exceeds the maximum allowed input length of 1000 tokens.":                                                1000,
		"Prompt contains 2000 tokens and 0 draft tokens, too large for model with 1000 maximum context length":                      1000,
		"Please reduce the length of the messages or completion. Current length is 2000 while limit is 1000":                        1000,
		"Input is too long for requested model.":                                                                                    0,
		"too many tokens: total number of tokens in the prompt cannot exceed 1000 - received 2000.":                                 1000,
		"Range of input length should be [1, 1000]":                                                                                 0,
		"Prompt exceeds max length":                           0,
		"invalid params, context window exceeds limit (2013)": 0,
		"Input validation error: `inputs` tokens + `max_new_tokens` must be <= 1000. Given: 2000 `inputs` tokens and 9 `max_new_tokens`": 1000,
		"prompt token count of 2000 exceeds the limit of 1000":                                                                           1000,
		"Invalid 'input': string too long. Expected a string with maximum length 10485760, but got a string with length 20000000.":       0,
	} {
		for _, status := range []int{400, 422, 500, 0} {
			e := failed(t, status, words)
			assert.Equal(t, providers.CodeTooLong, e.Code, "%d %s", status, words)
			assert.Equal(t, limit, e.Limit, words)
		}
	}
	for _, body := range []string{
		`{"error":{"code":400,"message":"x","type":"exceed_context_size_error","n_prompt_tokens":2000,"n_ctx":1000}}`,
		`{"error":"{\"error\":{\"code\":400,\"message\":\"x\",\"type\":\"exceed_context_size_error\",\"n_ctx\":1000}}"}`,
	} {
		e := wire.DecodeFailure(quire.APIStrict, 400, "", []byte(body))
		assert.Equal(t, providers.CodeTooLong, e.Code)
		assert.Equal(t, 1000, e.Limit)
	}
}

// TestNoOverflows: what only speaks of tokens, windows and lengths is none.
func TestNoOverflows(t *testing.T) {
	for words, code := range map[string]providers.Code{
		"Too many tokens per minute, please slow down":                                           providers.CodeRateLimited,
		"Rate limit reached for gpt-6 on tokens per min (TPM): Limit 30000, Used 29000":          providers.CodeRateLimited,
		"This request would exceed your organization's rate limit of 40,000 input tokens":        providers.CodeRateLimited,
		"Too many tokens, please wait before trying again.":                                      providers.CodeRateLimited,
		"You have sent too many requests per day":                                                providers.CodeRateLimited,
		"context window: unknown field":                                                          providers.CodeInvalid,
		"The 1M context window is not available for this key's tier, remove the beta header":     providers.CodeInvalid,
		"tools[0].description: must not mention the context length":                              providers.CodeInvalid,
		"max_tokens: 100000 > 64000, which is the maximum allowed number of output tokens":       providers.CodeInvalid,
		"max_output_tokens must be less than the maximum number of tokens, 8192":                 providers.CodeInvalid,
		"Invalid 'input[3].call_id': string too long. Expected a string with maximum length 64.": providers.CodeInvalid,
		"Field x exceeds the maximum. See: input token count.":                                   providers.CodeInvalid,
		"tools.0.name 'billing_lookup' is not allowed":                                           providers.CodeInvalid,
		"safety_settings is no field":                                                            providers.CodeInvalid,
		"rate_limit is no field":                                                                 providers.CodeInvalid,
	} {
		for _, status := range []int{400, 503} {
			want := code
			if status == 503 && code == providers.CodeInvalid {
				want = providers.CodeUnavailable
			}
			assert.Equal(t, want, failed(t, status, words).Code, "%d %s", status, words)
		}
	}
}

// TestFailuresByStructure: words for programs come before those for people.
func TestFailuresByStructure(t *testing.T) {
	for _, c := range []struct {
		status int
		body   string
		code   providers.Code
	}{
		{400, `{"error":{"type":"rate_limit_error","message":"prompt is too long"}}`, providers.CodeRateLimited},
		{400, `{"error":{"code":"context_length_exceeded","message":"slow down"}}`, providers.CodeTooLong},
		{403, `{"error":{"code":403,"message":"google/x requires moderation. Your input was flagged for \"violence\"."}}`, providers.CodeRefused},
		{403, `{"error":{"message":"You have exceeded a secondary rate limit."}}`, providers.CodeRateLimited},
		{403, `{"error":"Your team has either used all available credits or reached its monthly spending limit."}`, providers.CodeOther},
		{403, `<html>no</html>`, providers.CodeAuth},
		{402, `{"error":{"message":"Insufficient Balance"}}`, providers.CodeOther},
		{400, `{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the API."}}`, providers.CodeOther},
		{400, `{"type":"error","error":{"type":"invalid_request_error","message":"Output blocked by content filtering policy"}}`, providers.CodeRefused},
		{400, `{"error":{"code":"invalid_prompt","message":"Invalid prompt: your prompt was flagged."}}`, providers.CodeRefused},
		{400, `{"error":{"code":"data_inspection_failed","message":"x"}}`, providers.CodeRefused},
		{400, `{"error":{"message":"Content Exists Risk","type":"invalid_request_error"}}`, providers.CodeRefused},
		{429, `{"error":{"type":"engine_overloaded_error","message":"The engine is currently overloaded"}}`, providers.CodeUnavailable},
		{429, `{"error":{"type":"exceeded_current_quota_error","message":"Your account is suspended"}}`, providers.CodeOther},
		{500, `{"error":{"code":500,"message":"Jinja Exception: Conversation roles must alternate user/assistant/...","type":"server_error"}}`, providers.CodeInvalid},
		{500, `{"error":{"code":500,"message":"image input is not supported - hint: if this is unexpected, you may need to provide the mmproj","type":"server_error"}}`, providers.CodeInvalid},
		{500, `{"error":{"code":500,"message":"audio input is not supported","type":"server_error"}}`, providers.CodeInvalid},
		{500, `{"error":{"type":"invalid_request_error","message":"unknown parameter"}}`, providers.CodeInvalid},
		{503, `{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}`, providers.CodeUnavailable},
		{500, `{"error":{"message":"host not found"}}`, providers.CodeUnavailable},
		{502, `{"error":{"type":"invalid_request_error","message":"upstream"}}`, providers.CodeUnavailable},
		{409, `{}`, providers.CodeUnavailable},
		{0, `{"error":{"code":429,"message":"x"}}`, providers.CodeRateLimited},
		{0, `{"error":{"code":502,"message":"x"}}`, providers.CodeUnavailable},
		{0, `{"error":{"code":400,"message":"x"}}`, providers.CodeInvalid},
		{0, `{"error":{"code":"401","message":"x"}}`, providers.CodeAuth},
		{0, `{"error":{"type":7,"code":[1],"message":"x"}}`, providers.CodeUnavailable},
	} {
		e := wire.DecodeFailure(quire.APIOpenAIChat, c.status, "", []byte(c.body))
		assert.Equal(t, c.code, e.Code, "%d %s", c.status, c.body)
		assert.Equal(t, c.status, e.Status)
	}
}
