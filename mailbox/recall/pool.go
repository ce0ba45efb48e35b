package recall

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/rank"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/internal/words"
)

const (
	newest     = 2000     // messages that are judged whatever they say
	beside     = 1        // messages on each side of a candidate that are judged with it
	remembered = 64 << 20 // bytes of what is remembered, roughly
	numbered   = 1 << 20  // terms and threads that have a number, at most
	catchUp    = 10       // pages of changes that are read rather than begin anew
	leastLine  = 16       // tokens of a short line on a sheet
	candidates = 50       // of a search, at least, and one for each so many tokens:
	perSearch  = 64
)

// pool is what a [Recaller] remembers of a mailbox.
type pool struct {
	state   quire.State // of the mailbox when known was right
	known   map[quire.UID]*known
	bytes   int // of known, roughly
	threads map[quire.MessageID]int
	judge   rank.Judge
}

// known is what stays true of a message in a mailbox until its flags change.
type known struct {
	uid     quire.UID
	kind    quire.Kind // "": there is none to be found under this number
	passage rank.Passage
	date    string // the line above it on a sheet
	from    string // and the one under that
	line    string
	tokens  int       // of line; -1: not counted
	vector  []float32 // nil: not asked for
}

// judged are the messages to choose from, in the mailbox's order, and how many
// messages the mailbox holds.
func (p *pool) judged(ctx context.Context, r *Recaller, q *Query) ([]*known, int, error) {
	status, err := p.refresh(ctx, r)
	if err != nil {
		return nil, 0, err
	}
	uids, err := p.candidates(ctx, r, q, status.NextUID)
	if err != nil {
		return nil, 0, err
	}
	found, err := p.learn(ctx, r, uids)
	return slices.DeleteFunc(found, func(k *known) bool {
		return len(q.Kinds) > 0 && !slices.Contains(q.Kinds, k.kind) || slices.Contains(q.Without, k.uid)
	}), status.Total, err
}

// around are some messages and what stands beside them, likewise.
func (p *pool) around(ctx context.Context, r *Recaller, uids []quire.UID) ([]*known, int, error) {
	status, err := p.refresh(ctx, r)
	if err != nil {
		return nil, 0, err
	}
	var near []quire.UID
	for _, uid := range uids {
		near = appendBeside(near, uid, status.NextUID)
	}
	slices.Sort(near)
	found, err := p.learn(ctx, r, slices.Compact(near))
	return found, status.Total, err
}

// appendBeside appends a message and those beside it, below next.
func appendBeside(list []quire.UID, uid, next quire.UID) []quire.UID {
	for near := max(uid, beside+1) - beside; near <= uid+beside && near < next; near++ {
		list = append(list, near)
	}
	return list
}

func (p *pool) refresh(ctx context.Context, r *Recaller) (mailbox.Status, error) {
	status, err := r.Store.Status(ctx, r.Address)
	if err == nil {
		err = p.forget(ctx, r, status.State)
	}
	return status, err
}

// forget drops what changed in the mailbox, or all when that can't be told.
func (p *pool) forget(ctx context.Context, r *Recaller, now quire.State) error {
	if p.known != nil && p.bytes > remembered {
		p.shrink()
	}
	for range catchUp {
		if p.known == nil || p.bytes > remembered || p.judge.Terms() > numbered || len(p.threads) > numbered {
			break
		}
		if p.state == now {
			return nil
		}
		c, err := r.Store.Changes(ctx, r.Address, p.state, 0)
		if errors.Is(err, mailbox.ErrCannotCalculateChanges) {
			break
		}
		if err != nil {
			return err
		}
		for _, uid := range slices.Concat(c.Updated, c.Destroyed) {
			if k := p.known[uid]; k != nil {
				p.bytes -= k.size()
				delete(p.known, uid)
			}
		}
		if p.state = c.State; !c.More {
			return nil
		}
	}
	*p = pool{state: now, known: map[quire.UID]*known{}, threads: map[quire.MessageID]int{}}
	return nil
}

// shrink forgets the older half of what is remembered.
func (p *pool) shrink() {
	uids := slices.Sorted(maps.Keys(p.known))
	for _, uid := range uids[:len(uids)/2] {
		p.bytes -= p.known[uid].size()
		delete(p.known, uid)
	}
}

// candidates are the newest messages and, of the older ones, what a search finds and
// what stands beside it; in order. The more a budget may hold, the more they are.
func (p *pool) candidates(ctx context.Context, r *Recaller, q *Query, next quire.UID) ([]quire.UID, error) {
	recent := quire.UID(max(newest, q.Budget/leastLine))
	first := max(next, recent+1) - recent
	var uids []quire.UID
	if first > 1 {
		limit := q.Candidates
		if limit <= 0 {
			limit = max(candidates, q.Budget/perSearch)
		}
		page, err := r.Store.Query(ctx, r.Address, mailbox.Query{Text: q.Text, Kinds: q.Kinds, Limit: limit, Below: first, Now: q.Now, Plain: true})
		if err != nil {
			return nil, err
		}
		for i := range page.Rows {
			uids = appendBeside(uids, page.Rows[i].UID, first)
		}
		slices.Sort(uids)
		uids = slices.Compact(uids)
	}
	for uid := first; uid < next; uid++ {
		uids = append(uids, uid)
	}
	return uids, nil
}

// learn reads what is not known yet, and returns what there is.
func (p *pool) learn(ctx context.Context, r *Recaller, uids []quire.UID) ([]*known, error) {
	var missing []quire.UID
	for _, uid := range uids {
		if p.known[uid] == nil {
			missing = append(missing, uid)
		}
	}
	for chunk := range slices.Chunk(missing, 500) {
		items, err := r.Store.Get(ctx, r.Address, mailbox.Get{UIDs: chunk})
		if err != nil {
			return nil, err
		}
		for i := range items {
			p.add(&items[i])
		}
	}
	for _, uid := range missing {
		if p.known[uid] == nil { // a number of what is gone is never used again
			p.known[uid] = &known{uid: uid}
			p.bytes += p.known[uid].size()
		}
	}
	found := make([]*known, 0, len(uids))
	for _, uid := range uids {
		if k := p.known[uid]; k.kind != "" {
			found = append(found, k)
		}
	}
	return found, nil
}

// add remembers a message.
func (p *pool) add(it *quire.Item) {
	if it.Flags&(quire.FlagRetracted|quire.FlagSuperseded|quire.FlagHeld) != 0 {
		return
	}
	thread, ok := p.threads[it.Thread]
	if !ok {
		thread = len(p.threads)
		p.threads[it.Thread] = thread
	}
	text := quire.PlainText(it.Parts)
	k := &known{
		uid: it.UID, kind: it.Kind, date: dateLine(it.Sent), from: fmt.Sprintf("%s:\n", it.From.Base()), tokens: -1,
		line:    fmt.Sprintf("%s %s\n", it.UID, words.Line(text, len(text)+8)),
		passage: rank.Passage{Text: p.judge.Read(words.Text(it.Subject, text)), Sender: name(it.From), Thread: thread, Sent: it.Sent},
	}
	if k.kind == "" {
		k.kind = quire.KindMail
	}
	p.bytes += k.size()
	p.known[it.UID] = k
}

// size is roughly what is remembered of a message: its line, its terms, its vector, the
// rest.
func (k *known) size() int { return 3*len(k.line) + 4*len(k.vector) + 200 }

// name is what people call an address: what stands before its domain.
func name(a quire.Address) string {
	local, _, _ := strings.Cut(string(a.Base()), "@")
	return local
}

func dateLine(sent time.Time) string { return sent.UTC().Format("[2 January 2006]\n") }
