package archive

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
)

// maxLine is how long a line may be: a message with all its content.
const maxLine = 256 << 20

// Options say how a file is taken in. The zero value takes it for a claim.
type Options struct {
	// Restore says that the file was made of these very mailboxes: see
	// [mailbox.Import].
	Restore bool
	// To is the mailbox that everything goes to, whatever the file says.
	To quire.Address
}

// Counts are what an import did.
type Counts struct {
	Mailboxes int
	Added     int // messages
	Known     int // messages that were there already
	LeftOut   int // messages that can't be kept
	// Left says which of them, and why: the first 100.
	Left []Left
}

// Left is a message that an import left out.
type Left struct {
	Place int             // its line, or in an mbox its number; from 1
	ID    quire.MessageID // as far as it is known
	Err   error           // why: it wraps [mailbox.ErrInvalid], [mailbox.ErrConflict] or [ErrFormat]
}

// maxLeft is how many messages that were left out are listed.
const maxLeft = 100

// leave counts a message that can't be kept.
func (c *Counts) leave(place int, id quire.MessageID, err error) {
	if c.LeftOut++; len(c.Left) < maxLeft {
		c.Left = append(c.Left, Left{place, id, err})
	}
}

// Import reads what Export wrote into a store, in transactions of a few hundred
// messages. A message of a claim that no store can keep (it is too large, or its id is
// another one's) is left out and counted, and so is one of a restored mailbox that is
// larger than [mailbox.Limits] let it be; all others come in. After an error what came
// before it is there; what is in Counts says how much.
func Import(ctx context.Context, store *mailbox.Store, r io.Reader, options *Options) (Counts, error) {
	im := &importer{ctx: ctx, store: store, r: bufio.NewReaderSize(r, 1<<16)}
	if options != nil {
		im.o = *options
	}
	err := im.run()
	if err != nil {
		err = fmt.Errorf("archive: import, line %d: %w", im.line, err)
	}
	return im.counts, err
}

type importer struct {
	ctx    context.Context
	store  *mailbox.Store
	r      *bufio.Reader
	o      Options
	line   int
	addr   quire.Address
	next   mailbox.Import
	places []int // of next.Deliveries
	bytes  int
	counts Counts
}

func (im *importer) run() error {
	for {
		if err := im.ctx.Err(); err != nil {
			return err
		}
		text, err := im.read()
		if errors.Is(err, io.EOF) {
			return ErrTruncated
		}
		if err != nil {
			return err
		}
		var l line
		if err := json.Unmarshal(text, &l); err != nil {
			return fmt.Errorf("%w: %w", ErrFormat, err)
		}
		if im.line == 1 && l.Quire == 0 {
			return fmt.Errorf("%w: its first line does not say so", ErrFormat)
		}
		if l.End != nil {
			return im.end(l.End.Lines)
		}
		if err := im.take(&l, len(text)); err != nil {
			return err
		}
	}
}

// read reads one line.
func (im *importer) read() ([]byte, error) {
	im.line++
	var text []byte
	for {
		part, err := im.r.ReadSlice('\n')
		text = append(text, part...)
		switch {
		case len(text) > maxLine:
			return nil, fmt.Errorf("%w: a line of more than %d bytes", ErrFormat, maxLine)
		case err == bufio.ErrBufferFull:
			continue
		case err == io.EOF && len(text) > 0:
			return nil, ErrTruncated
		}
		return text, err
	}
}

// take takes one line in.
func (im *importer) take(l *line, size int) error {
	switch {
	case l.Quire > version:
		return ErrNewer
	case l.Quire > 0:
		return nil
	case l.Mailbox != "":
		if err := im.flush(); err != nil {
			return err
		}
		im.counts.Mailboxes++
		if im.addr = l.Mailbox; im.o.To != "" {
			im.addr = im.o.To
		}
		return nil
	case im.addr == "":
		return fmt.Errorf("%w: no mailbox is named", ErrFormat)
	case l.Message != nil:
		d, err := l.Message.imported()
		if err != nil && im.o.Restore {
			return err
		}
		if err != nil {
			im.counts.leave(im.line, "", err)
			return nil
		}
		im.add(d, im.line)
	case l.Receipt != nil:
		im.next.Receipts = append(im.next.Receipts, driver.Receipt{Call: l.Receipt.Call, Time: l.Receipt.Time, Full: l.Receipt.Full, Data: l.Receipt.Data})
	case l.State != nil:
		im.next.NextUID = l.State.NextUID
		state, err := l.State.imported()
		if err != nil {
			return err
		}
		im.next.State = state
		return im.flush()
	default:
		return fmt.Errorf("%w: a line of an unknown kind", ErrFormat)
	}
	if im.bytes += size; len(im.next.Deliveries)+len(im.next.Receipts) < batchMessages && im.bytes < batchBytes {
		return nil
	}
	return im.flush()
}

// add has a message go with the next flush.
func (im *importer) add(d mailbox.Imported, place int) {
	im.next.Deliveries = append(im.next.Deliveries, d)
	im.places = append(im.places, place)
}

// flush hands over what was read.
func (im *importer) flush() error {
	next, places := im.next, im.places
	im.next, im.places, im.bytes = mailbox.Import{}, nil, 0
	if len(next.Deliveries)+len(next.Receipts) == 0 && next.NextUID == 0 {
		return nil
	}
	next.Restore = im.o.Restore
	err := im.put(next)
	if !im.odd(err) {
		return err
	}
	if err := im.halves(next.Deliveries, places); err != nil {
		return err
	}
	next.Deliveries = nil
	return im.put(next)
}

// put hands an import over as it is.
func (im *importer) put(next mailbox.Import) error {
	done, err := im.store.Import(im.ctx, im.addr, next)
	im.counts.Added += done.Added
	im.counts.Known += done.Known
	return err
}

// odd says whether an error is about one message that can be left out.
func (im *importer) odd(err error) bool {
	if im.o.Restore { // what is not as it was is damaged, unless it is only too large
		var e *mailbox.Error
		return errors.As(err, &e) && e.Field != ""
	}
	return errors.Is(err, mailbox.ErrInvalid) || errors.Is(err, mailbox.ErrConflict)
}

// halves hands over what was refused together, half by half, and leaves out what is
// refused by itself.
func (im *importer) halves(list []mailbox.Imported, places []int) error {
	if len(list) == 0 {
		return nil
	}
	if err := im.put(mailbox.Import{Restore: im.o.Restore, Deliveries: list}); !im.odd(err) {
		return err
	} else if len(list) == 1 {
		im.counts.leave(places[0], list[0].Item.ID, err)
		return nil
	}
	half := len(list) / 2
	if err := im.halves(list[:half], places[:half]); err != nil {
		return err
	}
	return im.halves(list[half:], places[half:])
}

// end sees that nothing is missing, and that nothing follows.
func (im *importer) end(lines int) error {
	if lines != im.line-1 {
		return fmt.Errorf("%w: %d lines and not %d", ErrFormat, im.line-1, lines)
	}
	if err := im.flush(); err != nil {
		return err
	}
	rest, err := im.r.Peek(1)
	if len(rest) > 0 && len(bytes.TrimSpace(rest)) > 0 {
		return fmt.Errorf("%w: something follows its end", ErrFormat)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}
