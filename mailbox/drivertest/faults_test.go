package drivertest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
)

// fault is a store that breaks a rule, and the beginning of a rule by which the kit
// must notice.
type fault struct {
	name, rule string
	make       func(b *broken)
}

var faults = []fault{
	{"it forgets which commits there were", "the same commit again", func(b *broken) {
		b.commit = func(b *broken, ctx context.Context, c mailbox.Commit) (mailbox.Committed, error) {
			c.ID = ""
			return b.Store.Commit(ctx, c)
		}
	}},
	{"it does not say that a commit was replayed", "the same commit again", func(b *broken) {
		b.committed = func(c *mailbox.Committed) { c.Replayed = false }
	}},
	{"it takes any content under a used commit id", "another commit under a used id", func(b *broken) {
		b.commit = func(b *broken, ctx context.Context, c mailbox.Commit) (mailbox.Committed, error) {
			done, err := b.Store.Commit(ctx, c)
			if errors.Is(err, mailbox.ErrConflict) && c.ID != "" {
				c.ID = ""
				return b.Store.Commit(ctx, c)
			}
			return done, err
		}
	}},
	{"it applies half of a commit", "a commit is all or nothing", halfCommits},
	{"it applies a commit after its context ended", "a call whose context ends", func(b *broken) {
		b.commit = func(b *broken, ctx context.Context, c mailbox.Commit) (mailbox.Committed, error) {
			if done, err := b.Store.Commit(context.WithoutCancel(ctx), c); err != nil {
				return done, err
			}
			return b.Store.Commit(ctx, c)
		}
	}},
	{"its errors have no place", "a call whose context ends", func(b *broken) {
		b.commit = func(b *broken, ctx context.Context, c mailbox.Commit) (mailbox.Committed, error) {
			done, err := b.Store.Commit(ctx, c)
			if err != nil {
				return done, errors.Unwrap(err)
			}
			return done, nil
		}
	}},
	{"it does not compare revisions", "of two writers", func(b *broken) {
		b.commit = func(b *broken, ctx context.Context, c mailbox.Commit) (mailbox.Committed, error) {
			if s, err := b.Store.Snapshot(ctx, c.Address); err == nil {
				c.Rev = s.Rev
			}
			return b.Store.Commit(ctx, c)
		}
	}},
	{"it compares a revision and writes later", "of many writers on one revision", func(b *broken) {
		b.commit = func(b *broken, ctx context.Context, c mailbox.Commit) (mailbox.Committed, error) {
			b.mu.Lock()
			s, err := b.Store.Snapshot(ctx, c.Address)
			b.n++
			late := b.n%2 == 0 && s.Rev == c.Rev+1 // this one had looked before
			b.mu.Unlock()
			if err == nil && late {
				c.Rev = s.Rev
			}
			return b.Store.Commit(ctx, c)
		}
	}},
	{"mail makes a writer stale", "of two writers", func(b *broken) {
		b.snapshot = func(s *mailbox.Snapshot) { s.Rev += uint64(len(s.State)) }
	}},
	{"the draft says who sent it", "the sender is the address that commits", func(b *broken) {
		b.commit = func(b *broken, ctx context.Context, c mailbox.Commit) (mailbox.Committed, error) {
			for _, d := range c.Sends {
				for _, h := range d.Headers {
					if h.Name == "From" {
						c.Address = quire.Address(h.Value)
					}
				}
			}
			return b.Store.Commit(ctx, c)
		}
	}},
	{"it delivers to each address and not to each mailbox", "there is one delivery for each mailbox", func(b *broken) {
		b.status = func(s *mailbox.Status) { s.Total *= 2 }
	}},
	{"own turns wait", "a turn, result or note", func(b *broken) {
		b.status = func(s *mailbox.Status) { s.Pending = s.Total }
	}},
	{"it cuts subjects at a line's end", "hostile subjects", func(b *broken) {
		b.items = func(items []quire.Item) []quire.Item {
			for i := range items {
				items[i].Subject, _, _ = strings.Cut(items[i].Subject, "\r")
			}
			return items
		}
	}},
	{"its snippets have controls", "hostile subjects", func(b *broken) {
		b.page = func(_ mailbox.Query, p *mailbox.Page) {
			for i := range p.Rows {
				p.Rows[i].Snippet += "\x1b"
			}
		}
	}},
	{"its snippets are beginnings", "a row of a search shows", func(b *broken) {
		b.page = func(q mailbox.Query, p *mailbox.Page) {
			for i := range p.Rows {
				if p.Rows[i].Matches != nil && !q.Plain {
					p.Rows[i].Snippet, p.Rows[i].Matches = "the beginning", nil
				}
			}
		}
	}},
	{"its matches are a byte off", "a row of a search shows", func(b *broken) {
		b.page = func(_ mailbox.Query, p *mailbox.Page) {
			for i := range p.Rows {
				for j := range p.Rows[i].Matches {
					p.Rows[i].Matches[j].From++
				}
			}
		}
	}},
	{"its snippets of a search have controls", "snippets of hostile", func(b *broken) {
		b.page = func(_ mailbox.Query, p *mailbox.Page) {
			for i := range p.Rows {
				if p.Rows[i].Matches != nil {
					p.Rows[i].Snippet += "\u202e"
				}
			}
		}
	}},
	{"it loses what it does not know of a part", "unknown parts", func(b *broken) {
		b.items = func(items []quire.Item) []quire.Item {
			for _, it := range items {
				for i, p := range it.Parts {
					if o, ok := p.(quire.Opaque); ok {
						it.Parts[i] = quire.Opaque{Kind: o.Kind, Raw: []byte(strings.ReplaceAll(string(o.Raw), " ", ""))}
					}
				}
			}
			return items
		}
	}},
	{"it loses the last byte of content", "a message of 50 MB", func(b *broken) {
		b.content = func(c []byte) []byte { return c[:max(0, len(c)-1)] }
	}},
	{"items come by number", "items come in the order asked for", func(b *broken) {
		b.items = func(items []quire.Item) []quire.Item {
			slices.SortFunc(items, func(x, y quire.Item) int { return int(x.UID) - int(y.UID) })
			return items
		}
	}},
	{"it gives a number twice", "what is expunged is gone", func(b *broken) { b.expunge = reuses }},
	{"it expunges what is resident", "what an agent holds", func(b *broken) {
		b.expunge = func(b *broken, ctx context.Context, a quire.Address, uids []quire.UID) (quire.State, error) {
			state, err := b.Store.Expunge(ctx, a, uids)
			if errors.Is(err, mailbox.ErrInUse) {
				return "", nil
			}
			return state, err
		}
	}},
	{"it answers everything to a foreign state", "a state that is not this mailbox's past", func(b *broken) {
		b.changes = func(b *broken, ctx context.Context, a quire.Address, since quire.State, max int) (mailbox.Changes, error) {
			c, err := b.Store.Changes(ctx, a, since, max)
			if errors.Is(err, mailbox.ErrCannotCalculateChanges) {
				return b.Store.Changes(ctx, a, zeroState(b, ctx, a), max)
			}
			return c, err
		}
	}},
	{"a page of changes skips what did not fit", "changes come in pages", func(b *broken) {
		b.changes = func(b *broken, ctx context.Context, a quire.Address, since quire.State, max int) (mailbox.Changes, error) {
			c, err := b.Store.Changes(ctx, a, since, max)
			if s, e := b.Store.Status(ctx, a); e == nil && err == nil {
				c.State, c.More = s.State, false
			}
			return c, err
		}
	}},
	{"a restore keeps the epoch", "a new epoch", func(b *broken) { b.epoch = func() error { return nil } }},
	{"pages are counted from the newest", "pages stay as they were", func(b *broken) {
		b.page = func(q mailbox.Query, p *mailbox.Page) {
			if q.Cursor != "" && len(p.Rows) > 0 {
				p.Rows = p.Rows[1:]
			}
		}
	}},
	{"a search is newest first", "a search orders", func(b *broken) {
		b.page = func(q mailbox.Query, p *mailbox.Page) {
			if q.Text != "" {
				slices.SortFunc(p.Rows, func(x, y mailbox.Row) int { return int(y.UID) - int(x.UID) })
			}
		}
	}},
	{"pending forgets the time", "each filter", func(b *broken) {
		b.page = func(q mailbox.Query, p *mailbox.Page) {
			if q.Pending {
				p.Rows = slices.DeleteFunc(p.Rows, func(r mailbox.Row) bool { return !r.VisibleAt.IsZero() })
			}
		}
	}},
	{"it wakes never", "a wake-up is not lost", func(b *broken) {
		b.wait = func(_ *broken, ctx context.Context, _ quire.Address, _ mailbox.Wait) (mailbox.Woken, error) {
			<-ctx.Done()
			return mailbox.Woken{}, ctx.Err()
		}
	}},
	{"it blocks first and looks then", "mail that comes between", func(b *broken) {
		b.wait = func(b *broken, ctx context.Context, a quire.Address, w mailbox.Wait) (mailbox.Woken, error) {
			w.Now() // the gap
			s, err := b.Store.Status(ctx, a)
			if err != nil {
				return mailbox.Woken{}, err
			}
			w.Since = s.State
			return b.Store.Wait(ctx, a, w)
		}
	}},
	{"own turns wake their author", "mail that comes wakes whoever waits", func(b *broken) {
		b.wait = wakesOnAnything
	}},
	{"a wait handles what it returns", "a wait returns at once", func(b *broken) {
		b.wait = func(b *broken, ctx context.Context, a quire.Address, w mailbox.Wait) (mailbox.Woken, error) {
			woken, err := b.Store.Wait(ctx, a, w)
			b.mu.Lock()
			defer b.mu.Unlock()
			if b.n++; b.n > 1 {
				woken.Matched = false
			}
			return woken, err
		}
	}},
	{"put-off mail wakes nobody", "what becomes visible", func(b *broken) {
		b.wait = func(b *broken, ctx context.Context, a quire.Address, w mailbox.Wait) (mailbox.Woken, error) {
			w.Looked = time.Time{}
			return b.Store.Wait(ctx, a, w)
		}
	}},
	{"journal entries stay", "journal entries", func(b *broken) {
		b.commit = func(b *broken, ctx context.Context, c mailbox.Commit) (mailbox.Committed, error) {
			c.Done = nil
			return b.Store.Commit(ctx, c)
		}
	}},
	{"a snapshot has all own turns again", "a snapshot has what arrived", func(b *broken) {
		b.commit = func(b *broken, ctx context.Context, c mailbox.Commit) (mailbox.Committed, error) {
			if c.Agent != nil {
				s := *c.Agent
				s.Through = 0
				c.Agent = &s
			}
			return b.Store.Commit(ctx, c)
		}
	}},
	{"flags are lost now and then", "random work", func(b *broken) {
		b.commit = func(b *broken, ctx context.Context, c mailbox.Commit) (mailbox.Committed, error) {
			b.mu.Lock()
			defer b.mu.Unlock()
			if b.n++; b.n%40 == 0 {
				c.Flags = nil
			}
			return b.Store.Commit(ctx, c)
		}
	}},
	{"its commit ids cover sends only", "everything in a commit tells it", func(b *broken) {
		b.commit = func(b *broken, ctx context.Context, c mailbox.Commit) (mailbox.Committed, error) {
			done, err := b.Store.Commit(ctx, c)
			if errors.Is(err, mailbox.ErrConflict) && len(c.Sends) == 2 {
				return mailbox.Committed{Replayed: true}, nil
			}
			return done, err
		}
	}},
	{"counts are added and never replaced", "token counts are kept by key", func(b *broken) {
		b.items = func(items []quire.Item) []quire.Item {
			for i := range items {
				if n := len(items[i].Counts); n > 0 {
					items[i].Counts = append(items[i].Counts, items[i].Counts[n-1])
				}
			}
			return items
		}
	}},
	{"a state moves although nothing changed", "flags that are set already", func(b *broken) {
		b.status = func(s *mailbox.Status) {
			b.n++
			s.State += quire.State(strings.Repeat("0", b.n))
		}
	}},
	{"expired mail is pending", "random work", func(b *broken) {
		b.page = func(q mailbox.Query, p *mailbox.Page) {
			if q.Pending {
				p.Rows = slices.DeleteFunc(p.Rows, func(r mailbox.Row) bool { return !r.ValidUntil.IsZero() })
			}
		}
	}},
	{"a collapsed page has the oldest of each thread", "a collapsed page", func(b *broken) {
		b.page = func(q mailbox.Query, p *mailbox.Page) {
			if q.Collapse && len(p.Rows) > 1 {
				p.Rows[0].UID--
			}
		}
	}},
	{"what was handed over stays shared", "what is returned and what was handed over", func(b *broken) {
		kept := map[quire.MessageID]quire.Draft{}
		b.commit = func(b *broken, ctx context.Context, c mailbox.Commit) (mailbox.Committed, error) {
			for _, d := range c.Sends {
				kept[d.ID] = d
			}
			return b.Store.Commit(ctx, c)
		}
		b.items = func(items []quire.Item) []quire.Item {
			for i := range items {
				items[i].Draft = kept[items[i].ID]
			}
			return items
		}
	}},
	{"a blob can be had by its name", "content can be read from mailboxes that refer to it", func(b *broken) {
		b.commit = func(b *broken, ctx context.Context, c mailbox.Commit) (mailbox.Committed, error) {
			done, err := b.Store.Commit(ctx, c)
			if errors.Is(err, mailbox.ErrInvalid) {
				return mailbox.Committed{Sent: make([]mailbox.Sent, len(c.Sends))}, nil
			}
			return done, err
		}
	}},
	{"it takes an acknowledgement whenever it comes", "what a worker sends", func(b *broken) {
		b.commit = func(b *broken, ctx context.Context, c mailbox.Commit) (mailbox.Committed, error) {
			done, err := b.Store.Commit(ctx, c)
			if errors.Is(err, mailbox.ErrLeaseLost) {
				c.Leases = nil
				return b.Store.Commit(ctx, c)
			}
			return done, err
		}
	}},
	{"it bounces nothing", "automatic replies", func(b *broken) {
		b.committed = func(c *mailbox.Committed) {
			for i := range c.Sent {
				c.Sent[i].Bounced = nil
			}
		}
	}},
}

