package wire

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers"
)

// DecodeFailure reads the body of an answer with an HTTP status of 300 or more.
// retryAfter is the header of that name: seconds, or "" (a date counts as none,
// since that would need a clock). The result is never nil.
func DecodeFailure(api quire.API, status int, retryAfter string, body []byte) *providers.Error {
	e := &providers.Error{Provider: string(api), Status: status, Code: codeOf(status)}
	if s, err := strconv.ParseFloat(strings.TrimSpace(retryAfter), 64); err == nil && s > 0 && s < 1e6 {
		e.RetryAfter = time.Duration(s * float64(time.Second))
	}
	message, code := failureText(body)
	e.Err = errors.New(message)
	if e.Code == providers.CodeInvalid {
		e.Code = refine(strings.ToLower(message + " " + code))
	}
	return e
}

func codeOf(status int) providers.Code {
	switch {
	case status == 401 || status == 403:
		return providers.CodeAuth
	case status == 429:
		return providers.CodeRateLimited
	case status == 413:
		return providers.CodeTooLong
	case status == 408 || status >= 500:
		return providers.CodeUnavailable
	case status >= 400:
		return providers.CodeInvalid
	}
	return providers.CodeOther
}

// refine tells apart what vendors report as one status by what they say.
func refine(said string) providers.Code {
	for _, c := range []struct {
		code  providers.Code
		signs []string
	}{
		{providers.CodeTooLong, []string{
			"context_length_exceeded", "prompt is too long", "context length", "context window",
			"maximum number of tokens", "input token count", "too many tokens", "string_above_max_length",
		}},
		{providers.CodeRefused, []string{"content_policy", "content_filter", "content policy", "safety"}},
		{providers.CodeAuth, []string{"api_key_invalid", "invalid api key", "api key not valid", "invalid_api_key"}},
	} {
		for _, sign := range c.signs {
			if strings.Contains(said, sign) {
				return c.code
			}
		}
	}
	return providers.CodeInvalid
}

// failureText finds what the vendor says, in the shapes that vendors use.
func failureText(body []byte) (message, code string) {
	var in struct {
		Error   json.RawMessage `json:"error"`
		Message string          `json:"message"`
	}
	var detail struct {
		Message string `json:"message"`
		Code    any    `json:"code"`
		Type    string `json:"type"`
		Status  string `json:"status"`
	}
	if json.Unmarshal(body, &in) == nil {
		message = in.Message
		if json.Unmarshal(in.Error, &detail) == nil {
			message = detail.Message
			code, _ = detail.Code.(string)
			code += " " + detail.Type + " " + detail.Status
		} else {
			_ = json.Unmarshal(in.Error, &message) // Ollama: the error is a string
		}
	}
	if message == "" {
		message = strings.TrimSpace(string(body[:min(len(body), 200)]))
	}
	if message == "" {
		message = "no message"
	}
	return quire.Clean(message), code
}
