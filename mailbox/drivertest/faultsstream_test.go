package drivertest

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
	"github.com/quire-dev/quire/mailbox/memstore"
)

// brokenStreams is a store in memory that breaks one rule of streams.
type brokenStreams struct {
	*mailbox.Store
	open   func(store, context.Context, mailbox.StreamOpen) (driver.StreamAttempt, error)
	append func(store, context.Context, mailbox.StreamAppend) error
	end    func(store, context.Context, mailbox.StreamClose) error
	page   func(*mailbox.StreamPage, error) error
	wait   func(store, context.Context, mailbox.StreamRead) (mailbox.StreamPage, error)
}

func (b *brokenStreams) OpenStream(ctx context.Context, addr quire.Address, o mailbox.StreamOpen) (driver.StreamAttempt, error) {
	if b.open != nil {
		return b.open(b.Store, ctx, o)
	}
	return b.Store.OpenStream(ctx, addr, o)
}

func (b *brokenStreams) AppendStream(ctx context.Context, addr quire.Address, a mailbox.StreamAppend) error {
	if b.append != nil {
		return b.append(b.Store, ctx, a)
	}
	return b.Store.AppendStream(ctx, addr, a)
}

func (b *brokenStreams) EndStream(ctx context.Context, addr quire.Address, c mailbox.StreamClose) error {
	if b.end != nil {
		return b.end(b.Store, ctx, c)
	}
	return b.Store.EndStream(ctx, addr, c)
}

func (b *brokenStreams) ReadStream(ctx context.Context, addr quire.Address, r mailbox.StreamRead) (mailbox.StreamPage, error) {
	p, err := b.Store.ReadStream(ctx, addr, r)
	if b.page != nil {
		err = b.page(&p, err)
	}
	return p, err
}

func (b *brokenStreams) WaitStream(ctx context.Context, addr quire.Address, r mailbox.StreamRead) (mailbox.StreamPage, error) {
	if b.wait != nil {
		return b.wait(b.Store, ctx, r)
	}
	return b.Store.WaitStream(ctx, addr, r)
}

