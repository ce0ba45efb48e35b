// Package providers holds what quire needs of a model, whoever serves it: [Model],
// its extensions [Streamer], [TokenCounter] and [Profiled], and the [Error] with which all of
// them fail.
//
// Package providers/wire makes and reads the bytes of each provider's format,
// providers/promptcheck says whether a request is one that it takes,
// providers/scripted is a model for tests, providers/modeltest tests a model of
// one's own, and the module providers/langchainmodel adapts langchaingo's clients.
package providers

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/models"
)

// Model answers prompts. Implementations are safe for concurrent use;
// [github.com/quire-dev/quire/providers/modeltest] tests them.
type Model interface {
	// Generate sends the prompt and waits for the whole reply. It keeps no
	// reference to p and does not modify it. Cancelling ctx ends the call with
	// ctx's error and leaves nothing running. Every other error is, or wraps,
	// an *Error.
	Generate(ctx context.Context, p *quire.Prompt) (*quire.Reply, error)
}

// Streamer is a Model that can hand over its reply while it is being made.
type Streamer interface {
	Model
	// Stream yields deltas; the last one carries the whole Reply, equal to
	// what Generate would return. After an error it yields nothing more.
	// Breaking out of the loop cancels the call.
	Stream(ctx context.Context, p *quire.Prompt) iter.Seq2[quire.Delta, error]
}

// Profiled is a Model that says what is known of it: the adapters do. Composers and
// agents then need not be told.
type Profiled interface {
	Model
	Profile() models.Profile
}

// TokenCounter is a Model whose provider counts a prompt exactly.
type TokenCounter interface {
	Model
	// CountTokens returns the input tokens of p as the provider counts them. Where
	// the provider can't count after all (in one of its formats, say), the error
	// wraps [errors.ErrUnsupported], and asking again is no use.
	CountTokens(ctx context.Context, p *quire.Prompt) (int, error)
}

// Encoding is the version of what the encoders of this module send. It is raised when they
// send something else for the same prompt: what a server refused before, it may take then.
const Encoding = 1

// Code says what kind of failure an [Error] is: what a caller should do next.
type Code string

// The codes.
const (
	CodeTooLong     Code = "too-long"     // the prompt does not fit the window
	CodeRateLimited Code = "rate-limited" // try again after RetryAfter
	CodeAuth        Code = "auth"         // the key is missing or not accepted
	CodeUnavailable Code = "unavailable"  // the server failed or can't be reached; try again
	CodeRefused     Code = "refused"      // the provider declined to answer
	CodeInvalid     Code = "invalid"      // the request is not one that this model takes
	CodeBadReply    Code = "bad-reply"    // the reply can't be read
	CodeOther       Code = "other"
)

// Error is how a Model fails.
type Error struct {
	Provider   string
	Code       Code
	Status     int           // of HTTP; 0 when there was none
	RetryAfter time.Duration // 0 when the provider did not say
	Limit      int           // tokens that fit, of a CodeTooLong; 0 when the provider did not say
	Err        error
}

// Error says who failed, how, and what the cause was.
func (e *Error) Error() string {
	s := fmt.Sprintf("%s: %s", e.Provider, e.Code)
	if e.Status != 0 {
		s += fmt.Sprintf(" (HTTP %d)", e.Status)
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	if e.RetryAfter > 0 {
		s += fmt.Sprintf("; retry in %s", e.RetryAfter)
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Stream streams m's reply, or, where m can't, yields it as one delta.
func Stream(ctx context.Context, m Model, p *quire.Prompt) iter.Seq2[quire.Delta, error] {
	if s, ok := m.(Streamer); ok {
		return s.Stream(ctx, p)
	}
	return func(yield func(quire.Delta, error) bool) {
		r, err := m.Generate(ctx, p)
		if err != nil {
			yield(quire.Delta{}, err)
			return
		}
		yield(quire.Delta{Reply: r}, nil)
	}
}
