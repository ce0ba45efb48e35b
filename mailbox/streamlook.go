package mailbox

import (
	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox/driver"
)

// lookStream carries out [Store.ReadStream].
func lookStream(r driver.ReadStreams, epoch string, box quire.Address, at StreamRead) (StreamPage, error) {
	page := StreamPage{Epoch: epoch, Read: at}
	page.Read.Epoch = epoch
	if at.Attempt < 0 || at.Limit < 0 {
		return page, invalid("attempt %d and limit %d of a stream", at.Attempt, at.Limit)
	}
	numbers, err := r.StreamNumbers(box)
	if err != nil {
		return page, err
	}
	if len(numbers) == 0 {
		return page, begun(at, epoch)
	}
	if at.Stream == 0 {
		at.Stream = numbers[len(numbers)-1]
	}
	page.Stream, page.Read.Stream = at.Stream, at.Stream
	asked := at.Stream
	if at.Stream < numbers[0] {
		at.Stream = numbers[0]
	}
	attempts, err := r.StreamAttempts(box, at.Stream)
	if err != nil {
		return page, err
	}
	if len(attempts) == 0 {
		return page, begun(at, epoch)
	}
	if asked < numbers[0] || at.Epoch != "" && at.Epoch != epoch {
		return page, oldest(attempts, epoch)
	}
	page.Latest = len(attempts)
	return fill(r, box, page, attempts, at)
}

// begun is the answer about a stream that has not begun: none, unless it had where
// the reader comes from.
func begun(at StreamRead, epoch string) error {
	if at.Epoch != "" && at.Epoch != epoch {
		return &goneError{Stream: at.Stream, Attempt: 1, Epoch: epoch}
	}
	return nil
}

// oldest is where a stream can still be read from.
func oldest(attempts []driver.StreamAttempt, epoch string) *goneError {
	for i := range attempts {
		if a := &attempts[i]; a.First < a.Next || a.End == nil || i == len(attempts)-1 {
			return &goneError{Stream: a.Stream, Attempt: a.Attempt, Offset: a.First, Epoch: epoch}
		}
	}
	return nil
}

// fill reads one attempt's part of a page.
func fill(r driver.ReadStreams, box quire.Address, page StreamPage, attempts []driver.StreamAttempt, at StreamRead) (StreamPage, error) {
	if at.Attempt == 0 {
		at.Attempt = 1
	}
	last := &attempts[len(attempts)-1]
	if at.Attempt > last.Attempt && last.End != nil && !last.End.More {
		at.Attempt, at.Offset = last.Attempt, last.Next // past the end is at the end
	}
	page.Read.Attempt, page.Read.Offset = at.Attempt, at.Offset
	page.Offset = at.Offset
	if at.Attempt > last.Attempt {
		return page, nil
	}
	a := attempts[at.Attempt-1]
	page.StreamAttempt = a
	if at.Offset < a.First {
		return page, oldest(attempts[at.Attempt-1:], page.Epoch)
	}
	if at.Offset < a.Next {
		limit := at.Limit
		if limit == 0 {
			limit = 256
		}
		list, err := r.StreamChunks(box, a.Stream, a.Attempt, at.Offset, min(limit, maxRows))
		if err != nil {
			return page, err
		}
		page.Chunks = bounded(list)
	}
	page.Read.Offset += uint64(len(page.Chunks))
	if a.End != nil && page.Read.Offset >= a.Next {
		page.Last, page.Over = a.End, !a.End.More
		if a.End.More {
			page.Read.Attempt, page.Read.Offset = a.Attempt+1, 0
		}
	}
	return page, nil
}

// bounded cuts a page to its size.
func bounded(list [][]byte) [][]byte {
	size := 0
	for i, c := range list {
		if size += len(c); i > 0 && size > maxStreamPage {
			return list[:i]
		}
	}
	return list
}
