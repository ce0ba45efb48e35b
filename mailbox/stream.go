package mailbox

import (
	"errors"
	"fmt"
	"time"

	"github.com/quire-dev/quire/mailbox/driver"
)

// What streams fail with besides.
var (
	ErrStreamEnded = errors.New("the stream has ended")
	ErrGone        = errors.New("that part of the stream is no longer kept")
)

// goneError says where a stream still can be read from: the one that was asked for, or
// the oldest that is kept.
type goneError StreamRead

func (e *goneError) Error() string {
	return fmt.Sprintf("%v: stream %d is kept from attempt %d, offset %d", ErrGone, e.Stream, e.Attempt, e.Offset)
}

func (e *goneError) Unwrap() error { return ErrGone }

// What one stream's parts may be.
const (
	maxStreamChunk = 64 << 10 // bytes of a chunk
	maxStreamAbout = 8 << 10  // bytes of StreamOpen.About
	maxAppend      = 1000     // chunks
	maxStreamPage  = 1 << 20  // bytes of a page, besides its first chunk
)

// StreamOpen begins an attempt.
type StreamOpen struct {
	Stream uint64    // from 1
	Holder string    // who produces it
	Fence  uint64    // of the address's owner, see [Own]; 0: without one
	About  []byte    // what the producer says of it, for readers; UTF-8, at most 8 KiB
	Now    time.Time // zero: the store's clock

	// What is kept of the address's streams.
	KeepStreams int   // the newest ones; 0: 16
	KeepBytes   int64 // of the chunks of one stream, the newest ones, and at least its last; 0: 1 MiB
}

func (o *StreamOpen) setDefaults() {
	if o.KeepStreams <= 0 {
		o.KeepStreams = 16
	}
	if o.KeepBytes <= 0 {
		o.KeepBytes = 1 << 20
	}
}

// StreamAppend adds chunks to an attempt.
type StreamAppend struct {
	Stream  uint64
	Attempt int
	Fence   uint64
	Offset  uint64   // of the first chunk
	Chunks  [][]byte // UTF-8, each 1 byte to 64 KiB; what they mean is up to the producer
}

// StreamClose ends an attempt.
type StreamClose struct {
	Stream  uint64
	Attempt int
	Fence   uint64
	End     driver.StreamEnd
}

// StreamRead is a position in a stream, and how much to read there. The zero value
// is the beginning of the newest stream.
type StreamRead struct {
	Stream  uint64 // 0: the newest
	Attempt int    // 0: the first
	Offset  uint64
	// Epoch is the one of the page before. When the store was restored from a copy
	// since, the position means nothing any more: that is ErrGone. "": not checked.
	Epoch string
	Limit int // chunks; 0: 256, at most 1,000
}

// StreamPage is what stands at a position.
type StreamPage struct {
	driver.StreamAttempt          // the one that was read
	Offset               uint64   // of the first chunk
	Chunks               [][]byte // may be empty
	Latest               int      // the newest attempt
	Epoch                string
	Last                 *driver.StreamEnd // the attempt's end, when nothing before it is left to read
	Over                 bool              // the stream has ended for good, and nothing of it is left to read
	Read                 StreamRead        // the position behind the page
}
