package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/jsontext"
	"github.com/quire-dev/quire/providers"
)

// DecodeFailure reads what a server says when it fails: the body of an answer
// with another HTTP status than 200, or, with status 0, a body or an event that
// came with 200 all the same (see [ReportsFailure]). retryAfter is the header of
// that name: seconds, or "" (a date counts as none, since that would need a
// clock); without it the delay that Gemini writes into the body counts. The
// result is never nil.
func DecodeFailure(api quire.API, status int, retryAfter string, body []byte) *providers.Error {
	f, ok := failureIn(body)
	if !ok {
		f.message = strings.TrimSpace(string(body[:min(len(body), 500)]))
	}
	if f.message == "" {
		f.message = "no message"
	}
	e := &providers.Error{Provider: string(api), Status: status, Code: f.codeFor(status), RetryAfter: f.delay}
	if e.Code == providers.CodeTooLong {
		e.Limit = f.limitOf()
	}
	if s, err := strconv.ParseFloat(strings.TrimSpace(retryAfter), 64); err == nil && s > 0 && s < maxDelay.Seconds() {
		e.RetryAfter = time.Duration(s * float64(time.Second))
	}
	text := f.message[:min(len(f.message), maxMessage)]
	if f.typ != "" && status == 0 {
		text = f.typ + ": " + text // there is no status that would say it
	}
	e.Err = errors.New(jsontext.Clean(text))
	return e
}

// maxMessage is how much of a server's words is kept, in bytes; maxDelay the longest
// delay that is believed; maxWrapped how deep a failure may stand in others.
const (
	maxMessage = 4 << 10
	maxDelay   = 1_000_000 * time.Second
	maxWrapped = 8
)

// ReportsFailure says whether a body, or an event of a stream, that came with
// HTTP status 200 is a failure and no reply: some servers and gateways notice
// too late that they can't answer.
func ReportsFailure(body []byte) bool {
	if !bytes.Contains(body, []byte(`"error"`)) && !bytes.Contains(body, []byte(`"blockReason"`)) {
		return false // cheap: this looks at every event of a stream
	}
	_, ok := failureIn(body)
	return ok
}

// failure is what a vendor says, in any of the shapes that vendors use.
type failure struct {
	typ, code, message string
	delay              time.Duration // to wait, 0 when the body doesn't say
	limit              int           // tokens that fit, 0 when the body doesn't say
}

// failureIn reads {"error":{…}}, {"error":"…"}, {"response":{"error":…}}, any of
// these alone in a list (Gemini), Gemini's report of a blocked prompt, and JSON inside a string inside JSON (Ollama).
func failureIn(body []byte) (failure, bool) { return failureWithin(body, maxWrapped) }

func failureWithin(body []byte, depth int) (failure, bool) {
	if depth == 0 {
		return failure{}, false
	}
	var in struct {
		Type     string          `json:"type"`
		Error    json.RawMessage `json:"error"`
		Response json.RawMessage `json:"response"`
		Message  string          `json:"message"`
		Code     json.RawMessage `json:"code"`
		Feedback struct {
			Block   string `json:"blockReason"`
			Message string `json:"blockReasonMessage"`
		} `json:"promptFeedback"`
	}
	var list []json.RawMessage
	if json.Unmarshal(body, &list) == nil && len(list) == 1 {
		return failureWithin(list[0], depth-1)
	}
	if json.Unmarshal(body, &in) != nil {
		return failure{}, false
	}
	switch {
	case isSet(in.Error):
		return failureOf(in.Error, depth), true
	case len(in.Response) > 0 && in.Response[0] == '{':
		return failureWithin(in.Response, depth-1)
	case in.Type == "error" && in.Message != "": // an event of OpenAI's responses
		return failure{code: word(in.Code), message: in.Message}, true
	case in.Feedback.Block != "": // Gemini looks at a prompt before it answers
		return failure{message: strings.TrimSpace("the prompt was blocked: " + in.Feedback.Block + " " + in.Feedback.Message)}, true
	}
	return failure{message: in.Message}, false
}

func failureOf(raw json.RawMessage, depth int) failure {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		if f, ok := failureWithin([]byte(s), depth-1); ok {
			return f
		}
		return failure{message: s}
	}
	var e struct {
		Type    json.RawMessage `json:"type"` // each may be a word or a number
		Status  json.RawMessage `json:"status"`
		Code    json.RawMessage `json:"code"`
		Message string          `json:"message"`
		Window  count           `json:"n_ctx"` // llama-server's
		Details []struct {
			Delay string `json:"retryDelay"`
		} `json:"details"`
	}
	if json.Unmarshal(raw, &e) != nil {
		return failure{message: string(raw)}
	}
	f := failure{typ: firstOf(word(e.Type), word(e.Status)), code: word(e.Code), message: e.Message, limit: int(e.Window)}
	for _, d := range e.Details {
		if after, err := time.ParseDuration(d.Delay); err == nil && after > 0 && after <= maxDelay {
			f.delay = after
		}
	}
	return f
}

func isSet(raw json.RawMessage) bool { return len(raw) > 0 && string(raw) != "null" }

// word returns a code that is written as a string or as a number.
func word(raw json.RawMessage) string {
	if !isSet(raw) {
		return ""
	}
	return strings.Trim(string(raw), `"`)
}
