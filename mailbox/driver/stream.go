package driver

import (
	"time"

	"github.com/quire-dev/quire"
)

// StreamAttempt is an attempt of a stream without its chunks.
type StreamAttempt struct {
	Stream  uint64
	Attempt int // 0: the stream has not begun
	Holder  string
	Fence   uint64
	About   []byte
	Began   time.Time
	First   uint64 // the first offset that is kept
	Next    uint64 // the offset of the next chunk
	Bytes   int64  // of the chunks that are kept
	Keep    int64  // how many bytes of chunks are kept of the stream
	End     *StreamEnd
}

// StreamEnd is how an attempt ended.
type StreamEnd struct {
	Kind    StreamEndKind   `json:"kind"`
	Reason  string          `json:"reason,omitzero"`  // one sentence, unless it is done
	Message quire.MessageID `json:"message,omitzero"` // what it became
	UID     quire.UID       `json:"uid,omitzero"`     // of that message in the address's mailbox
	More    bool            `json:"more,omitzero"`    // the stream goes on with another attempt; else it is over
}

// StreamEndKind says in a word how an attempt ended.
type StreamEndKind string

// The ends. Of an attempt that did not end as done nothing counts.
const (
	StreamDone        StreamEndKind = "done"        // what was said is committed
	StreamFailed      StreamEndKind = "failed"      // it was given up
	StreamInterrupted StreamEndKind = "interrupted" // its producer stopped in the middle
)
