package mailbox

import (
	"bytes"
	"fmt"
	"unicode/utf8"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox/driver"
)

// openStream carries out [Store.OpenStream].
func openStream(tx driver.Write, box quire.Address, o StreamOpen) (driver.StreamAttempt, error) {
	next := driver.StreamAttempt{Stream: o.Stream, Attempt: 1, Holder: o.Holder, Fence: o.Fence, About: bytes.Clone(o.About), Began: instant(o.Now)}
	if err := o.valid(); err != nil {
		return next, err
	}
	if err := fenced(tx, box, o.Fence); err != nil {
		return next, err
	}
	o.setDefaults()
	next.Keep = o.KeepBytes
	numbers, err := tx.StreamNumbers(box)
	if err != nil {
		return next, err
	}
	if n := len(numbers); n > 0 {
		newest := numbers[n-1]
		if newest > o.Stream {
			return next, fmt.Errorf("stream %d: %w: stream %d has begun", o.Stream, ErrStreamEnded, newest)
		}
		if next.Attempt, err = succeed(tx, box, newest, &o); err != nil {
			return next, err
		}
		if newest < o.Stream {
			numbers = append(numbers, o.Stream)
		}
	}
	if n := len(numbers) - o.KeepStreams; n > 0 {
		if err := tx.DropStreams(box, numbers[n]); err != nil {
			return next, err
		}
	}
	return next, tx.PutStreamAttempt(box, &next)
}

func (o *StreamOpen) valid() error {
	switch {
	case o.Stream == 0 || o.Stream >= 1<<63:
		return invalid("a stream's number is %d; 1 to 1<<63-1", o.Stream)
	case len(o.Holder) > maxID || !utf8.ValidString(o.Holder):
		return invalid("a stream's holder has %d bytes; at most %d, of UTF-8", len(o.Holder), maxID)
	case len(o.About) > maxStreamAbout || !utf8.Valid(o.About):
		return invalid("what is said about a stream has %d bytes; at most %d, of UTF-8", len(o.About), maxStreamAbout)
	case !validInstant(o.Now):
		return invalid("the stream's time has the year %d; 1 to 9999 can be stored", o.Now.Year())
	}
	return nil
}

// fenced says whether a producer may write still.
func fenced(tx driver.Write, box quire.Address, fence uint64) error {
	if fence == 0 {
		return nil
	}
	b, err := tx.Box(box)
	if err == nil && fence != b.Fence {
		err = fmt.Errorf("%s has had another owner since (fence %d, the stream's producer has %d): %w", box, b.Fence, fence, ErrLeaseLost)
	}
	return err
}

// succeed ends what is open of the newest stream, and says which attempt of o.Stream
// is the next.
func succeed(tx driver.Write, box quire.Address, newest uint64, o *StreamOpen) (int, error) {
	attempts, err := tx.StreamAttempts(box, newest)
	if err != nil || len(attempts) == 0 {
		return 1, err
	}
	last := &attempts[len(attempts)-1]
	if o.Fence < last.Fence {
		return 0, fmt.Errorf("stream %d has fence %d, its producer %d: %w", newest, last.Fence, o.Fence, ErrLeaseLost)
	}
	same := newest == o.Stream
	if last.End == nil {
		last.End = &driver.StreamEnd{Kind: driver.StreamInterrupted, Reason: "its producer stopped", More: same}
		if err := tx.PutStreamAttempt(box, last); err != nil {
			return 0, err
		}
	}
	if !same {
		return 1, nil
	}
	if !last.End.More {
		return 0, fmt.Errorf("stream %d: %w for good", newest, ErrStreamEnded)
	}
	return last.Attempt + 1, nil
}

// writable finds the attempt that a producer writes to, and all of its stream.
func writable(tx driver.Write, box quire.Address, stream uint64, attempt int, fence uint64) (all []driver.StreamAttempt, at *driver.StreamAttempt, err error) {
	if err := fenced(tx, box, fence); err != nil {
		return nil, nil, err
	}
	if all, err = tx.StreamAttempts(box, stream); err != nil {
		return nil, nil, err
	}
	if attempt < 1 || attempt > len(all) {
		return nil, nil, fmt.Errorf("stream %d, attempt %d: %w", stream, attempt, ErrNotFound)
	}
	if newest := all[len(all)-1].Fence; fence < newest {
		return nil, nil, fmt.Errorf("stream %d has fence %d, its producer %d: %w", stream, newest, fence, ErrLeaseLost)
	}
	return all, &all[attempt-1], nil
}

