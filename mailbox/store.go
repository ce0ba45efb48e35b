package mailbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox/driver"
)

// Store keeps mailboxes. It is safe for concurrent use, and every method honours its
// context: a cancelled call did all or nothing. Errors are *[Error].
//
// All mail goes by the same rules, whatever keeps it: packages memstore, sqlitestore
// and postgresstore open one in memory, in a file and in a database. Whoever wants to
// keep mail elsewhere, or to stand between a store and what keeps it (to count, to
// trace, to make it fail in a test), writes a [driver.Driver] and calls [New] or [Store.Wrap].
type Store struct {
	d driver.Driver
	o Options
	// Who uses it, and what that one may do; nil rights: all.
	who    quire.Address
	rights Rights
}

// Options say how a store behaves, whatever keeps it. The zero value is ready to use.
type Options struct {
	Rules Rules
	Clock func() time.Time // when a call brings no time; nil: time.Now
}

// New makes a store of what keeps its mail. nil options are the zero ones.
func New(d driver.Driver, options *Options) *Store {
	s := &Store{d: d}
	if options != nil {
		s.o = *options
	}
	s.o.Rules = s.o.Rules.clone()
	if s.o.Clock == nil {
		s.o.Clock = time.Now
	}
	return s
}

// Wrap is the store with something put between it and what keeps the mail: to count, to
// trace, to make it fail in a test. wrap gets the driver and returns another one that
// uses it, most often a struct that embeds it. What goes through s itself does not pass
// it; closing either closes both. A [Store.Commit] that is well-formed is one Update of
// the driver, also when it is a repeat; Expunge, Compact, Import, NewEpoch and streams
// (Update.Streams) are Updates too. A driver knows no rights, so whoever uses a store by
// [Store.As] needs [RightAdmin] of all of it, or gets [ErrForbidden].
func (s *Store) Wrap(wrap func(driver.Driver) driver.Driver) (*Store, error) {
	if err := s.may("wrap", "", need{"", RightAdmin}); err != nil {
		return nil, err
	}
	c := *s
	if c.d = wrap(s.d); c.d == nil {
		return nil, fail("wrap", "", invalid("there is no driver: return the one that is given, or one that uses it"))
	}
	return &c, nil
}

// Within is the store with a time limit for each read: one that hangs fails with
// [context.DeadlineExceeded]. Waits look within it, and wait as long as they like.
func (s *Store) Within(limit time.Duration) *Store {
	c := *s
	c.d = &timely{s.d, limit}
	return &c
}

// timely is a driver whose reads have a time limit.
type timely struct {
	driver.Driver
	limit time.Duration
}

// View implements [driver.Driver].
func (t *timely) View(ctx context.Context, fn func(driver.Read) error) error {
	c, cancel := context.WithTimeout(ctx, t.limit)
	defer cancel()
	err := t.Driver.View(c, fn)
	if err != nil && ctx.Err() == nil && c.Err() != nil {
		return c.Err()
	}
	return err
}

// Close releases the store. What is under way ends first or fails, and waits end with
// [ErrClosed]. Closing again does nothing.
func (s *Store) Close() error {
	if err := s.may("close", "", need{"", RightAdmin}); err != nil {
		return err
	}
	return fail("close", "", s.d.Close())
}

// NewEpoch begins a new epoch: states of before can't be compared any more. It is for
// stores that were restored from an older copy, or repaired by hand.
func (s *Store) NewEpoch(ctx context.Context) error {
	if err := s.may("new epoch", "", need{"", RightAdmin}); err != nil {
		return err
	}
	epoch, err := driver.NewEpoch()
	if err == nil {
		_, err = s.d.Update(ctx, driver.Update{Repeatable: true}, func(w driver.Write) error { return w.SetEpoch(epoch) })
	}
	return fail("new epoch", "", ended(ctx, err))
}

// begin checks what every call has to have checked.
func (s *Store) begin(ctx context.Context, op string, addr quire.Address, needs ...need) error {
	if err := s.may(op, addr, needs...); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return fail(op, addr, err)
	}
	if err := addr.Valid(); err != nil {
		return fail(op, addr, invalid("the address: %w", err))
	}
	return nil
}