var streamFaults = []struct {
	name string
	rule string // the case that must notice, by its beginning
	make func(b *brokenStreams)
}{
	{"it forgets what is said about an attempt", "what is appended", func(b *brokenStreams) {
		b.page = func(p *mailbox.StreamPage, err error) error { p.About = nil; return err }
	}},
	{"it says the end before the last chunk", "what is appended", func(b *brokenStreams) {
		b.page = func(p *mailbox.StreamPage, err error) error { p.Last = p.End; return err }
	}},
	{"it appends what is there already once more", "a repeated append", func(b *brokenStreams) {
		b.append = func(s store, ctx context.Context, a mailbox.StreamAppend) error {
			p, err := s.ReadStream(ctx, "ada", mailbox.StreamRead{Stream: a.Stream, Attempt: a.Attempt})
			if err == nil && a.Offset < p.Next {
				a.Offset = p.Next
			}
			return s.AppendStream(ctx, "ada", a)
		}
	}},
	{"it keeps the first of two chunks at an offset and says nothing", "a repeated append", func(b *brokenStreams) {
		b.append = func(s store, ctx context.Context, a mailbox.StreamAppend) error {
			if err := s.AppendStream(ctx, "ada", a); !errors.Is(err, mailbox.ErrConflict) {
				return err
			}
			return nil
		}
	}},
	{"it takes another end", "nothing is added after the end", func(b *brokenStreams) {
		b.end = func(s store, ctx context.Context, c mailbox.StreamClose) error {
			if err := s.EndStream(ctx, "ada", c); !errors.Is(err, mailbox.ErrStreamEnded) {
				return err
			}
			return nil
		}
	}},
	{"it ends what is interrupted without a word", "the next attempt ends", func(b *brokenStreams) {
		b.page = func(p *mailbox.StreamPage, err error) error {
			if p.Last != nil && p.Last.Kind == driver.StreamInterrupted {
				p.Last = nil
			}
			return err
		}
	}},
	{"it does not look at fences", "who lost the address", func(b *brokenStreams) {
		b.append = func(s store, ctx context.Context, a mailbox.StreamAppend) error {
			if err := s.AppendStream(ctx, "ada", a); !errors.Is(err, mailbox.ErrLeaseLost) {
				return err
			}
			return nil
		}
	}},
	{"it keeps nothing and calls it empty", "what is no longer kept", func(b *brokenStreams) {
		b.page = func(_ *mailbox.StreamPage, err error) error {
			if errors.Is(err, mailbox.ErrGone) {
				return nil
			}
			return err
		}
	}},
	{"it keeps everything", "what is no longer kept", func(b *brokenStreams) {
		b.open = func(s store, ctx context.Context, o mailbox.StreamOpen) (driver.StreamAttempt, error) {
			o.KeepStreams, o.KeepBytes = 1000, 1<<40
			return s.OpenStream(ctx, "ada", o)
		}
	}},
	{"it takes positions of another epoch", "a position of another epoch", func(b *brokenStreams) {
		b.page = func(_ *mailbox.StreamPage, err error) error {
			if errors.Is(err, mailbox.ErrGone) {
				return nil
			}
			return err
		}
	}},
	{"it appends the part of a batch that it can", "an append is whole or nothing", func(b *brokenStreams) {
		b.append = func(s store, ctx context.Context, a mailbox.StreamAppend) error {
			err := s.AppendStream(ctx, "ada", a)
			if err != nil {
				a.Chunks = a.Chunks[:1]
				_ = s.AppendStream(ctx, "ada", a)
			}
			return err
		}
	}},
	{"it cuts texts at NUL", "an append is whole or nothing", func(b *brokenStreams) {
		b.page = func(p *mailbox.StreamPage, err error) error {
			for i, c := range p.Chunks {
				p.Chunks[i], _, _ = bytes.Cut(c, []byte{0})
			}
			return err
		}
	}},
	{"its pages overlap", "a page is bounded", func(b *brokenStreams) {
		b.page = func(p *mailbox.StreamPage, err error) error {
			if p.Last == nil {
				p.Read.Offset--
			}
			return err
		}
	}},
	{"it does not wait", "a reader waits", func(b *brokenStreams) {
		b.wait = func(s store, ctx context.Context, r mailbox.StreamRead) (mailbox.StreamPage, error) {
			return s.ReadStream(ctx, "ada", r)
		}
	}},
	{"it waits only for what comes after the wait began", "no chunk is missed", func(b *brokenStreams) {
		b.wait = func(s store, ctx context.Context, r mailbox.StreamRead) (mailbox.StreamPage, error) {
			before, err := s.ReadStream(ctx, "ada", r)
			for err == nil {
				var p mailbox.StreamPage
				p, err = s.ReadStream(ctx, "ada", r)
				if len(p.Chunks) > len(before.Chunks) || err != nil {
					return p, err
				}
				select {
				case <-ctx.Done():
					err = ctx.Err()
				case <-time.After(time.Millisecond):
				}
			}
			return before, err
		}
	}},
	{"it does not see that its context ended", "a wait for a stream ends", func(b *brokenStreams) {
		b.wait = func(s store, ctx context.Context, r mailbox.StreamRead) (mailbox.StreamPage, error) {
			p, err := s.WaitStream(ctx, "ada", r)
			if errors.Is(err, context.Canceled) {
				err = nil
			}
			return p, err
		}
	}},
	{"it sends its chunks as mail", "a stream leaves the mailbox as it is", func(b *brokenStreams) {
		b.append = func(s store, ctx context.Context, a mailbox.StreamAppend) error {
			_, _ = s.Commit(ctx, mailbox.Commit{Address: "mia", Sends: []quire.Draft{{ID: "chunk", To: []quire.Address{"ada"}}}})
			return s.AppendStream(ctx, "ada", a)
		}
	}},
	{"it leaves a chunk out now and then", "producers that take over", func(b *brokenStreams) {
		var n atomic.Int32
		b.wait = func(s store, ctx context.Context, r mailbox.StreamRead) (mailbox.StreamPage, error) {
			p, err := s.WaitStream(ctx, "ada", r)
			if len(p.Chunks) > 0 && n.Add(1)%7 == 3 {
				p.Chunks = p.Chunks[1:]
			}
			return p, err
		}
	}},
}

func TestTheKitNoticesBrokenStreams(t *testing.T) {
	for _, f := range streamFaults {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			found := false
			for _, c := range slices.Concat(streamCases, streamWaitCases) {
				if !strings.HasPrefix(c.rule, f.rule) {
					continue
				}
				found = true
				c.patience = 2 * time.Second
				err := c.check(t, func(*testing.T) store {
					b := &brokenStreams{Store: memstore.New(nil)}
					f.make(b)
					return b
				})
				assert.Error(t, err, "the rule %q holds a store to nothing: %s", c.rule, f.name)
				t.Log(err)
			}
			assert.True(t, found, "there is no rule %q", f.rule)
		})
	}
}
