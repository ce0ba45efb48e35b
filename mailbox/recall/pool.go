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
	"github.com/quire-dev/quire/mailbox/driver"
	"github.com/quire-dev/quire/mailbox/internal/words"
)

const (
	newest     = 2000     // messages that are judged whatever they say
	beside     = 1        // messages on each side of a candidate that are judged with it
	remembered = 64 << 20 // bytes of what is remembered, roughly
	numbered   = 1 << 20  // threads that have a number, at most
	catchUp    = 10       // pages of changes that are read rather than begin anew
	leastLine  = 16       // tokens of a short line on a sheet
	candidates = 40       // of a search, at least, and one for each so many tokens:
	perSearch  = 96
	atOnce     = 500 // messages that are read at once
)

// pool is what a [Recaller] remembers of a mailbox.
type pool struct {
	state   quire.State // of the mailbox when known was right
	known   map[quire.UID]*known
	bytes   int // of known, roughly
	threads map[quire.MessageID]int
	judge   rank.Judge
	model   string // of the vectors
}

// known is what stays true of a message in a mailbox until its flags change.
type known struct {
	uid    quire.UID
	kind   quire.Kind // "": there is none to be found under this number
	number int        // of the judge
	thread int
	text   rank.Text
	from   quire.Address
	sent   time.Time
	size   int // tokens, estimated

	line   string // on a sheet; "": not read
	copied bool   // it holds a sheet: what others say stands in them
	tokens int    // of line; -1: not counted
	vector vector // of pool.model
}

// judged are the messages to choose from, in the mailbox's order; how many messages the
// mailbox holds; and, when that is more, what is known of the others.
func (p *pool) judged(ctx context.Context, r *Recaller, q *Query) ([]*known, int, *rank.Older, error) {
	status, err := p.refresh(ctx, r)
	if err != nil {
		return nil, 0, nil, err
	}
	recent := quire.UID(max(newest, q.Budget/leastLine))
	first := max(status.NextUID, recent+1) - recent
	var older *rank.Older
	var found []*known
	if first > 1 {
		limit := q.Candidates
		if limit <= 0 {
			limit = max(candidates, q.Budget/perSearch)
		}
		older = &rank.Older{}
		c := mailbox.Candidates{Text: q.Text, Below: first, Limit: limit, Known: func(uid quire.UID) bool { return p.known[uid] != nil }}
		judged, err := r.Store.Candidates(ctx, r.Address, c)
		if err != nil {
			return nil, 0, nil, err
		}
		older.Frequency = judged.Frequency
		uids := judged.Known
		for i := range judged.Weights {
			if err := p.add(&judged.Weights[i]); err != nil {
				return nil, 0, nil, err
			}
			uids = append(uids, judged.Weights[i].UID)
		}
		slices.Sort(uids)
		for _, uid := range uids {
			if k := p.known[uid]; k.kind != "" {
				found = append(found, k)
			}
		}
	}
	uids := make([]quire.UID, 0, status.NextUID-min(first, status.NextUID))
	for uid := first; uid < status.NextUID; uid++ {
		uids = append(uids, uid)
	}
	recently, err := p.learn(ctx, r, uids)
	if err != nil {
		return nil, 0, nil, err
	}
	unwanted := func(k *known) bool {
		return len(q.Kinds) > 0 && !slices.Contains(q.Kinds, k.kind) || slices.Contains(q.Without, k.uid)
	}
	found = slices.DeleteFunc(found, unwanted)
	if older != nil {
		older.N = len(found)
	}
	return append(found, slices.DeleteFunc(recently, unwanted)...), status.Total, older, nil
}

// around are some messages and what stands beside them, likewise.
func (p *pool) around(ctx context.Context, r *Recaller, uids []quire.UID) ([]*known, int, error) {
	status, err := p.refresh(ctx, r)
	if err != nil {
		return nil, 0, err
	}
	var near []quire.UID
	for _, uid := range uids {
		for n := max(uid, beside+1) - beside; n <= uid+beside && n < status.NextUID; n++ {
			near = append(near, n)
		}
	}
	slices.Sort(near)
	found, err := p.learn(ctx, r, slices.Compact(near))
	return found, status.Total, err
}

func (p *pool) refresh(ctx context.Context, r *Recaller) (mailbox.Judged, error) {
	status, err := r.Store.Candidates(ctx, r.Address, mailbox.Candidates{})
	if err == nil {
		err = p.forget(ctx, r, status.State)
	}
	return status, err
}

// forget drops what changed in the mailbox, or all when that can't be told, or when too
// much is remembered.
func (p *pool) forget(ctx context.Context, r *Recaller, now quire.State) error {
	for range catchUp {
		if p.known == nil || p.bytes > remembered || p.judge.Len() > 2*len(p.known)+numbered || len(p.threads) > numbered {
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
				p.bytes -= k.bytes()
				delete(p.known, uid)
			}
		}
		if p.state = c.State; !c.More {
			return nil
		}
	}
	p.begin(now)
	return nil
}

