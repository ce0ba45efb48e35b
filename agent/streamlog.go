package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
	"github.com/quire-dev/quire/providers"
)

// unsaid takes note that something about the stream failed.
func (a *Agent) unsaid(err error) {
	if err == nil {
		return
	}
	a.log.Warn(logStream, "err", cutWords(err))
	err = fmt.Errorf("agent %s: %w", a.o.Address, err)
	if a.streamErr == nil {
		a.streamErr = err
	}
	if a.o.Streaming.Failed != nil {
		a.o.Streaming.Failed(err)
	}
}

// turn is the number of the turn that is under way, or of the next one.
func (h *host) turn() uint64 {
	if h.Open {
		return h.Turns
	}
	return h.Turns + 1
}

// speak is Generate that others can follow. When it returns a reply, its attempt is
// open still: what becomes of it is known after commit A.
func (a *Agent) speak(ctx context.Context, m *moment, plan *compose.Plan, p *quire.Prompt) (*quire.Reply, error) {
	about := StreamAbout{Turn: m.host.turn(), Call: plan.Call, Model: a.model().Profile.Name}
	for i := range m.wake {
		if len(about.Mail) < maxAboutMail {
			about.Mail = append(about.Mail, m.wake[i].ID)
		}
	}
	a.said = a.openStream(ctx, about)
	if a.said != nil {
		defer a.said.rest()
	}
	said, model := a.said, a.model().Model
	return within(ctx, a, "the model "+a.model().Profile.Name, a.o.Limits.CallFor, func(ctx context.Context) (reply *quire.Reply, err error) {
		for d, e := range providers.Stream(ctx, model, p) {
			if e != nil {
				return nil, e
			}
			if said != nil {
				said.add(&d)
			}
			if d.Reply != nil {
				reply = d.Reply
			}
		}
		if reply == nil {
			return nil, ctx.Err()
		}
		return reply, nil
	})
}

// openStream begins an attempt; nil when that fails.
func (a *Agent) openStream(ctx context.Context, about StreamAbout) *saying {
	at, err := a.openAttempt(ctx, about)
	if err != nil {
		a.unsaid(fmt.Errorf("turn %d: the stream does not begin: %w", about.Turn, err))
		return nil
	}
	return newSaying(ctx, a.mail, a.o.Address, at, &a.o.Streaming)
}

func (a *Agent) openAttempt(ctx context.Context, about StreamAbout) (driver.StreamAttempt, error) {
	text, err := json.Marshal(about)
	if err == nil && len(text) > maxAbout {
		about.Mail, about.Model = nil, ""
		text, err = json.Marshal(about)
	}
	if err != nil {
		return driver.StreamAttempt{}, err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), sayingPatience)
	defer cancel()
	return a.mail.OpenStream(ctx, a.o.Address, mailbox.StreamOpen{Stream: about.Turn, Holder: a.o.Lease.Holder, Fence: a.fence,
		About: text, KeepStreams: a.o.Streaming.KeepStreams, KeepBytes: a.o.Streaming.KeepBytes, Now: a.o.Now()})
}

// unheard ends the attempt of a request that brought no reply: the next attempt, or
// the end of the turn, follows.
func (a *Agent) unheard(ctx context.Context, cause error) {
	e := driver.StreamEnd{Kind: driver.StreamFailed, Reason: cause.Error(), More: true}
	if ctx.Err() != nil {
		e.Kind, e.Reason = driver.StreamInterrupted, "the agent was stopped"
	}
	a.endSaying(e)
}

// committed ends the attempt after commit A, or after that failed.
func (a *Agent) committed(st *step, res *StepResult, err error) {
	e := driver.StreamEnd{Kind: driver.StreamDone, Message: quire.MessageID(st.id), UID: st.uid, More: !res.Ended}
	switch {
	case err != nil:
		e = driver.StreamEnd{Kind: driver.StreamFailed, Reason: "it could not be committed: " + err.Error(), More: true}
	case st.empty:
		e = driver.StreamEnd{Kind: driver.StreamFailed, Reason: "the model answered nothing", More: true}
	}
	a.endSaying(e)
}

func (a *Agent) endSaying(e driver.StreamEnd) {
	if a.said != nil {
		a.unsaid(a.said.end(e))
		a.said = nil
	}
}

// turnOver ends the stream of a turn that ended otherwise than with commit A.
func (a *Agent) turnOver(ctx context.Context, turn uint64, e driver.StreamEnd) {
	if !a.o.Streaming.On {
		return
	}
	at, err := a.openAttempt(ctx, StreamAbout{Turn: turn})
	if errors.Is(err, mailbox.ErrStreamEnded) {
		return
	}
	if err == nil {
		err = endStream(ctx, a.mail, a.o.Address, at, e)
	}
	if err != nil {
		err = fmt.Errorf("turn %d: the stream does not end: %w", turn, err)
	}
	a.unsaid(err)
}

// stepped hands over what went wrong with the stream in a step.
func (a *Agent) stepped(res *StepResult) {
	res.StreamErr, a.streamErr = a.streamErr, nil
}
