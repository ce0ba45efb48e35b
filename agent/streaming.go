package agent

import (
	"encoding/json"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
)

// Streaming lets others follow a reply while the model makes it, in the store: see
// [mailbox.Store.Follow]. The zero value does not.
//
// A turn has one stream, under the turn's number; each request to the model is an
// attempt of it, and so is each run of its tools, with a [StreamAbout] and [StreamPiece]
// chunks. All of that is
// provisional: an attempt that ends as done names the message that counts. The turn's
// last end has no More. A stream that fails does not fail the turn:
// [StepResult.StreamErr] says so, and Failed hears of it.
type Streaming struct {
	On    bool
	Every time.Duration // pieces are gathered for so long; 0: 100 ms
	Bytes int           // or until so many wait; 0: 4 KiB
	Keep  mailbox.StreamKeep
	// Failed hears what went wrong with the stream, on the caller's goroutine.
	Failed func(error)
	// Tick makes the ticker that Every counts by, and what stops it; nil: [time.NewTicker].
	Tick func(every time.Duration) (ticks <-chan time.Time, stop func())
}

func (s Streaming) filled() Streaming {
	if s.Every <= 0 {
		s.Every = 100 * time.Millisecond
	}
	if s.Bytes <= 0 {
		s.Bytes = 4 << 10
	}
	if s.Tick == nil {
		s.Tick = func(every time.Duration) (<-chan time.Time, func()) {
			t := time.NewTicker(every)
			return t.C, t.Stop
		}
	}
	return s
}

// StreamAbout is what [mailbox.StreamAttempt.About] says of an agent's attempt, as JSON.
type StreamAbout struct {
	Turn  uint64            `json:"turn"`
	Call  uint64            `json:"call"` // number of the model call; another attempt of the same call has the same
	Model string            `json:"model,omitzero"`
	Tools bool              `json:"tools,omitzero"` // what the call asked for is run: its chunks are about that
	Mail  []quire.MessageID `json:"mail,omitzero"`  // what the turn began with; of its first call, and at most 64
}

// maxAboutMail bounds StreamAbout.Mail.
const maxAboutMail = 64

// StreamPiece is a chunk of an agent's stream: a piece of text or reasoning, a tool
// call that the model has written, or that a call began or ended to run. One of its
// fields is set.
type StreamPiece struct {
	Text      string      `json:"text,omitzero"`
	Reasoning string      `json:"reasoning,omitzero"`
	Call      *StreamCall `json:"call,omitzero"`
	Run       *StreamRun  `json:"run,omitzero"`
}

// StreamRun says that a tool call began to run, or that it ended. Its id is the
// committed one.
type StreamRun struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Ended  bool   `json:"ended,omitzero"`
	Failed bool   `json:"failed,omitzero"` // once it ended
}

// StreamCall is a tool call in a stream. Its id may differ from the committed one.
type StreamCall struct {
	ID   string `json:"id,omitzero"`
	Name string `json:"name"`
	Args string `json:"args,omitzero"`
	Cut  bool   `json:"cut,omitzero"` // Args were too long: this is their beginning
}

// maxPiece is how many bytes of text a piece has at most: as JSON they may become six
// times as many, and still fit a chunk.
const maxPiece = 8 << 10

// DecodeStreamPiece reads a chunk of an agent's stream.
func DecodeStreamPiece(chunk []byte) (StreamPiece, error) {
	var p StreamPiece
	err := json.Unmarshal(chunk, &p)
	return p, err
}

// DecodeStreamAbout reads what an attempt says of itself.
func DecodeStreamAbout(about []byte) (StreamAbout, error) {
	var s StreamAbout
	err := json.Unmarshal(about, &s)
	return s, err
}