// view reads, as of one moment.
func (s *Store) view(ctx context.Context, op string, addr quire.Address, fn func(r driver.Read, box quire.Address) error) error {
	if err := s.begin(ctx, op, addr, need{addr, RightRead}); err != nil {
		return err
	}
	return fail(op, addr, s.look(ctx, addr, fn))
}

// look is view without the checks of each call.
func (s *Store) look(ctx context.Context, addr quire.Address, fn func(r driver.Read, box quire.Address) error) error {
	return ended(ctx, s.d.View(ctx, func(r driver.Read) error { return fn(r, addr.Base()) }))
}

// update writes.
func (s *Store) update(ctx context.Context, op string, addr quire.Address, u driver.Update, fn func(w driver.Write, box quire.Address) error) error {
	if err := s.begin(ctx, op, addr, need{addr, RightAdmin}); err != nil {
		return err
	}
	_, err := s.d.Update(ctx, u, func(w driver.Write) error { return fn(w, addr.Base()) })
	return fail(op, addr, ended(ctx, err))
}

// ended is the error of a call whose context ended: it says so, whatever else was said.
func ended(ctx context.Context, err error) error {
	switch {
	case err == nil || ctx.Err() == nil:
		return err
	case errors.Is(err, ErrOutcomeUnknown):
		return fmt.Errorf("%w: %w", ctx.Err(), err)
	}
	return ctx.Err()
}

// boxNow reads a mailbox, and the epoch that its states are of.
func boxNow(r driver.Read, box quire.Address) (b driver.Box, epoch string, err error) {
	// Some drivers read the epoch with the first mailbox that they read.
	if b, err = r.Box(box); err == nil {
		epoch, err = r.Epoch()
	}
	return b, epoch, err
}

// stateAt is the state of a mailbox at a modseq.
func stateAt(r driver.Read, modseq uint64) (quire.State, error) {
	epoch, err := r.Epoch()
	return formatState(epoch, modseq), err
}

// Commit applies c to the mailbox of c.Address: all of it or nothing, and durably when
// it returns nil. It is idempotent by c.ID: a repeat returns what the first one
// returned, with Replayed set; the same ID with other content is [ErrConflict]. Sends
// are delivered in the same transaction.
func (s *Store) Commit(ctx context.Context, c Commit) (Committed, error) {
	done, err := s.commit(ctx, c)
	if err != nil {
		return Committed{}, fail("commit", c.Address, err)
	}
	return done, nil
}

func (s *Store) commit(ctx context.Context, c Commit) (done Committed, err error) {
	if s.rights != nil {
		err = s.may("commit", c.Address, needs(&c)...)
	}
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return done, err
	}
	p, err := s.o.Rules.prepare(c, s.o.Clock())
	if err != nil {
		return done, err
	}
	repeated, err := s.d.Update(ctx, driver.Update{Repeatable: p.ID != ""}, func(w driver.Write) error {
		boxes, err := p.boxes(w)
		if err == nil {
			err = w.Lock(boxes...)
		}
		if err == nil {
			done, err = s.o.Rules.apply(w, p)
		}
		return err
	})
	if repeated {
		done.Replayed = false // by the driver, which did not know: the caller did not repeat it
	}
	return done, ended(ctx, err)
}

// boxes lists the mailboxes that a commit writes to, as far as is known before.
func (p *prepared) boxes(w driver.Write) ([]quire.Address, error) {
	boxes := []quire.Address{p.Mailbox}
	marked := slices.Clone(p.Retract)
	for i := range p.Drafts {
		boxes = append(boxes, p.Drafts[i].Boxes...)
		marked = append(marked, p.Drafts[i].Supersedes...)
	}
	for _, id := range marked {
		holders, err := w.Holders(id)
		if err != nil {
			return nil, err
		}
		boxes = append(boxes, holders...)
	}
	slices.Sort(boxes)
	return slices.Compact(boxes), nil
}
