package agent

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/mailbox"
)

// begin looks for a reason to begin a turn: mail that waits, an event, a
// question that is due. It chooses the mail that is delivered whole. Nothing is
// written but what becomes of due questions; the turn begins with commit A.
func (a *Agent) begin(ctx context.Context, m *moment, res *StepResult) (bool, error) {
	if err := a.settle(ctx, m); err != nil {
		return false, err
	}
	if err := a.unpark(ctx, m, res); err != nil || res.Parked != "" {
		if res.Idle = res.Parked != ""; err == nil {
			err = a.awoke(ctx, m)
		}
		return false, err
	}
	w, err := a.waiting(ctx, m, flagSet{})
	if err == nil {
		err = a.hush(ctx, m, &w)
	}
	if err != nil {
		return false, err
	}
	m.page = &w.page
	m.noneShown = !w.page.More && !slices.ContainsFunc(w.page.Rows, func(r mailbox.Row) bool { return r.Flags.Has(quire.FlagPulled) })
	if err := a.admit(ctx, m, w.rows); err != nil {
		return false, err
	}
	switch {
	case len(m.wake) > 0:
		m.thread = m.wake[0].Thread
	case len(w.rows) > 0:
		m.thread = w.rows[0].Thread
	}
	if len(m.wake) > 0 || len(w.rows) > 0 || m.news() {
		return true, nil
	}
	// What was delivered in a turn that did not end well still waits.
	if res.Idle = len(w.page.Rows) == 0; res.Idle {
		return false, a.awoke(ctx, m)
	}
	oldest := &w.page.Rows[0]
	m.thread = oldest.Thread
	if answered(m) { // a prompt can't end with the answer: say what it is about
		text := fmt.Sprintf("%s waits for you still; it stands above.", oldest.UID)
		return true, a.remind(ctx, m, flagSet{}, []string{text})
	}
	return true, nil
}

// answered says whether the context ends with an answer of the model.
func answered(m *moment) bool {
	if n := len(m.snap.Arrived); n > 0 {
		last := &m.snap.Arrived[n-1]
		return last.Kind == quire.KindTurn && len(callsOf(last.Parts)) == 0
	}
	rows := m.state.Items()
	if len(rows) == 0 {
		return false
	}
	last := &rows[len(rows)-1]
	return last.Role == quire.RoleAssistant && last.Calls == 0
}

// unpark ends the wait of a parked agent when new mail came.
func (a *Agent) unpark(ctx context.Context, m *moment, res *StepResult) error {
	if m.host.Parked == 0 {
		return nil
	}
	if at := m.host.Again; !at.IsZero() && (!m.now.Before(at) || at.Sub(m.now) > parkMost) {
		m.host.goOn()
		m.host.awoke = true
		m.host.Tried++
		m.host.Stalled = a.o.Limits.Stalled - 1 // one turn more that does not end well, and it is parked again
		return nil
	}
	page, err := a.mail.Query(ctx, a.o.Address, mailbox.Query{Pending: true, Above: m.host.Parked - 1, Limit: 1, Now: m.now})
	if err != nil {
		return err
	}
	if len(page.Rows) == 0 {
		res.Parked = m.host.Why
		return nil
	}
	m.host.goOn()
	return nil
}

// awoke writes down what an agent that has nothing to do found out about what it waits
// for: that its pause is over, that a question was answered. Else its time to wake would
// be over at every look, and Run would never rest.
func (a *Agent) awoke(ctx context.Context, m *moment) error {
	if !m.host.awoke && !m.host.answered {
		return nil
	}
	fresh, err := a.look(ctx) // without what else this step tried
	if err != nil || fresh.snap.Rev != m.snap.Rev {
		return err
	}
	if m.host.awoke {
		fresh.host.goOn()
		fresh.host.Tried = m.host.Tried
	}
	fresh.host.Asked, fresh.host.Scanned = m.host.Asked, m.host.Scanned
	_, err = a.commit(ctx, fresh, mailbox.Commit{})
	m.snap.State = fresh.snap.State
	return err
}

// news says whether something arrived on its own account and was in no prompt yet: not
// the agent's own turn or result, nor an event that stands.
func (m *moment) news() bool {
	return slices.ContainsFunc(m.snap.Arrived, func(it quire.Item) bool { return wakes(&it) && !m.entered(it.UID) })
}

// wakes says whether something that arrived is not the agent's own turn, result or note.
func wakes(it *quire.Item) bool {
	return it.Kind != quire.KindTurn && it.Kind != quire.KindResult && it.Kind != quire.KindNote
}

