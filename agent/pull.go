package agent

import (
	"errors"
	"fmt"
	"slices"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/internal/codec"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/policy"
)

// maxPull is how many messages one pull may name.
const maxPull = 16

// pieceOverlap is the bytes that two pieces of a message share, so that no sentence is
// cut in both.
const pieceOverlap = 200

// maxRange is how many bytes of stored content one pull shows: half of what a store
// keeps inside a message, since more would be stored apart again, and shown in part.
const maxRange = 32 << 10

type pullArgs struct {
	UIDs uidList `json:"uids"`
	From int64   `json:"from"`
	To   int64   `json:"to"`
}

func (in *pullArgs) valid() error {
	switch {
	case len(in.UIDs) == 0:
		return errNoUIDs
	case len(in.UIDs) > maxPull:
		return fmt.Errorf("at most %d messages in one call", maxPull)
	case in.From < 0 || in.To < 0 || in.To > 0 && in.To <= in.From:
		return errors.New("from and to are byte positions, from before to; leave both out for all")
	case (in.From > 0 || in.To > 0) && len(in.UIDs) > 1:
		return errors.New("a range goes with one message")
	}
	return nil
}

// pull is context_pull: its result shows messages, by reference.
func (d *desk) pull(in pullArgs) ([]quire.Part, error) {
	if err := in.valid(); err != nil {
		return nil, err
	}
	items, err := d.get(in.UIDs)
	if err != nil {
		return nil, err
	}
	var parts, brief []quire.Part // brief says as little of refusals as can be
	var last *quire.Item          // that is shown
	failed := 0
	for _, uid := range in.UIDs {
		i := slices.IndexFunc(items, func(it quire.Item) bool { return it.UID == uid })
		if i < 0 {
			failed++
			parts = append(parts, say("There is no message %s in this mailbox.", uid)...)
			brief = append(brief, parts[len(parts)-1])
			continue
		}
		d.pulls = parts // what was refused takes room too
		shown, ok, err := d.pullOne(&items[i], in.From, in.To)
		if err != nil {
			return nil, err
		}
		if parts = append(parts, shown...); ok {
			last, brief = &items[i], append(brief, shown...)
		} else {
			failed++
			brief = append(brief, say("%s takes %d tokens and does not fit beside it.", uid, d.need)...)
		}
	}
	if last != nil && failed > 0 { // what was refused after it was not in its quote
		return d.withRefused(last, parts, brief)
	}
	if failed == len(in.UIDs) {
		return nil, errors.New(quire.PlainText(parts))
	}
	return parts, nil
}

// withRefused is a result that shows something, though not all that was asked for. It
// says why, unless just that would push out what stays.
func (d *desk) withRefused(last *quire.Item, parts, brief []quire.Part) ([]quire.Part, error) {
	for _, said := range [][]quire.Part{parts, brief} {
		d.pulls = said
		leaves, err := d.quote(last, nil)
		if err == nil {
			return append(said, leaves...), d.err
		}
	}
	return brief, d.err
}

// pullOne shows one message, or says why it can't; ok is false then.
func (d *desk) pullOne(it *quire.Item, from, to int64) (parts []quire.Part, ok bool, err error) {
	uid, ranged := it.UID, from > 0 || to > 0
	switch {
	case ranged || !contains(d.got, uid) && !d.whole(uid):
		return d.bring(it, from, to)
	case contains(d.got, uid):
		return say("%s is above.", uid), true, nil
	case !contains(d.leave, uid):
		if parts, ok := d.above(it); ok || d.err != nil {
			return parts, ok, d.err
		}
	}
	before := d.m.state
	if len(d.besides(uid)) == 0 {
		d.m.state.Drop(uid, true) // it leaves for what this step pulled before: so it comes anew
	}
	if parts, ok, err = d.bring(it, 0, 0); !ok {
		d.m.state = before
	}
	return parts, ok, err
}

