package modeltest

import (
	"net/http"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers"
)

// Script is what a server, or a model under test, answers: one step for each
// call, in order. A call after the last step is answered with HTTP 500.
type Script []Step

// Step is one answer: a reply, a failure, a body that makes no sense, or none.
type Step struct {
	// Reply is the answer. Its Model, when empty, is that of the request.
	Reply *quire.Reply
	// Fail makes the call fail in the vendor's own way.
	Fail providers.Code
	// Status is the HTTP status of the failure; 0 is the usual one for Fail.
	Status int
	// RetryAfter is sent with a failure, in whole seconds.
	RetryAfter time.Duration
	// Body is sent as it is, with status 200, when it is not empty.
	Body string
	// Hang leaves the call unanswered until the client goes away.
	Hang bool
}

// status returns the HTTP status that vendors use for the step's failure.
func (s Step) status() int {
	if s.Status != 0 {
		return s.Status
	}
	switch s.Fail {
	case "":
		return http.StatusOK
	case providers.CodeRateLimited:
		return http.StatusTooManyRequests
	case providers.CodeAuth:
		return http.StatusUnauthorized
	case providers.CodeTooLong, providers.CodeInvalid, providers.CodeRefused:
		return http.StatusBadRequest
	}
	return http.StatusInternalServerError
}

// message is what the vendor says of the failure.
func (s Step) message() string {
	switch s.Fail {
	case providers.CodeTooLong:
		return "prompt is too long: 1200000 tokens exceed the context length of 1000000"
	case providers.CodeRateLimited:
		return "rate limit reached"
	case providers.CodeAuth:
		return "invalid api key"
	case providers.CodeUnavailable:
		return "overloaded"
	case providers.CodeRefused:
		return "the content is against our policy"
	}
	return "the request failed"
}

// Say is a step that answers with text.
func Say(text string) Step {
	return Step{Reply: &quire.Reply{
		ID: "r1", Parts: []quire.Part{quire.Text{Text: text}}, Stop: quire.StopEnd,
		Usage: quire.Usage{Input: 11, Output: 7},
	}}
}

// Call is a step that answers with calls.
func Call(calls ...quire.ToolCall) Step {
	r := &quire.Reply{ID: "r1", Stop: quire.StopTools, Usage: quire.Usage{Input: 11, Output: 7}}
	for _, c := range calls {
		r.Parts = append(r.Parts, c)
	}
	return Step{Reply: r}
}