// appendStream carries out [Store.AppendStream].
func appendStream(tx driver.Write, box quire.Address, a StreamAppend) error {
	if err := a.valid(); err != nil {
		return err
	}
	all, at, err := writable(tx, box, a.Stream, a.Attempt, a.Fence)
	if err != nil {
		return err
	}
	switch {
	case at.End != nil:
		return fmt.Errorf("stream %d, attempt %d: %w", a.Stream, a.Attempt, ErrStreamEnded)
	case a.Offset > at.Next:
		return invalid("chunks at offset %d leave a gap: the next is %d", a.Offset, at.Next)
	case a.Offset < at.First:
		return &goneError{Stream: a.Stream, Attempt: a.Attempt, Offset: at.First}
	}
	fresh, err := repeated(tx, box, at, &a)
	if err != nil || len(fresh) == 0 {
		return err
	}
	for _, c := range fresh {
		if err := tx.PutStreamChunk(box, a.Stream, a.Attempt, at.Next, c); err != nil {
			return err
		}
		at.Next++
		at.Bytes += int64(len(c))
	}
	if err := shrink(tx, box, all, at); err != nil {
		return err
	}
	return tx.PutStreamAttempt(box, at)
}

func (a *StreamAppend) valid() error {
	if len(a.Chunks) > maxAppend {
		return invalid("%d chunks at once; at most %d", len(a.Chunks), maxAppend)
	}
	for i, c := range a.Chunks {
		if len(c) == 0 || len(c) > maxStreamChunk || !utf8.Valid(c) {
			return invalid("chunk %d of %d has %d bytes; 1 to %d, of UTF-8", i+1, len(a.Chunks), len(c), maxStreamChunk)
		}
	}
	return nil
}

// repeated sees that what is there already is the same, and returns the rest.
func repeated(tx driver.Write, box quire.Address, at *driver.StreamAttempt, a *StreamAppend) ([][]byte, error) {
	n := int(min(at.Next-a.Offset, uint64(len(a.Chunks))))
	if n == 0 {
		return a.Chunks, nil
	}
	old, err := tx.StreamChunks(box, a.Stream, a.Attempt, a.Offset, n)
	if err != nil {
		return nil, err
	}
	for i, c := range old {
		if !bytes.Equal(c, a.Chunks[i]) {
			return nil, fmt.Errorf("stream %d, attempt %d has another chunk at offset %d: %w", a.Stream, a.Attempt, a.Offset+uint64(i), ErrConflict)
		}
	}
	return a.Chunks[n:], nil
}

// shrink drops the oldest chunks of a stream while it holds more than it may. at,
// one of all, is put by the caller.
func shrink(tx driver.Write, box quire.Address, all []driver.StreamAttempt, at *driver.StreamAttempt) error {
	excess := -at.Keep
	for i := range all {
		excess += all[i].Bytes
	}
	for i := range all {
		old := &all[i]
		first, last := old.First, old.Next
		if old == at {
			last-- // the newest chunk stays
		}
		for excess > 0 && old.First < last {
			list, err := tx.StreamChunks(box, old.Stream, old.Attempt, old.First, int(min(16, last-old.First)))
			if err != nil {
				return err
			}
			if len(list) == 0 {
				return corrupt("a stream's chunks", fmt.Errorf("none at offset %d of attempt %d", old.First, old.Attempt))
			}
			for _, c := range list {
				if excess <= 0 {
					break
				}
				old.First++
				old.Bytes -= int64(len(c))
				excess -= int64(len(c))
			}
		}
		if old.First == first {
			continue
		}
		if err := tx.DropStreamChunks(box, old.Stream, old.Attempt, old.First); err != nil {
			return err
		}
		if old == at {
			continue
		}
		if err := tx.PutStreamAttempt(box, old); err != nil {
			return err
		}
	}
	return nil
}

// endStream carries out [Store.EndStream].
func endStream(tx driver.Write, box quire.Address, c StreamClose) error {
	switch k := c.End.Kind; {
	case k != driver.StreamDone && k != driver.StreamFailed && k != driver.StreamInterrupted:
		return invalid("a stream's end of kind %q", k)
	case len(c.End.Reason) > maxSubject || !utf8.ValidString(c.End.Reason) || len(c.End.Message) > maxID || !utf8.ValidString(string(c.End.Message)):
		return invalid("the reason of a stream's end has %d bytes; at most %d, of UTF-8", len(c.End.Reason), maxSubject)
	}
	_, at, err := writable(tx, box, c.Stream, c.Attempt, c.Fence)
	if err != nil {
		return err
	}
	if at.End == nil {
		at.End = &c.End
		return tx.PutStreamAttempt(box, at)
	}
	if *at.End == c.End {
		return nil
	}
	return fmt.Errorf("stream %d, attempt %d: %w otherwise", c.Stream, c.Attempt, ErrStreamEnded)
}