// halfCommits keeps the flags of a commit that fails.
func halfCommits(b *broken) {
	b.commit = func(b *broken, ctx context.Context, c mailbox.Commit) (mailbox.Committed, error) {
		done, err := b.Store.Commit(ctx, c)
		if err != nil && len(c.Flags) > 0 {
			_, _ = b.Store.Commit(ctx, mailbox.Commit{Address: c.Address, Flags: c.Flags[:1], Now: c.Now})
		}
		return done, err
	}
}

// reuses takes the numbers of what comes next from what is gone.
func reuses(b *broken, ctx context.Context, a quire.Address, list []quire.UID) (quire.State, error) {
	state, err := b.Store.Expunge(ctx, a, list)
	b.status = func(s *mailbox.Status) { s.NextUID = 2 }
	return state, err
}

func wakesOnAnything(b *broken, ctx context.Context, a quire.Address, w mailbox.Wait) (mailbox.Woken, error) {
	w.Now()
	for {
		s, err := b.Store.Status(ctx, a)
		if err != nil || s.State != w.Since {
			return mailbox.Woken{State: s.State, Matched: true}, err
		}
		time.Sleep(time.Microsecond)
	}
}

func zeroState(b *broken, ctx context.Context, a quire.Address) quire.State {
	s, err := b.Store.Status(ctx, a)
	if err != nil {
		return ""
	}
	epoch, _, _ := strings.Cut(string(s.State), ":")
	return quire.State(epoch + ":0")
}
