package agent

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
)

// hush keeps mail from beginning a turn that agents hand to and fro without a person: it
// is put off, and the owner asked, see [Limits.Unattended].
func (a *Agent) hush(ctx context.Context, m *moment, w *waiting) error {
	c, err := a.hushing(ctx, m, w.rows)
	if err != nil || len(c.flags)+len(c.sends) == 0 && !c.changed {
		return err
	}
	if _, err := a.commit(ctx, m, mailbox.Commit{Flags: c.flags.changes(), Sends: c.sends}); err != nil {
		return err
	}
	fresh, err := a.look(ctx)
	if err != nil {
		return err
	}
	*m = *fresh
	*w, err = a.waiting(ctx, m, flagSet{})
	return err
}

// hushes is what becomes of peers and their mail.
type hushes struct {
	flags   flagSet
	sends   []quire.Draft
	changed bool
}

func (a *Agent) hushing(ctx context.Context, m *moment, rows []mailbox.Row) (hushes, error) {
	c := hushes{flags: flagSet{}}
	for i := range m.host.Quiet {
		if err := a.resolve(ctx, m, &m.host.Quiet[i], &c); err != nil {
			return c, err
		}
	}
	for i := range rows {
		it := &rows[i].Item
		if _, done := c.flags[it.UID]; done || !a.tooFar(&m.host, it) {
			continue
		}
		a.quieten(m, it, &c)
	}
	for i := range m.host.Quiet {
		q := &m.host.Quiet[i]
		var aside []quire.UID
		for _, uid := range c.flags.having(quire.FlagHandled) {
			if contains(q.Off, uid) {
				aside = append(aside, uid)
			}
		}
		if len(aside) > 0 {
			c.sends = append(c.sends, a.setAside(m, q, aside))
			q.Off = nil
		}
	}
	return c, nil
}

// resolve ends a peer's wait when the owner answered, or when its time is over. A time
// that is further off than it ever may be is over too: the clock was put right.
func (a *Agent) resolve(ctx context.Context, m *moment, q *quiet, c *hushes) error {
	if q.Until == 0 {
		return nil
	}
	until := time.Unix(q.Until, 0)
	ahead := until.After(m.now.Add(2 * aDay))
	over := !m.now.Before(until) || ahead
	if q.Over {
		if over {
			q.Over, q.Until, c.changed = false, 0, true
		}
		return nil
	}
	goOn := ahead || over && q.Ask == "" // nobody could be asked
	if q.Ask != "" {
		answer, err := a.ownerSays(ctx, m, q, c)
		if err != nil {
			return err
		}
		goOn, over = goOn && answer == "" || answer == sayGoOn, over || answer != ""
	}
	if !over {
		return nil
	}
	c.changed, q.Ask = true, ""
	if goOn {
		for _, uid := range q.Off {
			c.flags.deferUntil(uid, m.now)
		}
		q.Free, q.Off, q.Times, q.Until = q.Off, nil, 0, 0
		return nil
	}
	q.Over, q.Until = true, m.now.Add(aDay).Unix()
	for _, uid := range q.Off {
		c.flags[uid] = mailbox.FlagChange{UID: uid, Set: quire.FlagHandled}
	}
	return nil
}

// quieten deals with one message that came too far.
func (a *Agent) quieten(m *moment, it *quire.Item, c *hushes) {
	h := &m.host
	q := h.quietOf(it.From)
	if q == nil {
		h.Quiet = append(h.Quiet[max(0, len(h.Quiet)-maxQuiet+1):], quiet{Peer: it.From})
		q = &h.Quiet[len(h.Quiet)-1]
	}
	q.Times = max(q.Times, handedOf(it).Times)
	if q.Over {
		c.flags[it.UID] = mailbox.FlagChange{UID: it.UID, Set: quire.FlagHandled}
		q.Off = append(q.Off, it.UID)
		return
	}
	if !q.waits() {
		pause := anHour
		if !a.nobody() {
			pause = aDay
			draft := a.asksAbout(m, q)
			q.Ask, q.Above = draft.ID, m.state.Through()
			c.sends = append(c.sends, draft)
		}
		q.Until = m.now.Add(pause).Unix()
		a.log.Warn(logUnwatched, "peer", string(q.Peer), "times", q.Times, "until", time.Unix(q.Until, 0))
		a.survived(&LimitError{Address: a.o.Address, Limit: limitUnattended, Max: q.Times, Until: time.Unix(q.Until, 0)})
	}
	c.flags.deferUntil(it.UID, time.Unix(q.Until, 0))
	if q.Off = append(q.Off, it.UID); len(q.Off) > maxOff {
		q.Off = q.Off[len(q.Off)-maxOff:] // the rest comes back by itself
	}
}

// ownerSays looks for the owner's answer about a peer, and handles it. As with limits,
// only the options count, and nothing that came through a gateway.
func (a *Agent) ownerSays(ctx context.Context, m *moment, q *quiet, c *hushes) (string, error) {
	page, err := a.mail.Query(ctx, a.o.Address, mailbox.Query{Incoming: true, From: a.o.Owner, Above: q.Above,
		Kinds: []quire.Kind{quire.KindAnswer, quire.KindMail}, Oldest: true, Limit: 1000, Now: m.now})
	if err != nil {
		return "", err
	}
	answer := ""
	for i := range page.Rows {
		row := &page.Rows[i]
		if row.InReplyTo != q.Ask || row.Trust == quire.TrustExternal || !stands(row.Flags) {
			continue
		}
		items, err := a.mail.Get(ctx, a.o.Address, mailbox.Get{UIDs: []quire.UID{row.UID}})
		if err != nil || len(items) == 0 {
			return "", err
		}
		said := strings.ToLower(strings.TrimSpace(quire.PlainText(items[0].Parts)))
		if slices.Contains([]string{sayGoOn, sayStop}, said) {
			answer = said
			c.flags.set(row.UID, quire.FlagPulled|quire.FlagHandled)
		}
	}
	return answer, nil
}
