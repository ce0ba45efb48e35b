package compose

import (
	"slices"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/calibrate"
	"github.com/quire-dev/quire/internal/render"
	"github.com/quire-dev/quire/internal/resident"
)

// userParts renders a message that somebody sent, in the form that its span has.
func (w *work) userParts(it *quire.Item, sp *resident.Span) []quire.Part {
	switch {
	case w.in.plain != nil:
		return w.plainUser(it, excerpt(sp))
	case it.Kind == quire.KindResult:
		return w.r.Orphan(it, w.bodyTokens(it), excerpt(sp))
	case sp.Form == resident.FormWaiting:
		return w.r.Waiting(it, w.bodyTokens(it), excerpt(sp))
	}
	return w.r.Mail(it, w.bodyTokens(it), excerpt(sp))
}

// turnParts renders an assistant message as it stands under its row's rule for
// reasoning; one that is left with nothing says so.
func (w *work) turnParts(it *quire.Item, ids []string, sp *resident.Span) []quire.Part {
	var parts []quire.Part
	if w.in.plain != nil {
		parts = w.plainTurn(it, ids, sp)
	} else {
		parts = slices.DeleteFunc(render.Turn(it, ids, "", sp), func(p quire.Part) bool {
			r, ok := p.(quire.Reasoning)
			return ok && !w.in.Model.Dialect.Takes(w.in.Model.Name, &r)
		})
	}
	if len(parts) == 0 {
		parts = []quire.Part{quire.Text{Text: "(no answer)"}}
	}
	return parts
}

// bodyTokens is what a handle says of its body's size.
func (w *work) bodyTokens(it *quire.Item) int {
	if w.withheld(it.UID) {
		return 0
	}
	if n, ok := w.memo.bodies[it.ID]; ok {
		return n
	}
	n := 0
	for _, p := range it.Parts {
		n += w.partTokens(p)
	}
	w.memo.bodies[it.ID] = n
	return n
}

func (w *work) partTokens(p quire.Part) int {
	switch p := p.(type) {
	case quire.Text:
		return w.countText(p.Text)
	case quire.Blob: // the rest is taken to be like its beginning and end
		shown := int64(len(p.Head) + len(p.Tail))
		if shown == 0 {
			return 0
		}
		per := float64(w.countText(p.Head)+w.countText(p.Tail)) / float64(shown)
		return int(min(max(per*float64(p.Size), 0), 1<<40)) // stored before stores described what they keep, a size may be anything
	case quire.ToolResult:
		n := 0
		for _, q := range p.Parts {
			n += w.partTokens(q)
		}
		return n
	}
	return 0
}

// textBytes is how much text of a message an excerpt could leave out.
func textBytes(parts []quire.Part) int {
	n := 0
	for _, p := range parts {
		switch p := p.(type) {
		case quire.Text:
			n += len(p.Text)
		case quire.Blob:
			n += len(p.Head) + len(p.Tail)
		case quire.ToolCall:
			n += len(p.Args)
		case quire.ToolResult:
			n += textBytes(p.Parts)
		}
	}
	return n
}

// show renders an entry as prompt messages, once for as long as it stands.
func (w *work) show(e *resident.Entry) (*rendered, error) {
	sig := signature(e)
	if r := w.memo.find(e.Seq); r != nil && r.sig == sig {
		return r, nil
	}
	r := &rendered{seq: e.Seq, sig: sig}
	if err := w.renderEntry(e, r); err != nil {
		return nil, err
	}
	r.hashes = make([]uint64, len(r.msgs))
	for i := range r.msgs {
		r.msgs[i].Seq = e.Seq
		r.hashes[i] = hashMessage(&r.msgs[i])
		r.mix = r.mix.Add(calibrate.MixOf(w.c.framing, r.tokens[i], r.msgs[i].Parts))
	}
	w.memo.entries[e.Seq] = r
	return r, nil
}

func (w *work) renderEntry(e *resident.Entry, r *rendered) error {
	if e.Tombstone != nil {
		r.add(quire.RoleUser, []quire.Part{quire.Text{Text: w.tombstone(e.Tombstone)}}, e.Tombstone.Tokens)
		return nil
	}
	first := &e.Spans[0]
	it, ok := w.item(first.Message)
	if !ok {
		return missingBody(first)
	}
	if first.Role == quire.RoleUser {
		r.add(quire.RoleUser, w.userParts(&it, first), first.Tokens)
		return nil
	}
	r.add(quire.RoleAssistant, w.turnParts(&it, e.CallIDs, first), first.Tokens)
	if w.in.Model.Dialect.ReasoningBound {
		for _, p := range r.msgs[len(r.msgs)-1].Parts {
			if p, ok := p.(quire.Reasoning); ok {
				r.thought += w.count([]quire.Part{p}) - w.c.framing.PerMessage
			}
		}
	}
	if w.in.Model.Dialect.NoticeClears {
		r.msgs[len(r.msgs)-1].Notice = e.Notice
	}
	if len(e.CallIDs) == 0 {
		return nil
	}
	return w.renderResults(e, r)
}

// renderResults puts all the results of a group into one message, in the order
// of the calls.
func (w *work) renderResults(e *resident.Entry, r *rendered) error {
	parts := make([]quire.Part, 0, len(e.CallIDs))
	tokens := 0
	for _, id := range e.CallIDs {
		sp := spanOf(e, id)
		if sp == nil {
			parts = append(parts, quire.ToolResult{CallID: id, Parts: []quire.Part{quire.Text{Text: noResult}}, IsError: true})
			continue
		}
		it, ok := w.item(sp.Message)
		if !ok {
			return missingBody(sp)
		}
		parts = append(parts, w.result(&it, id, sp))
		tokens += sp.Tokens
	}
	r.add(quire.RoleTool, parts, tokens)
	return nil
}

// spanOf finds the result that answers the call shown as id.
func spanOf(e *resident.Entry, id string) *resident.Span {
	for i := 1; i < len(e.Spans); i++ {
		if e.Spans[i].Call == id {
			return &e.Spans[i]
		}
	}
	return nil
}

func excerpt(sp *resident.Span) int {
	if sp.Form == resident.FormExcerpt || sp.Form == resident.FormWaiting {
		return sp.Keep
	}
	return 0
}

func (r *rendered) add(role quire.Role, parts []quire.Part, tokens int) {
	r.msgs = append(r.msgs, quire.PromptMessage{Role: role, Parts: parts})
	r.tokens = append(r.tokens, tokens)
}
