package agent

import (
	"context"
	"fmt"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
)

// Positions past everything: reading there tells how a stream stands.
const (
	pastAttempts = 1 << 30
	pastOffsets  = 1 << 62
)

// takeOver ends what a producer before this one left open: once for each process and
// each lease. What was committed ends as done, what was not as interrupted.
func (a *Agent) takeOver(ctx context.Context, m *moment) {
	if !a.o.Streaming.On || a.tookOver && a.tookFence == a.fence {
		return
	}
	if err := a.closeLeft(ctx, m); err != nil {
		a.unsaid(fmt.Errorf("what was left of the stream before: %w", err))
		return
	}
	a.tookOver, a.tookFence = true, a.fence
}

func (a *Agent) closeLeft(ctx context.Context, m *moment) error {
	ctx, cancel := context.WithTimeout(ctx, 2*sayingPatience)
	defer cancel()
	at, err := newestAttempt(ctx, a.mail, a.o.Address)
	if err != nil || at.Attempt == 0 || at.End != nil && !at.End.More || at.Stream > m.host.turn() {
		return err
	}
	over := at.Stream < m.host.turn()
	if at.End != nil && !over {
		return nil // the turn goes on with the next attempt
	}
	e, err := a.howItEnded(ctx, &at, m)
	if err != nil {
		return err
	}
	e.More = !over
	if at.End != nil {
		a.turnOver(ctx, at.Stream, e)
		return nil
	}
	at.Fence = a.fence
	return endStream(ctx, a.mail, a.o.Address, at, e)
}

// howItEnded says what became of an attempt whose producer did not say it, or of its
// turn when that is over.
func (a *Agent) howItEnded(ctx context.Context, at *driver.StreamAttempt, m *moment) (driver.StreamEnd, error) {
	about, err := decodeAbout(at.About)
	switch {
	case err != nil || at.Stream < m.host.Turns || at.End == nil && (about.Call > m.state.Calls() || about.Tools && len(m.snap.Journal) > 0):
		return driver.StreamEnd{Kind: driver.StreamInterrupted, Reason: "the program that made it stopped"}, nil
	case !m.host.Open && m.host.Stalled > 0:
		return driver.StreamEnd{Kind: driver.StreamFailed, Reason: oneLine("the turn ended early. "+m.host.Why, 1000)}, nil
	}
	page, err := a.mail.Query(ctx, a.o.Address, mailbox.Query{Kinds: []quire.Kind{quire.KindTurn}, Limit: 1, Now: m.now})
	if err != nil || len(page.Rows) == 0 {
		return driver.StreamEnd{Kind: driver.StreamDone}, err
	}
	return driver.StreamEnd{Kind: driver.StreamDone, Message: page.Rows[0].ID, UID: page.Rows[0].UID}, nil
}

// newestAttempt reads how the newest stream of an address stands; Attempt is 0 when
// it has none.
func newestAttempt(ctx context.Context, s mailStore, addr quire.Address) (driver.StreamAttempt, error) {
	p, err := s.ReadStream(ctx, addr, mailbox.StreamRead{Attempt: pastAttempts})
	if err != nil || p.Latest == 0 {
		return driver.StreamAttempt{}, err
	}
	p, err = s.ReadStream(ctx, addr, mailbox.StreamRead{Stream: p.Stream, Attempt: p.Latest, Offset: pastOffsets})
	return p.StreamAttempt, err
}
