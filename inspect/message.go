package inspect

import (
	"context"
	"fmt"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/internal/look"
)

const (
	maxBody   = 64 << 10 // bytes of a text that are shown
	maxPulled = 1000     // results behind a message that are searched for those that show it
)

// letter is the page of a message.
type letter struct {
	quire.Item
	Word    string
	Text    string
	Cut     int // bytes of it that are not shown
	Parts   []partView
	Answer  bool // the request may answer it
	Done    bool // likewise: mark it
	Retry   bool
	Calls   uint64 // that the agent made; 0: it is no agent's
	Why     *look.Explained
	Spans   []span
	InAll   int // calls that it stood in
	Strip   []piece
	Trouble string // why its history can't be read
}

// partView is a part of a message that is no plain text.
type partView struct {
	Kind, Name, Text string
	Refers           quire.UID
	Bad              bool
}

// span are calls in a row in which a message stood in one way.
type span struct {
	From, To uint64
	Fate     compose.Fate
	Through  quire.UID
	Tokens   int
	Reason   string
	End      string // why it stood so no longer; "" while it does
}

func (h *Handler) message(ctx context.Context, q *query) (*page, error) {
	addr, uid := q.box(), quire.UID(q.number("n"))
	call := q.number("call")
	if q.err != nil {
		return nil, q.err
	}
	items, err := h.store.Box(addr).Read(ctx, uid)
	if err != nil {
		return nil, err
	}
	l := letter{Item: items[0]}
	l.show(q)
	l.Answer = l.Question != nil && l.Pending(q.now) && h.may(q.r, addr, actAnswer)
	l.Done = l.Pending(q.now) && h.may(q.r, addr, actDone)
	l.Retry = l.Flags.Has(quire.FlagDead) && !l.Flags.Has(quire.FlagSuperseded) && h.may(q.r, addr, actRetry)
	agent, calls, err := h.isAgent(ctx, addr)
	if err != nil {
		return nil, err
	}
	if agent {
		if call == 0 {
			call = calls
		}
		if err := made(addr, call, calls); err != nil {
			return nil, err
		}
		l.Calls = calls
		if l.Why, err = look.Explain(ctx, h.store, addr, &l.Item, call, maxPulled); err != nil {
			if ctx.Err() != nil {
				return nil, err
			}
			l.Trouble = err.Error()
		} else {
			l.spans(call)
		}
	}
	return &page{Name: "message", Title: fmt.Sprintf("%s of %s", uid, look.Line(string(addr), 40)), Box: addr, Agent: agent, Tab: "mail", Now: q.now, Body: &l}, nil
}

// show makes text of what the message says.
func (l *letter) show(q *query) {
	l.Word = wordOf(&l.Item, l.Pending(q.now))
	l.Text = look.Clean(quire.PlainText(withoutCalls(l.Item.Parts)))
	if len(l.Text) > maxBody {
		l.Cut = len(l.Text) - maxBody
		l.Text = string([]rune(l.Text[:maxBody]))
	}
	for _, p := range l.Item.Parts {
		l.part(p, 0)
	}
}

func (l *letter) part(p quire.Part, nesting int) {
	switch p := p.(type) {
	case quire.ToolCall:
		l.Parts = append(l.Parts, partView{Kind: "call", Name: p.Name, Text: look.Line(p.Args, 4000)})
	case quire.ToolResult:
		if p.IsError {
			l.Parts = append(l.Parts, partView{Kind: "failed:", Name: p.Name, Bad: true})
		}
		if nesting < look.MaxNesting {
			for _, inner := range p.Parts {
				l.part(inner, nesting+1)
			}
		}
	case quire.Image:
		l.Parts = append(l.Parts, partView{Kind: "image", Name: p.MediaType, Text: fmt.Sprintf("%s bytes %s", num(len(p.Data)), p.URL)})
	case quire.Blob:
		l.Parts = append(l.Parts, partView{Kind: "file", Name: p.MediaType, Text: num(p.Size) + " bytes; its beginning and end are shown"})
	case quire.Ref:
		l.Parts = append(l.Parts, partView{Kind: "shows", Refers: p.UID})
	case quire.Reasoning:
		l.Parts = append(l.Parts, partView{Kind: "reasoning", Text: look.Line(p.Text, 4000)})
	}
}

// spans makes of the history when the message stood how, in each of the places where it can
// stand: as itself, and in results that show it.
func (l *letter) spans(call uint64) {
	open := map[quire.UID]*span{}
	end := func(through quire.UID, before uint64, why string) {
		if s := open[through]; s != nil {
			s.To, s.End = before, why
			l.Spans = append(l.Spans, *s)
			delete(open, through)
		}
	}
	for i := range l.Why.History {
		t := &l.Why.History[i]
		end(t.Through, t.Call-1, t.Reason)
		if t.Fate != compose.FateOut {
			open[t.Through] = &span{From: t.Call, Fate: t.Fate, Through: t.Through, Tokens: t.Tokens, Reason: t.Reason}
		}
	}
	for _, through := range sorted(open) {
		end(through, call, "")
	}
	first := call
	for i := range l.Spans {
		first = min(first, l.Spans[i].From)
	}
	scale := barWidth / float64(call-min(first, call)+1)
	last := uint64(0)
	for i := range l.Spans {
		s := &l.Spans[i]
		class := "c-mail"
		switch {
		case s.Through > 0:
			class = "c-pulled"
		case s.Fate != compose.FateIn:
			class = "c-cut"
		}
		l.Strip = append(l.Strip, piece{X: float64(s.From-first) * scale, W: max(float64(s.To-s.From+1)*scale, 1), Class: class,
			Name: fmt.Sprintf("calls %d to %d: %s", s.From, s.To, s.Fate)})
		if s.To >= max(s.From, last+1) {
			l.InAll += int(s.To - max(s.From, last+1) + 1)
			last = s.To
		}
	}
}