// begin remembers nothing, or, when it was too much, the newer half.
func (p *pool) begin(now quire.State) {
	old := *p
	*p = pool{state: now, model: old.model, known: map[quire.UID]*known{}, threads: map[quire.MessageID]int{}}
	if old.state != now || old.bytes <= remembered {
		return
	}
	uids := slices.Sorted(maps.Keys(old.known))
	names := map[int]quire.MessageID{}
	for id, n := range old.threads {
		names[n] = id
	}
	for _, uid := range uids[len(uids)/2:] {
		k := old.known[uid]
		if k.kind != "" {
			k.line, k.tokens = "", -1
			p.number(k, names[k.thread])
		}
		p.bytes += k.bytes()
		p.known[uid] = k
	}
}

// learn reads what is not known yet, and returns what there is.
func (p *pool) learn(ctx context.Context, r *Recaller, uids []quire.UID) ([]*known, error) {
	var missing []quire.UID
	found := make([]*known, 0, len(uids))
	for _, uid := range uids {
		switch k := p.known[uid]; {
		case k == nil:
			missing = append(missing, uid)
		case k.kind != "":
			found = append(found, k)
		}
	}
	if len(missing) == 0 {
		return found, nil
	}
	for chunk := range slices.Chunk(missing, atOnce) {
		judged, err := r.Store.Candidates(ctx, r.Address, mailbox.Candidates{UIDs: chunk})
		if err != nil {
			return nil, err
		}
		for i := range judged.Weights {
			if err := p.add(&judged.Weights[i]); err != nil {
				return nil, err
			}
		}
	}
	for _, uid := range missing {
		if p.known[uid] == nil { // a number of what is gone is never used again
			p.known[uid] = &known{uid: uid}
			p.bytes += p.known[uid].bytes()
		}
	}
	found = found[:0]
	for _, uid := range uids {
		if k := p.known[uid]; k.kind != "" {
			found = append(found, k)
		}
	}
	return found, nil
}

// add remembers a message.
func (p *pool) add(w *driver.Weight) error {
	text, err := rank.Unpack(w.Freq, w.Length)
	if err != nil {
		return fmt.Errorf("%s: %w: %w", w.UID, mailbox.ErrCorrupt, err)
	}
	k := &known{uid: w.UID, kind: w.Kind, text: text, from: w.From.Base(), sent: w.Sent, size: w.Tokens, tokens: -1}
	if k.kind == "" {
		k.kind = quire.KindMail
	}
	p.number(k, w.Thread)
	p.bytes += k.bytes()
	p.known[w.UID] = k
	return nil
}

// number makes a message known to the judge.
func (p *pool) number(k *known, thread quire.MessageID) {
	n, ok := p.threads[thread]
	if !ok {
		n = len(p.threads)
		p.threads[thread] = n
	}
	k.thread = n
	k.number = p.judge.Add(rank.Passage{Text: k.text, Sender: name(k.from), Thread: n, Sent: k.sent})
}

// read reads what messages say, as far as it is not known.
func (p *pool) read(ctx context.Context, r *Recaller, list []*known) error {
	var uids []quire.UID
	for _, k := range list {
		if k.line == "" {
			uids = append(uids, k.uid)
		}
	}
	for chunk := range slices.Chunk(uids, atOnce) {
		items, err := r.Store.Get(ctx, r.Address, mailbox.Get{UIDs: chunk})
		if err != nil {
			return err
		}
		for i := range items {
			text := quire.PlainText(items[i].Parts)
			k := p.known[items[i].UID]
			k.line = fmt.Sprintf("%s %s\n", k.uid, words.Line(text, len(text)+8))
			k.copied = strings.Contains(text, sheetHead[:len(sheetHead)-1])
			p.bytes += len(k.line)
		}
	}
	return nil
}

// bytes is roughly what is remembered of a message: its line, its terms here and in the
// judge, its vector, the rest.
func (k *known) bytes() int { return len(k.line) + 16*k.text.Terms() + len(k.vector.n) + 300 }

// day is the day on which a message was sent, counted from one in 1970.
func (k *known) day() int64 {
	const day = 24 * 60 * 60
	s := k.sent.Unix()
	return (s - ((s%day)+day)%day) / day
}

// date and head stand above a message's line on a sheet.
func (k *known) date(sameYear bool) string {
	if sameYear {
		return k.sent.UTC().Format("[2 January]\n")
	}
	return k.sent.UTC().Format("[2 January 2006]\n")
}
func (k *known) head() string { return string(k.from) + ":\n" }

// name is what people call an address: what stands before its domain.
func name(a quire.Address) string {
	local, _, _ := strings.Cut(string(a.Base()), "@")
	return local
}