// bring shows a message that does not stand, or a part of it.
func (d *desk) bring(it *quire.Item, from, to int64) (parts []quire.Part, ok bool, err error) {
	uid, ranged := it.UID, from > 0 || to > 0
	size, tokens, err := d.size(it)
	if err != nil {
		return nil, false, err
	}
	if ranged && from >= size {
		return say("%s has %d bytes: from %d is behind its end.", uid, size, from), false, nil
	}
	need := tokens
	end := size
	if ranged {
		if to > 0 {
			end = min(to, size)
		}
		need = int(int64(tokens) * (end - from) / max(size, 1))
	}
	if d.need = need; need > d.room {
		fits := int64(max(d.room, 0)) * size / int64(max(tokens, 1)) * 9 / 10
		if parts, ok := d.piece(it, ranged, fits, size, need, d.room); ok {
			return parts, true, d.err
		}
		if fits < 200 {
			return d.refuse("%s does not fit now: it takes about %d tokens and there is no room for more in this step. Drop something or end your turn first.", uid, need), false, nil
		}
		return d.refuse("%s does not fit: this takes about %d tokens, %d are free for pulls. It has %d bytes; pull a part of it with from=%d to=%d.", uid, need, max(d.room, 0), size, from, from+fits), false, nil
	}
	shown := []quire.Part{quire.Ref{Message: it.ID, UID: uid, Part: quire.PartAll, From: from, To: to, Digest: codec.PartsDigest(it.Parts)}}
	if ranged && slices.ContainsFunc(it.Parts, isBlob) {
		end = min(end, from+maxRange)
		if shown, err = d.cutOut(it, from, end); err != nil {
			return nil, false, err
		}
	}
	if ranged && end < size {
		next := end - min(pieceOverlap, (end-from)/8)
		shown = append(shown, say("It has %d bytes; for more, pull a part of it with from=%d to=%d.", size, next, next+(end-from))...)
	}
	if !ranged {
		shown = append(shown, d.newer(it)...)
	}
	leaves, err := d.quote(it, shown)
	var full *compose.RoomError
	if errors.As(err, &full) && !full.Never {
		d.full = full
		if parts, ok := d.piece(it, ranged, pieceOf(size, full.Tokens, full.Room), size, full.Tokens, full.Room); ok {
			return parts, true, d.err
		}
	}
	if refused := d.noRoom(uid, from, end, size, err); refused != nil {
		return refused, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	if d.room -= need; !ranged {
		d.got = append(d.got, uid)
	}
	d.shown(it)
	return append(shown, leaves...), true, nil
}

// above keeps what stands in full, and says so; false when it would leave all the same,
// for what this step pulled before: then it has to be shown again.
func (d *desk) above(it *quire.Item) ([]quire.Part, bool) {
	before, said := d.m.state, say("%s is above.", it.UID)
	d.m.state.Drop(it.UID, false)
	q, _ := d.ask(it, slices.Concat(d.pulls, said))
	if d.err != nil || slices.ContainsFunc(append(d.besides(it.UID), it.UID), func(uid quire.UID) bool { return contains(q.Displaced, uid) }) {
		d.m.state = before
		return nil, false
	}
	leaves, _ := d.quote(it, said) // it stands already, so that nothing refuses it
	d.shown(it)
	return append(said, leaves...), d.err == nil
}

// quote says what else of this turn leaves for what this call pulls, if anything does,
// or gives the [compose.RoomError] of what can't be shown whole. A quote that can't be made for another reason is no reason to refuse what
// there is room for.
func (d *desk) quote(it *quire.Item, shown []quire.Part) ([]quire.Part, error) {
	pulls := slices.Concat(d.pulls, shown)
	q, err := d.ask(it, pulls)
	leave := d.leaving(nil, q)
	for n := 0; err == nil && len(leave) > n; { // saying so takes room too, for which more may leave
		n = len(leave)
		q, err = d.ask(it, slices.Concat(pulls, leaves(leave)))
		leave = d.leaving(leave, q)
	}
	var full *compose.RoomError
	if d.err != nil || errors.As(err, &full) {
		return nil, err
	}
	said := leaves(leave)
	d.leave = append(d.leave, leave...)
	if err == nil {
		d.quotes = append(d.quotes, q)
	}
	return said, nil
}

// ask quotes the next call with the parts as the result of this one.
func (d *desk) ask(it *quire.Item, parts []quire.Part) (compose.Quote, error) {
	a := d.a
	arrived := append([]quire.Item{d.turn}, d.did...)
	needs := append(d.m.state.Needs(), it.UID)
	for _, p := range parts {
		if ref, ok := p.(quire.Ref); ok {
			needs = append(needs, ref.UID)
		}
	}
	needs = append(needs, shownBy(arrived)...)
	if err := a.bodies.load(d.ctx, a.mail, a.o.Address, needs, []quire.Item{*it}); err != nil {
		d.err = err
		return compose.Quote{}, err
	}
	in := compose.Input{State: d.m.state, Now: d.m.now, Arrived: arrived, Body: a.bodies.get, Model: a.model().Profile, System: a.system, Tools: a.shown,
		Head: a.o.Head, Notice: &quire.Notice{}, Budget: a.allowed(d.m), Next: d.m.host.wakeAt(), Scratch: a.memo, CacheKey: a.cacheKey()}
	return a.o.Composer.Quote(in, parts...)
}

// leaving adds to leave which other pulls of this turn leave for one; the agent is told
// of each once.
func (d *desk) leaving(leave []quire.UID, q compose.Quote) []quire.UID {
	for _, uid := range q.Displaced {
		if !contains(d.leave, uid) && !contains(leave, uid) {
			leave = append(leave, uid)
		}
	}
	return leave
}

// leaves tells of them.
func leaves(leave []quire.UID) []quire.Part {
	if len(leave) == 0 {
		return nil
	}
	return say("For it, %s leaves your context: both do not fit. Pulled again it stays, and this one leaves.", numbers(leave))
}

// shown notes that the message's body was shown to the agent. What was handled already
// is not changed by that: a change would let go of it, see [compose.Input].
func (d *desk) shown(it *quire.Item) {
	if !it.Self && d.flags[it.UID].VisibleAt == nil && !it.Flags.Has(quire.FlagHandled) {
		d.flags.set(it.UID, quire.FlagPulled)
	}
}

// whole says whether the message stands in the context in full.
func (d *desk) whole(uid quire.UID) bool {
	if !d.loaded { // a step that a crash cut off finds nothing in memory
		d.loaded = true
		if err := d.a.bodies.load(d.ctx, d.a.mail, d.a.o.Address, d.m.state.Needs(), nil); err != nil {
			d.err = err
		}
	}
	return d.m.state.Resident(uid) && slices.ContainsFunc(d.m.state.Items(), func(s compose.Standing) bool {
		return s.Fate == compose.FateIn && s.Class != policy.ClassPinned && (s.UID == uid || contains(s.Shows, uid) && d.showsAll(s.Message, uid))
	})
}

// showsAll says whether a pull's result shows all of a message, and not a range.
func (d *desk) showsAll(result quire.MessageID, uid quire.UID) bool {
	it, ok := d.a.bodies.get(result)
	if !ok {
		return false
	}
	for _, p := range it.Parts {
		res, _ := p.(quire.ToolResult)
		for _, q := range res.Parts {
			if ref, ok := q.(quire.Ref); ok && ref.UID == uid && ref.Part == quire.PartAll && ref.From == 0 && ref.To == 0 {
				return true
			}
		}
	}
	return false
}

// size is the message's bytes of text, as ranges count them, and its tokens.
func (d *desk) size(it *quire.Item) (bytes int64, tokens int, err error) {
	q := mailbox.Query{Above: it.UID - 1, Below: it.UID + 1, Limit: 1, Now: d.m.now}
	page, err := d.a.mail.Query(d.ctx, d.a.o.Address, q)
	if err != nil {
		d.err = err
		return 0, 0, err
	}
	if len(page.Rows) > 0 {
		tokens = page.Rows[0].Tokens
	}
	for _, s := range segments(it.Parts) {
		bytes += s.size() + 1
	}
	return max(bytes-1, 0), max(tokens, 1), nil
}

func isRef(p quire.Part) bool {
	_, ok := p.(quire.Ref)
	return ok
}
