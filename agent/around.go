package agent

import (
	"context"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox/driver"
)

// WorkKind says what a [Work] is.
type WorkKind string

// The kinds of work.
const (
	WorkTurn   WorkKind = "turn"   // a turn, from where it begins or is gone on with
	WorkTool   WorkKind = "tool"   // in a turn: one tool call, also of a mail tool
	WorkRecall WorkKind = "recall" // in a turn: [Options.Recall]
)

// Work is a piece of what an agent does, as [Options.Around] sees it. What came of it is
// filled in when it ends.
type Work struct {
	Kind  WorkKind
	Agent quire.Address
	Turn  uint64 // number of the turn, from 1
	// Tool and CallID are, of a tool call, the tool's name, and the call's id as the
	// model gave it. A tool that the agent does not have is not run, and is no work.
	Tool, CallID string

	// What came of it. Err is why it did not end well: of a turn what [Agent.Turn] returns.
	Err    error
	Failed bool       // of a tool call: its result is marked as an error, Err or not
	Result TurnResult // of a turn
	Found  int        // of a recall: messages on its sheet
}

// around begins a piece of work. end is called once, when what came of it stands in w.
func (a *Agent) around(ctx context.Context, w *Work) (inner context.Context, end func()) {
	if a.o.Around == nil {
		return ctx, func() {}
	}
	w.Agent = a.o.Address
	inner, end = a.o.Around(ctx, w)
	if inner == nil {
		inner = ctx
	}
	if end == nil {
		end = func() {}
	}
	return inner, end
}

// toolWork begins the work of a tool call.
func (a *Agent) toolWork(ctx context.Context, m *moment, e *driver.JournalEntry) (inner context.Context, w *Work, end func()) {
	w = &Work{Kind: WorkTool, Turn: m.host.turn(), Tool: e.Tool, CallID: e.CallID}
	inner, end = a.around(ctx, w)
	return inner, w, end
}

// turnWork is the work of a turn that [Agent.Turn] takes. It begins with the first step
// that finds something to do, so that looking is no work.
type turnWork struct {
	Work
	ctx context.Context // nil: it has not begun
	end func()
}

type turnKey struct{}

// inTurn is the context of the turn that goes on. A step that nobody takes in
// [Agent.Turn] is in none.
func (a *Agent) inTurn(ctx context.Context, m *moment) context.Context {
	t, _ := ctx.Value(turnKey{}).(*turnWork)
	if t == nil || a.o.Around == nil {
		return ctx
	}
	if t.ctx == nil {
		t.Kind, t.Turn = WorkTurn, m.host.turn()
		t.ctx, t.end = a.around(ctx, &t.Work)
	}
	return t.ctx
}

// over ends the work of a turn, if there was any.
func (t *turnWork) over(res *TurnResult, err error) {
	if t.end != nil {
		t.Result, t.Err = *res, err
		t.end()
	}
}
