package agent

import (
	"encoding/json"
	"time"

	"github.com/quire-dev/quire"
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
	// What is kept of the address's streams.
	KeepStreams int   // the newest ones; 0: 16
	KeepBytes   int64 // of the pieces of one stream, the newest ones; 0: 1 MiB
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

// StreamAbout is what [driver.StreamAttempt.About] says of an agent's attempt, as JSON.
type StreamAbout struct {
	Turn  uint64            `json:"turn"`
	Call  uint64            `json:"call"` // number of the model call; another attempt of the same call has the same
	Model string            `json:"model,omitzero"`
	Tools bool              `json:"tools,omitzero"` // what the call asked for is run: its chunks are about that
	Mail  []quire.MessageID `json:"mail,omitzero"`  // what the turn began with; of its first call, and at most 64
}

const (
	maxAboutMail = 64      // bounds StreamAbout.Mail
	maxAbout     = 8 << 10 // bytes that a store takes of it
)

// StreamPiece is a chunk of an agent's stream, as JSON: a piece of text or reasoning, a tool
// call that the model has written, or that a call began or ended to run. One of its
// fields is set.
type StreamPiece struct {
	Text      string      `json:"text,omitzero"`
	Reasoning string      `json:"reasoning,omitzero"`
	Call      *StreamCall `json:"call,omitzero"`
	Run       *StreamCall `json:"run,omitzero"`
}

// StreamCall is a tool call in a stream. Of one that runs the id is the committed one, which
// may differ from that of what the model wrote.
type StreamCall struct {
	ID   string `json:"id,omitzero"`
	Name string `json:"name"`
	// Of what the model wrote.
	Args string `json:"args,omitzero"`
	Cut  bool   `json:"cut,omitzero"` // Args were too long: this is their beginning
	// Of what runs.
	Ended  bool `json:"ended,omitzero"`
	Failed bool `json:"failed,omitzero"` // once it ended
}

// maxPiece is how many bytes of text a piece has at most: as JSON they may become six
// times as many, and still fit a chunk.
const maxPiece = 8 << 10

// decodeAbout reads what an attempt says of itself.
func decodeAbout(about []byte) (StreamAbout, error) {
	var s StreamAbout
	err := json.Unmarshal(about, &s)
	return s, err
}
