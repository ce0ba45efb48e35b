package compose

import (
	"fmt"
	"slices"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/codec"
	"github.com/quire-dev/quire/internal/ledger"
	"github.com/quire-dev/quire/internal/render"
	"github.com/quire-dev/quire/internal/resident"
)

// Withhold says that the content of a message must not be sent, since the model's server
// refused a request with it; with on false it may be sent again. From the next plan on
// one line stands in its place, wherever it stands or would enter: its number, its kind
// and its size. A call that was made keeps its name and loses its arguments, so that
// pairs stay pairs. It reports whether that changes anything.
func (s *State) Withhold(uid quire.UID, on bool) bool {
	at, found := slices.BinarySearch(s.withheld, uid)
	if found == on {
		return false
	}
	op := editRelease
	if s.withheld = slices.Clone(s.withheld); on {
		op, s.withheld = editWithhold, slices.Insert(s.withheld, at, uid)
	} else {
		s.withheld = slices.Delete(s.withheld, at, at+1)
	}
	s.edits = append(slices.Clip(s.edits), edit{op, uid})
	return true
}

// restated says whether something else stands for a span than what was stored, or did
// until the last call: it was withheld, or what it shows was.
func (s *State) restated(sp *resident.Span) bool {
	return slices.ContainsFunc(s.withheld, func(uid quire.UID) bool { return showsUID(sp, uid) }) ||
		slices.ContainsFunc(s.edits, func(e edit) bool { return e.Op == editRelease && showsUID(sp, e.UID) })
}

// withheld says whether a message's content must not be sent. The head is configured: it
// is sent as it is.
func (w *work) withheld(uid quire.UID) bool {
	if len(w.st.withheld) == 0 {
		return false
	}
	_, found := slices.BinarySearch(w.st.withheld, uid)
	return found && !slices.ContainsFunc(w.in.Head, func(it quire.Item) bool { return it.UID == uid })
}

// allowed is a message as it may be sent: itself, or what stands for it while it is
// withheld.
func (w *work) allowed(it *quire.Item) *quire.Item {
	if !w.withheld(it.UID) || it.Flags.Has(quire.FlagForgotten) { // which says itself that nothing is left of it
		return it
	}
	as := quire.Item{}
	as.ID, as.UID, as.From, as.Kind, as.Self, as.Trust, as.Hops = it.ID, it.UID, it.From, it.Kind, it.Self, it.Trust, it.Hops
	as.Flags, as.ValidUntil, as.Supersedes, as.Thread = it.Flags, it.ValidUntil, it.Supersedes, it.Thread
	line := quire.Text{Text: "(" + sizeOf(it) + " is held back for now: the model's server refused a request with it.)"} // the number tells two of one size apart
	switch kind(it) {
	case quire.KindTurn:
		as.Parts = append(as.Parts, line)
		for _, p := range it.Parts {
			if c, ok := p.(quire.ToolCall); ok {
				as.Parts = append(as.Parts, quire.ToolCall{ID: c.ID, Name: c.Name, Args: "{}"})
			}
		}
	case quire.KindResult:
		res, _ := render.ResultOf(it)
		line.Text = line.Text[:len(line.Text)-1] + " The tool ran; don't repeat the call for it.)"
		as.Parts = []quire.Part{quire.ToolResult{CallID: res.CallID, Name: res.Name, IsError: res.IsError, Parts: []quire.Part{line}}}
	default:
		as.Parts = []quire.Part{line}
	}
	return &as
}

// sizeOf names what a message is and how large, in nothing that it says itself.
func sizeOf(it *quire.Item) string {
	text, pictures, others := weigh(it.Parts)
	s := fmt.Sprintf("%s, a %s of %d bytes", it.UID, kind(it), text)
	if pictures > 0 {
		s += fmt.Sprintf(" and of %d pictures", pictures)
	}
	if others > 0 {
		s += fmt.Sprintf(" and of %d other parts", others)
	}
	return s + ","
}

