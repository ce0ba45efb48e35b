package mailbox

import (
	"context"
	"iter"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox/driver"
)

// Streams keep what is being said while it is being said, for readers that come, go and
// come back. What a stream holds is provisional: when it has ended, the mailbox has
// what counts, and a power cut may take back its last chunks. It wakes no
// [Store.Wait] and changes no [quire.State].
//
// An address has one stream at a time, named by a number that its producer chooses
// and that grows: a turn's, say. A stream is a list of attempts, numbered from 1; an
// attempt is a log of chunks at offsets 0, 1, 2 …, with an explicit [StreamEnd].
// What stands at an offset of an attempt never changes, whatever crashes, so that
// readers go by ([StreamRead.Attempt], [StreamRead.Offset]).
//
// Errors are *[Error]: [ErrLeaseLost] when the Fence is older than the attempt's, or
// not that of the address's owner any more (0 is older than all); [ErrStreamEnded]
// when the attempt has ended or a later one has begun; [ErrGone], with
// [Error].Read, for what is no longer kept.

// OpenStream begins the next attempt of a stream, durably. An attempt that is still
// open, of this stream or an earlier one, ends as interrupted; so every attempt gets an
// end once somebody goes on. Opening a stream that ended for good, or one before the
// newest, is [ErrStreamEnded].
func (s *Store) OpenStream(ctx context.Context, addr quire.Address, o StreamOpen) (driver.StreamAttempt, error) {
	if o.Now.IsZero() {
		o.Now = s.o.Clock()
	}
	var a driver.StreamAttempt
	err := s.update(ctx, "open stream", addr, driver.Update{Repeatable: true, Streams: true}, func(w driver.Write, box quire.Address) error {
		err := w.Lock(box)
		if err == nil {
			a, err = openStream(w, box, o)
		}
		return err
	})
	return a, err
}

// AppendStream adds chunks to an attempt, all or none. What is there already is passed
// over if it is the same, and [ErrConflict] if it is not; a gap is [ErrInvalid]. It is
// visible to readers when it returns nil, though a crash may take it back: a producer
// goes by what it appended itself, and begins another attempt where that leaves a gap.
func (s *Store) AppendStream(ctx context.Context, addr quire.Address, a StreamAppend) error {
	return s.update(ctx, "append to stream", addr, driver.Update{Repeatable: true, Streams: true, Lazy: true}, func(w driver.Write, box quire.Address) error {
		return appendStream(w, box, a)
	})
}

// EndStream ends an attempt. The same end again changes nothing. An end that a crash
// takes back comes when somebody goes on.
func (s *Store) EndStream(ctx context.Context, addr quire.Address, c StreamClose) error {
	return s.update(ctx, "end stream", addr, driver.Update{Repeatable: true, Streams: true, Lazy: true}, func(w driver.Write, box quire.Address) error {
		return endStream(w, box, c)
	})
}

// ReadStream reads what there is at a position, which may be nothing.
func (s *Store) ReadStream(ctx context.Context, addr quire.Address, at StreamRead) (StreamPage, error) {
	if err := s.begin(ctx, "read stream", addr, need{addr, RightRead}); err != nil {
		return StreamPage{}, err
	}
	p, err := s.readStream(ctx, addr, at)
	return p, fail("read stream", addr, err)
}

func (s *Store) readStream(ctx context.Context, addr quire.Address, at StreamRead) (p StreamPage, err error) {
	err = s.look(ctx, addr, func(r driver.Read, box quire.Address) error {
		epoch, err := r.Epoch()
		if err == nil {
			p, err = lookStream(r, epoch, box, at)
		}
		return err
	})
	return p, err
}

// WaitStream is ReadStream that blocks while there is neither a chunk nor an end at the
// position, until ctx ends. It is level-triggered and misses nothing. Of a stream that
// has not begun it waits for the beginning.
func (s *Store) WaitStream(ctx context.Context, addr quire.Address, at StreamRead) (StreamPage, error) {
	if err := s.begin(ctx, "wait for stream", addr, need{addr, RightRead}); err != nil {
		return StreamPage{}, err
	}
	p, err := s.waitStream(ctx, addr, at)
	return p, fail("wait for stream", addr, ended(ctx, err))
}

func (s *Store) waitStream(ctx context.Context, addr quire.Address, at StreamRead) (StreamPage, error) {
	watch, err := s.d.Watch(ctx, true)
	if err != nil {
		return StreamPage{}, err
	}
	defer watch.Stop()
	for {
		changed := watch.Next()
		p, err := s.readStream(ctx, addr, at)
		if err != nil || len(p.Chunks) > 0 || p.Last != nil {
			return p, err
		}
		if err := sleep(ctx, changed, pause(time.Time{}, time.Time{}, time.Time{}, watch.Poll)); err != nil {
			return StreamPage{}, err
		}
	}
}

// Follow reads a stream from a position on while it grows, through all its attempts,
// until it is over. A page with Last set is the end of an attempt. After an error it
// yields nothing more; of [ErrGone] [Error].Read says where one can go on.
func (s *Store) Follow(ctx context.Context, addr quire.Address, at StreamRead) iter.Seq2[StreamPage, error] {
	return func(yield func(StreamPage, error) bool) {
		for {
			p, err := s.WaitStream(ctx, addr, at)
			if !yield(p, err) || err != nil || p.Over {
				return
			}
			at = p.Read
		}
	}
}
