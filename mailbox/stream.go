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

// GoneError says where a stream still can be read from.
type GoneError struct {
	Stream  uint64 // the one that was asked for, or the oldest that is kept
	Attempt int
	Offset  uint64
	Epoch   string // that the position is of; empty in the error of an append
}

// Error says what is left.
func (e *GoneError) Error() string {
	return fmt.Sprintf("%v: stream %d is kept from attempt %d, offset %d", ErrGone, e.Stream, e.Attempt, e.Offset)
}

// Unwrap returns [ErrGone].
func (e *GoneError) Unwrap() error { return ErrGone }

// What one stream's parts may be.
const (
	MaxStreamChunk = 64 << 10 // bytes of a chunk
	MaxStreamAbout = 8 << 10  // bytes of StreamOpen.About
	maxAppend      = 1000     // chunks
	maxStreamPage  = 1 << 20  // bytes of a page, besides its first chunk
)

// StreamOpen begins an attempt.
type StreamOpen struct {
	Stream uint64 // from 1
	Holder string // who produces it
	Fence  uint64 // of the address's owner, see [Own]; 0: without one
	About  []byte // what the producer says of it, for readers; UTF-8, at most MaxStreamAbout bytes
	Keep   StreamKeep
	Now    time.Time // zero: the store's clock
}

// StreamKeep is what is kept of an address's streams.
type StreamKeep struct {
	Streams int   // the newest ones; 0: 16
	Bytes   int64 // of the chunks of one stream, the newest ones, and at least its last; 0: 1 MiB
}

func (k StreamKeep) withDefaults() StreamKeep {
	if k.Streams <= 0 {
		k.Streams = 16
	}
	if k.Bytes <= 0 {
		k.Bytes = 1 << 20
	}
	return k
}

// StreamAppend adds chunks to an attempt.
type StreamAppend struct {
	Stream  uint64
	Attempt int
	Fence   uint64
	Offset  uint64   // of the first chunk
	Chunks  [][]byte // UTF-8, each 1 to MaxStreamChunk bytes; what they mean is up to the producer
}

// StreamClose ends an attempt.
type StreamClose struct {
	Stream  uint64
	Attempt int
	Fence   uint64
	End     StreamEnd
}

// What a store keeps of streams, see package driver.
type (
	StreamAttempt = driver.StreamAttempt
	StreamEnd     = driver.StreamEnd
)

// The ends. Of an attempt that did not end as done nothing counts.
const (
	StreamDone        = driver.StreamDone
	StreamFailed      = driver.StreamFailed
	StreamInterrupted = driver.StreamInterrupted
)

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
	StreamAttempt          // the one that was read
	Offset        uint64   // of the first chunk
	Chunks        [][]byte // may be empty
	Latest        int      // the newest attempt
	Epoch         string
	Last          *StreamEnd // the attempt's end, when nothing before it is left to read
	Read          StreamRead // the position behind the page
}

// Over says whether the stream has ended for good, and all of it was read.
func (p *StreamPage) Over() bool { return p.Last != nil && !p.Last.More }
