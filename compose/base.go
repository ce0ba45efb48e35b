package compose

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/calibrate"
	"github.com/quire-dev/quire/internal/codec"
	"github.com/quire-dev/quire/internal/jsontext"
	"github.com/quire-dev/quire/internal/render"
	"github.com/quire-dev/quire/internal/resident"
	"github.com/quire-dev/quire/policy"
)

// noticeShare is the part of the budget that is kept free for the notice: a
// twentieth, or as much as it takes without a header. It is kept free whether something is pending or not, so that mail
// that arrives never pushes anything out.
const noticeShare = 20

// base settles what stands around the log: system, tools, head and the budget.
func (w *work) base() {
	in := w.in
	p := &w.plan.Prompt
	p.Model, p.System, p.Tools = in.Model.Name, jsontext.Clean(in.System), slices.Clone(in.Tools)
	slices.SortStableFunc(p.Tools, func(a, b quire.Tool) int { return strings.Compare(a.Name, b.Name) })
	p.MaxOutput, p.Thinking, p.CacheKey = in.Model.MaxOutput, in.Model.Thinking, in.CacheKey
	w.fixed = digestFixed(p, in.Model.Dialect.API)
	if w.standIn() {
		// what was counted then counts
	} else if w.memo.fixed != w.fixed {
		w.memo.fixed, w.memo.tokens = w.fixed, w.c.framing.Fixed(w.c.counter, p.System, p.Tools)
		w.memo.content, w.memo.parts = hashContent(p), [2]uint64{hashOf(p.System), hashTools(p.Tools)}
		w.memo.mix = calibrate.MixFixed(w.c.framing, w.memo.tokens, w.c.counter.CountText(p.System), p.Tools)
	}
	w.plan.base = w.memo.tokens
	w.head()
	w.stable = w.digestStable()
	for i := range w.st.set.Head {
		w.plan.base += w.st.set.Head[i].Spans[0].Tokens
	}
	w.plan.Budget = in.budget()
	if in.Notice != nil || in.again != nil && in.again.Noticed {
		bare := render.Notice(&quire.Notice{Pending: 999, Urgent: 99, Tokens: 99_999}, 0, nil)
		w.reserve = max(w.plan.Budget/noticeShare, w.countNotice(bare))
	}
	w.limit = w.calibration().Room(w.plan.Budget, w.confidence())
	if in.plain != nil { // what a report says of another mix does not take all the room
		w.limit = max(w.limit, w.plan.base+(w.plan.Budget-w.plan.base)/4)
	}
	w.limit -= w.less
	w.room = w.limit - w.plan.base - w.reserve
	w.plan.Room = max(0, w.room)
	w.plan.Cold = w.stable != in.State.stable
}

// confidence is that of the bound that holds the budget; a half is no more than the
// estimate, and what of the last report was not believed.
func (w *work) confidence() float64 {
	if w.in.ByEstimate {
		return 0.5
	}
	return w.c.confidence
}

// notify renders the notice, where the row lets it stand.
func (w *work) notify() {
	if w.in.again != nil {
		w.plan.notice = w.in.again.Notice
		w.room -= max(0, w.plan.notice-w.reserve)
		return
	}
	if w.in.Notice == nil || w.inLoop() && !w.in.Model.Dialect.NoticeInLoop {
		return
	}
	n := *w.in.Notice
	n.Void = w.void()
	w.plan.Prompt.Notice = render.Notice(&n, w.reserve, w.countNotice)
	if w.plan.Prompt.Notice != "" {
		w.plan.notice = w.countNotice(w.plan.Prompt.Notice)
		w.room -= max(0, w.plan.notice-w.reserve)
	}
}

// countNotice counts a notice as the message that it stands as.
func (w *work) countNotice(s string) int { return w.countText(s) + w.c.framing.PerMessage }

// digestFixed identifies what stands before the first message.
func digestFixed(p *quire.Prompt, api quire.API) quire.Digest {
	h := sha256.New()
	field := func(s string) {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(s)))
		h.Write(n[:])
		h.Write([]byte(s))
	}
	field(p.Model)
	field(string(api))
	var n [8]byte
	binary.BigEndian.PutUint64(n[:], uint64(p.Thinking))
	h.Write(n[:])
	field(p.System)
	for i := range p.Tools {
		field(p.Tools[i].Name)
		field(p.Tools[i].Description)
		field(string(p.Tools[i].Schema))
	}
	return quire.Digest(h.Sum(nil))
}

// digestStable adds the head to what stands before the first message.
func (w *work) digestStable() quire.Digest {
	if len(w.st.set.Head) == 0 {
		return w.fixed
	}
	b := w.fixed[:]
	for i := range w.st.set.Head {
		sp := &w.st.set.Head[i].Spans[0]
		b = append(b, sp.Digest[:]...)
		b = append(b, sp.Message...)
	}
	return quire.DigestOf(b)
}

// head puts what is pinned by configuration before the log.
func (w *work) head() {
	before := w.in.State.set.Head
	w.st.set.Head = nil
	for i := range w.in.Head {
		it := &w.in.Head[i]
		w.fresh[it.ID] = it
		sp := w.span(it, quire.RoleUser, policy.ClassPinned, codec.PartsDigest(it.Parts)) // whole: it is part of Stable
		sp.Entered, sp.LastUse, sp.Turn = 0, 0, 0
		e := resident.Entry{Seq: headSeq - uint64(i), Spans: []resident.Span{sp}, Render: render.Version}
		if i < len(before) && before[i].Spans[0].Message == sp.Message && before[i].Spans[0].Digest == sp.Digest {
			e.Spans[0].Tokens = before[i].Spans[0].Tokens
		} else {
			e.Spans[0].Tokens = w.count(w.userParts(it, &sp))
		}
		w.st.set.Head = append(w.st.set.Head, e)
	}
}

// headSeq numbers the head's entries downwards from the top, so that they never
// meet the log's.
const headSeq = ^uint64(0)
