package mailbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/quire-dev/quire"
)

// Streams is a Store that keeps what is being said while it is being said, for
// readers that come, go and come back. What a stream holds is provisional: when it
// has ended, the mailbox has what counts, and a power cut may take back its last
// chunks. It wakes no [Waiter] and changes no [quire.State].
//
// An address has one stream at a time, named by a number that its producer chooses
// and that grows: a turn's, say. A stream is a list of attempts, numbered from 1; an
// attempt is a log of chunks at offsets 0, 1, 2 …, with an explicit [StreamEnd].
// What stands at an offset of an attempt never changes, whatever crashes, so that
// readers go by ([StreamRead.Attempt], [StreamRead.Offset]).
//
// Errors are *[Error]: [ErrLeaseLost] when the Fence is older than the attempt's, or
// not that of the address's owner any more (0 is older than all); [ErrStreamEnded]
// when the attempt has ended or a later one has begun; [ErrGone] with a *[GoneError]
// for what is no longer kept.
type Streams interface {
	Store

	// OpenStream begins the next attempt of a stream, durably. An attempt that is
	// still open, of this stream or an earlier one, ends as interrupted; so every
	// attempt gets an end once somebody goes on. Opening a stream that ended for
	// good, or one before the newest, is ErrStreamEnded.
	OpenStream(ctx context.Context, addr quire.Address, o StreamOpen) (StreamAttempt, error)

	// AppendStream adds chunks to an attempt, all or none. What is there already is
	// passed over if it is the same, and ErrConflict if it is not; a gap is
	// ErrInvalid. It is visible to readers when it returns nil, though a crash may
	// take it back: a producer goes by what it appended itself, and begins another
	// attempt where that leaves a gap.
	AppendStream(ctx context.Context, addr quire.Address, a StreamAppend) error

	// EndStream ends an attempt. The same end again changes nothing.
	EndStream(ctx context.Context, addr quire.Address, c StreamClose) error

	// ReadStream reads what there is at a position, which may be nothing.
	ReadStream(ctx context.Context, addr quire.Address, r StreamRead) (StreamPage, error)

	// WaitStream is ReadStream that blocks while there is neither a chunk nor an
	// end at the position, until ctx ends. It is level-triggered and misses
	// nothing. Of a stream that has not begun it waits for the beginning.
	WaitStream(ctx context.Context, addr quire.Address, r StreamRead) (StreamPage, error)
}

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

// StreamAttempt is an attempt without its chunks.
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
	Keep    int64  // [StreamKeep.Bytes]
	End     *StreamEnd
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