// entered says whether a message stands in the log, in whatever form, or left it.
func (m *moment) entered(uid quire.UID) bool {
	left, _ := m.state.Left(uid)
	return left || m.state.Resident(uid)
}

// admit chooses what is delivered whole, and says in an event what waits though
// it stands above already.
func (a *Agent) admit(ctx context.Context, m *moment, rows []mailbox.Row) error {
	again, text, err := a.choose(ctx, m, rows)
	if err != nil || len(text) == 0 {
		return err
	}
	return a.remind(ctx, m, again, text)
}

// choose picks the mail that a turn begins with: the first of what waits,
// however large (the composer shows an excerpt of what is too large), and more
// while it fits.
func (a *Agent) choose(ctx context.Context, m *moment, rows []mailbox.Row) (again flagSet, text []string, err error) {
	arrived := map[quire.UID]bool{}
	for i := range m.snap.Arrived {
		arrived[m.snap.Arrived[i].UID] = true
	}
	room := a.budget() * a.o.Limits.WakeShare / 100
	var uids []quire.UID
	for i := range rows {
		if arrived[rows[i].UID] {
			continue
		}
		if len(uids) > 0 && (len(uids) >= a.o.Limits.Wake || rows[i].Tokens > room) {
			break
		}
		room -= rows[i].Tokens
		uids = append(uids, rows[i].UID)
	}
	if len(uids) == 0 {
		return nil, nil, nil
	}
	items, err := a.mail.Get(ctx, a.o.Address, mailbox.Get{UIDs: uids})
	if err != nil {
		return nil, nil, err
	}
	again = flagSet{}
	for i := range items {
		why, err := a.above(ctx, m, &items[i])
		if err != nil {
			return nil, nil, err
		}
		if why == "" {
			m.wake = append(m.wake, items[i])
			continue
		}
		if !a.held(m, items[i].UID) { // else it is shown first
			again.set(items[i].UID, quire.FlagPulled)
		}
		text = append(text, why)
	}
	return again, text, nil
}

// above says how a message that waits stands in the context already, or "".
func (a *Agent) above(ctx context.Context, m *moment, it *quire.Item) (why string, err error) {
	st := &m.state
	if st.Resident(it.UID) {
		st.Drop(it.UID, false)
		if a.guilty(m, it.UID) {
			return fmt.Sprintf("%s waits for you; what it holds can't be shown to you. Do without it, or tell its sender so.", it.UID), nil
		}
		return fmt.Sprintf("%s waits for you again; it stands above.", it.UID), nil
	}
	uid, same, err := a.same(ctx, st, it)
	if err != nil || !same {
		return "", err
	}
	return fmt.Sprintf("%s from %s came; it says the same as %s above.", it.UID, it.From, uid), nil
}

// same finds a message in the context that says the same.
func (a *Agent) same(ctx context.Context, st *compose.State, it *quire.Item) (uid quire.UID, ok bool, err error) {
	uid, ok = st.Same(it, func(uid quire.UID) (quire.Item, bool) {
		items, e := a.mail.Get(ctx, a.o.Address, mailbox.Get{UIDs: []quire.UID{uid}})
		if err = errors.Join(err, e); e != nil || len(items) == 0 {
			return quire.Item{}, false
		}
		return items[0], true
	})
	return uid, ok, err
}

// remind says, in an event of its own, what waits though it stands in the
// context already: showing it twice would cost twice and break the cache. What
// an event says that no call has seen yet, as after a crash, is not said again.
func (a *Agent) remind(ctx context.Context, m *moment, again flagSet, text []string) error {
	text = slices.DeleteFunc(text, m.reminded)
	if len(text) == 0 {
		return nil
	}
	c := mailbox.Commit{Sends: []quire.Draft{a.event(m, a.o.Address, waitingAgain, strings.Join(text, "\n"))}, Flags: again.changes()}
	if _, err := a.commit(ctx, m, c); err != nil {
		return err
	}
	fresh, err := a.look(ctx)
	if err == nil {
		fresh.wake, fresh.thread = m.wake, m.thread
		*m = *fresh
	}
	return err
}

// waitingAgain is the subject of events that remind.
const waitingAgain = "Waiting again"

// reminded says whether an event that arrived says this line.
func (m *moment) reminded(line string) bool {
	for i := range m.snap.Arrived {
		it := &m.snap.Arrived[i]
		if it.Self && it.Kind == quire.KindEvent && it.Subject == waitingAgain &&
			slices.Contains(strings.Split(quire.PlainText(it.Parts), "\n"), line) {
			return true
		}
	}
	return false
}