func weigh(parts []quire.Part) (text int64, pictures, others int) {
	for _, p := range parts {
		switch p := p.(type) {
		case quire.Text:
			text += int64(len(p.Text))
		case quire.ToolCall:
			text += int64(len(p.Args))
		case quire.Blob:
			text += p.Size
		case quire.Image:
			pictures++
		case quire.ToolResult:
			t, i, o := weigh(p.Parts)
			text, pictures, others = text+t, pictures+i, others+o
		case quire.Reasoning:
		default:
			others++
		}
	}
	return text, pictures, others
}

// digest identifies what stands of a message: its parts, and those messages that it
// shows and that are withheld.
func (w *work) digest(it *quire.Item, role quire.Role) quire.Digest {
	d := codec.PartsDigest(it.Parts)
	if len(w.st.withheld) == 0 || role != quire.RoleTool {
		return resident.Short(d)
	}
	res, _ := render.ResultOf(it)
	b := d[:]
	for _, uid := range shows(res.Parts) {
		if w.withheld(uid) {
			b = append(b, uid.String()...)
		}
	}
	if len(b) == len(d) {
		return resident.Short(d)
	}
	return resident.Short(quire.DigestOf(b))
}

// rewithhold makes what stands follow what was withheld and released since the last plan.
func (w *work) rewithhold() {
	if !slices.ContainsFunc(w.st.edits, withholds) {
		return
	}
	bounds, starts := w.asItWas()
	entries := w.first
	for _, edit := range w.st.edits {
		if !withholds(edit) {
			continue
		}
		for e := range w.st.set.Log {
			for j := range w.st.set.Log[e].Spans {
				if showsUID(&w.st.set.Log[e].Spans[j], edit.UID) {
					w.restate(e, j)
				}
			}
		}
	}
	if w.first < entries && w.first < len(starts) { // a group that changes may keep its first message
		at := starts[w.first]
		w.in.State.ledger = w.in.State.ledger.Recall(w.in.Model.Cache, w.in.Now, bounds, at, at+1)
	}
}

func withholds(e edit) bool { return e.Op == editWithhold || e.Op == editRelease }

// asItWas lays out what stands as the last call had it: where its entries begin, and
// what the ledger is to be asked about it. nil when it can't be read any more.
func (w *work) asItWas() (bounds []ledger.Boundary, starts []int) {
	now := w.st
	for _, e := range slices.Backward(w.st.edits) {
		if withholds(e) {
			w.st.Withhold(e.UID, e.Op == editRelease)
		}
	}
	if err := w.messages(); err == nil {
		w.lay()
		bounds, starts = slices.Clone(w.bounds), slices.Clone(w.starts)
	}
	w.st, w.shown, w.bounds, w.starts, w.msgs = now, nil, nil, nil, nil
	return bounds, starts
}

// restate fits a span anew when what may be sent of it is not what stands.
func (w *work) restate(e, j int) {
	entry := &w.st.set.Log[e]
	it, ok := w.item(entry.Spans[j].Message)
	if !ok || w.digest(&it, entry.Spans[j].Role) == entry.Spans[j].Digest { // a missing body is found when it is rendered
		return
	}
	sp := &w.mutable(e)[j]
	before := sp.Tokens
	if sp.Digest = w.digest(&it, sp.Role); sp.Form == resident.FormStub {
		return
	}
	w.first, w.plan.CutReason = min(w.first, e), "what is withheld changed"
	switch sp.Role {
	case quire.RoleUser:
		w.fitUser(&it, sp, w.allow(w.room*2/shareMail))
	case quire.RoleAssistant:
		w.fitTurn(&it, entry.CallIDs, sp, w.allow(w.room/shareTurn))
		sp.Tokens += w.unknown(entry)
	default:
		w.fitResult(&it, sp, w.allow(w.room*2/shareResults/max(1, len(entry.CallIDs))))
		w.fitStub(&it, sp)
	}
	d := standing(entry, sp)
	switch d.Reason, d.New = "sent again", true; {
	case it.Flags.Has(quire.FlagForgotten):
		d.Reason = "forgotten: its content is gone for good"
	case w.withheld(sp.UID):
		d.Reason = withheldReason
	}
	w.decide(d)
	if w.plan.shrunk == nil {
		w.plan.shrunk = map[quire.UID]int{}
	}
	w.plan.shrunk[sp.UID] += before - sp.Tokens
}

// withheldReason is why a line stands for a message.
const withheldReason = "withheld: the model's server refused a request with it"
