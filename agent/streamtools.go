package agent

import (
	"context"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox/driver"
)

// sayTools begins the attempt that shows how the step's calls run. Mail tools take no
// time, so calls of them alone have none.
func (a *Agent) sayTools(ctx context.Context, m *moment, st *step) {
	if !a.o.Streaming.On {
		return
	}
	for i := range st.entries {
		if _, ok := a.tools[st.entries[i].Tool]; ok {
			a.said = a.openStream(ctx, StreamAbout{Turn: m.host.turn(), Call: m.state.Calls(), Tools: true})
			return
		}
	}
}

// runs says that a call begins to run.
func (w *saying) runs(e *driver.JournalEntry) { w.run(e, StreamCall{}) }

// ran says that it ended.
func (w *saying) ran(e *driver.JournalEntry, failed bool) {
	w.run(e, StreamCall{Ended: true, Failed: failed})
}

func (w *saying) run(e *driver.JournalEntry, r StreamCall) {
	if w == nil {
		return
	}
	r.ID, r.Name = short(e.CallID, 256), short(e.Tool, 256)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wait = append(w.wait, StreamPiece{Run: &r})
	w.grow(len(r.ID) + len(r.Name))
}

// finished ends the attempt of the tools after commit B, and the stream with the turn.
func (a *Agent) finished(ctx context.Context, m *moment, st *step, res *StepResult) {
	e := driver.StreamEnd{Kind: driver.StreamDone, Message: quire.MessageID(st.id), UID: st.uid, More: !res.Ended}
	switch {
	case a.said != nil:
		a.endSaying(e)
	case res.Ended:
		a.turnOver(ctx, m.host.Turns, e)
	}
}

// unfinished ends the attempt of tools whose step could not be finished: whoever goes
// on runs what is left in another one.
func (a *Agent) unfinished(ctx context.Context) {
	e := driver.StreamEnd{Kind: driver.StreamFailed, Reason: "the step could not be finished; it is gone on with", More: true}
	if ctx.Err() != nil {
		e.Kind, e.Reason = driver.StreamInterrupted, "the agent was stopped"
	}
	a.endSaying(e)
}
