package agent

import (
	"cmp"
	"context"
	"encoding/hex"
	"slices"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
)

const (
	noticeHeaders = 5    // deliveries that a notice names at most
	noticeTimes   = 3    // how often it says the same
	pendingRows   = 1000 // waiting deliveries that are looked at one by one
)

// waiting is what is pending and not in front of the model.
type waiting struct {
	rows  []mailbox.Row // urgent first, then oldest first
	total int           // of all, also those beyond rows
	page  mailbox.Page  // that they are from
}

// waiting reads what waits: the one read path of the notice, of waking and of
// mail_find. skip are deliveries that this very step shows.
func (a *Agent) waiting(ctx context.Context, m *moment, skip flagSet) (waiting, error) {
	page, err := a.pending(ctx, m)
	if err != nil {
		return waiting{}, err
	}
	w := waiting{page: page}
	hidden := 0
	for i := range page.Rows {
		row := &page.Rows[i]
		c := skip[row.UID]
		settled := c.Set&(quire.FlagPulled|quire.FlagHandled) != 0 || c.VisibleAt != nil
		if settled || row.Flags.Has(quire.FlagPulled) && a.shows(m, row.UID) {
			hidden++
			continue
		}
		w.rows = append(w.rows, *row)
	}
	w.total = len(w.rows)
	if page.More {
		status, err := a.mail.Status(ctx, a.o.Address)
		if err != nil {
			return waiting{}, err
		}
		w.total = max(w.total, status.Pending-hidden)
	}
	slices.SortFunc(w.rows, func(x, y mailbox.Row) int { // in the order of arrival, not of clocks
		return cmp.Or(cmp.Compare(a.tier(m, &x), a.tier(m, &y)), cmp.Compare(x.UID, y.UID))
	})
	return w, nil
}

// pending reads what nobody has handled, or takes what m holds of it: once, since it
// is out of date as soon as a model was asked or a tool ran.
func (a *Agent) pending(ctx context.Context, m *moment) (mailbox.Page, error) {
	if page := m.page; page != nil {
		m.page = nil
		return *page, nil
	}
	return a.mail.Query(ctx, a.o.Address, mailbox.Query{Pending: true, Oldest: true, Limit: pendingRows, Now: m.now})
}

// tier is 0 for what is due soon and 1 for the rest.
func (a *Agent) tier(m *moment, row *mailbox.Row) int {
	if due := dueOf(row); !due.IsZero() && !due.After(m.now.Add(a.o.Urgent)) {
		return 0
	}
	return 1
}

// dueOf is when a question wants its answer.
func dueOf(row *mailbox.Row) time.Time {
	if row.Question == nil {
		return time.Time{}
	}
	return row.Question.ReplyBy
}

// notice computes what the bottom of the next prompt says, and which deliveries
// it names that were never named. It speaks on the first call of a turn; later
// only for what is urgent, where the provider's format allows; and not a fourth
// time while nothing has changed. An empty one keeps the room for the next, so that
// mail which arrives pushes nothing out.
func (a *Agent) notice(ctx context.Context, m *moment) (*quire.Notice, []quire.UID, error) {
	first := !m.host.Open
	if !first && !a.model().Profile.Dialect.NoticeInLoop {
		return &quire.Notice{}, nil, nil
	}
	skip := flagSet{}
	for _, it := range m.wake {
		skip.set(it.UID, quire.FlagPulled)
	}
	for _, it := range m.snap.Arrived {
		skip.set(it.UID, quire.FlagPulled)
	}
	w, err := a.waiting(ctx, m, skip)
	if err != nil {
		return nil, nil, err
	}
	n := &quire.Notice{Pending: w.total}
	var told []quire.UID
	var says []string
	for i := range w.rows {
		row := &w.rows[i]
		if a.tier(m, row) == 0 {
			n.Urgent++
		}
		n.Tokens += row.Tokens
		says = append(says, row.UID.String())
		if len(n.Headers) == noticeHeaders {
			continue
		}
		n.Headers = append(n.Headers, quire.NoticeHeader{UID: row.UID, From: row.From, Kind: row.Kind,
			Subject: row.Subject, Tokens: row.Tokens, Due: dueOf(row), Trust: row.Trust})
		if !row.Flags.Has(quire.FlagNotified) {
			told = append(told, row.UID)
		}
	}
	if n.Pending == 0 || !first && n.Urgent == 0 || !m.host.tell(says, n.Urgent) {
		return &quire.Notice{}, nil, nil
	}
	return n, told, nil
}

// tell notes that the notice says this, and whether it still may.
func (h *host) tell(says []string, urgent int) bool {
	key := hex.EncodeToString(hashOf(append(says, string(rune('0'+min(urgent, 9))))...)[:8])
	if key != h.Told {
		h.Told, h.Times = key, 0
	}
	if h.Times >= noticeTimes {
		return false
	}
	h.Times++
	return true
}
