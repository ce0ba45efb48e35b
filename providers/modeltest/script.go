package modeltest

import (
	"bytes"
	"fmt"
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
	// Reply is the answer. Its Model, when empty, is that of the request. Bytes
	// in its texts that are no UTF-8 are sent as they are.
	Reply *quire.Reply
	// Fault is what goes wrong with the reply while it is sent.
	Fault Fault
	// Fail makes the call fail in the vendor's own way: instead of a reply, or,
	// with FaultError, in the middle of one.
	Fail providers.Code
	// Status is the HTTP status of the failure; 0 is the usual one for Fail.
	Status int
	// RetryAfter is sent with a failure: in whole seconds, or, where it is not
	// whole, in milliseconds.
	RetryAfter time.Duration
	// Header is sent with the answer, above what the server would send.
	Header map[string]string
	// Body is sent as it is, with status 200, when it is not empty.
	Body string
	// Hang leaves the call unanswered until the client goes away.
	Hang bool
	// Count answers a request that asks only how many tokens a prompt has.
	Count int
	// Want are texts that the request's body must hold, Avoid those that it must
	// not; a body that does otherwise is answered with an HTTP 400 that says so.
	Want, Avoid []string

	says string // in place of the vendor's usual words
	raw  string // the answer as it is sent; Reply or Fail is what it means
}

// Fault is what goes wrong with a reply. Faults of a stream come after about
// half of its events; those of a whole reply after half of its bytes.
type Fault string

// The faults.
const (
	FaultCut     Fault = "cut"     // the connection breaks
	FaultHalf    Fault = "half"    // the answer ends in good order in the middle of an event
	FaultStall   Fault = "stall"   // nothing more comes until the client goes away
	FaultError   Fault = "error"   // the server says, under status 200, that it failed: Step.Fail says how
	FaultGarbage Fault = "garbage" // nonsense follows the end
	FaultDead    Fault = "dead"    // the connection dies before the first byte of an answer
)

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

// objection says what of Want and Avoid a body does not keep; "" for nothing.
func (s Step) objection(body []byte) string {
	for _, want := range s.Want {
		if !bytes.Contains(body, []byte(want)) {
			return fmt.Sprintf("modeltest: the request does not hold %q", want)
		}
	}
	for _, avoid := range s.Avoid {
		if bytes.Contains(body, []byte(avoid)) {
			return fmt.Sprintf("modeltest: the request holds %q", avoid)
		}
	}
	return ""
}

// message is what the vendor says of the failure.
func (s Step) message() string {
	if s.says != "" {
		return s.says
	}
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
