package compose

import (
	"encoding/binary"
	"slices"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/ledger"
)

// messages renders what is resident, and finds out early what can't be read.
func (w *work) messages() error {
	w.shown = make([]*rendered, len(w.st.set.Head)+len(w.st.set.Log))
	return w.render()
}

// render renders the entries of head and log that are not rendered yet.
func (w *work) render() error {
	heads := len(w.st.set.Head)
	for i, r := range w.shown {
		if r != nil {
			continue
		}
		e := &w.st.set.Head
		if i >= heads {
			e = &w.st.set.Log
			i -= heads
		}
		shown, err := w.show(&(*e)[i])
		if err != nil {
			return err
		}
		if e == &w.st.set.Log {
			i += heads
		}
		w.shown[i] = shown
	}
	return nil
}

// lay puts head and log, as rendered, into prompt messages with their
// boundaries.
func (w *work) lay() {
	heads := len(w.st.set.Head)
	n := 0
	for _, r := range w.shown {
		n += len(r.msgs)
	}
	w.msgs = make([]quire.PromptMessage, 0, n)
	w.bounds = slices.Grow(w.memo.bounds[:0], n+1)
	w.starts = slices.Grow(w.memo.starts[:0], len(w.st.set.Log))[:len(w.st.set.Log)]
	prefix, tokens := binary.BigEndian.Uint64(w.fixed[:]), w.memo.tokens
	w.bounds = append(w.bounds, ledger.Boundary{Prefix: ledger.Prefix(prefix), Tokens: tokens})
	for k, r := range w.shown {
		if k >= heads {
			w.starts[k-heads] = len(w.msgs)
		}
		for i := range r.msgs {
			w.msgs = append(w.msgs, r.msgs[i])
			prefix = chain(prefix, r.hashes[i])
			tokens += r.tokens[i]
			w.bounds = append(w.bounds, ledger.Boundary{Index: len(w.msgs), Prefix: ledger.Prefix(prefix), Tokens: tokens, Blocks: len(r.msgs[i].Parts)})
		}
	}
	w.memo.bounds, w.memo.starts = w.bounds, w.starts
}

// prefixes tells the view what the provider's cache still has of the log as it
// stands before anything leaves.
func (w *work) prefixes() {
	if w.bounds == nil {
		w.lay()
	}
	w.cached = w.in.State.ledger.Readable(w.in.Model.Cache, w.in.Now, w.bounds)
	w.plan.Cold = w.plan.Cold || len(w.cached) == 0
	w.view.Cold = w.plan.Cold
	w.readable(w.cached)
}

// assemble makes the prompt of the log as it is now, its bill and the states
// that follow.
func (w *work) assemble() error {
	p := w.plan
	now, cost, ledger := w.in.Now, w.in.Model.Cache, w.in.State.ledger
	if w.left != nil && w.left.changed() {
		at := w.starts[w.left.first] // a group that changes may keep its first message
		ledger = ledger.Recall(cost, now, w.bounds, at, at+1)
		if err := w.render(); err != nil {
			return err
		}
		w.lay()
	}
	p.Prompt.Messages = w.msgs
	kept := w.bounds[len(w.bounds)-1].Tokens
	p.Used = kept + p.notice
	w.st.gaps = w.st.gaps.Learn(now, w.begins)
	w.placeMarks()
	marks := w.entriesEnd()
	p.Bill = w.likely(ledger.Predict(cost, now, w.bounds, marks, p.Used))
	w.weigh()
	if w.stable == w.in.State.stable && !w.switched {
		p.Kept = p.base
		for i := range w.first {
			p.Kept += entryTokens(&w.st.set.Log[i])
		}
	}
	w.accrue()
	w.st.stable = w.stable
	w.st.ledger = ledger.After(cost, now, w.bounds, marks)
	w.st.edits, w.st.learned, w.st.reads.Told = nil, nil, w.st.reads.says(&w.charged)
	w.compare()
	w.st.notice = ""
	if w.in.Model.Dialect.NoticeClears {
		w.st.notice = p.Prompt.Notice
		if w.in.again != nil {
			w.st.notice = w.in.again.Said
		}
	}
	p.Next, p.Refaults = w.st, w.back
	p.Next.kept = keptOf(&w.st)
	w.take()
	p.setup, p.end = w.setup(), w.bounds[len(w.bounds)-1].Prefix
	p.Next.asked, p.Next.failures = p.setup.hash(), nil
	p.again = p.Next.asked == w.in.State.asked
	p.failed = w.fail(ledger.Failed(cost, now, w.bounds, marks))
	w.memo.sweep(w.shown)
	return nil
}

// accrue notes that what is dead was read once more.
func (w *work) accrue() {
	for i := range w.st.set.Log {
		for j := range w.st.set.Log[i].Spans {
			if sp := &w.st.set.Log[i].Spans[j]; sp.Dead() {
				w.mutable(i)[j].Rent += float64(sp.Tokens)
			}
		}
	}
}
