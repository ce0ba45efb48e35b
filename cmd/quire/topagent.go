package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/agent"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/internal/look"
	"github.com/quire-dev/quire/mailbox"
)

// states are those of agents, in the order in which they are shown.
var states = []string{look.Parked, look.Ill, look.Paused, look.Waiting, look.Awake, look.Asleep}

// watched is an agent, as --json prints it.
type watched struct {
	Address   quire.Address   `json:"address"`
	State     string          `json:"state"`
	Why       string          `json:"why,omitempty"`
	Until     *time.Time      `json:"until,omitempty"` // when that ends by itself
	Model     string          `json:"model,omitempty"`
	Used      int             `json:"used"` // tokens of the last call, and its budget
	Budget    int             `json:"budget"`
	Calls     uint64          `json:"calls"` // ever
	Called    *time.Time      `json:"called,omitempty"`
	Today     spent           `json:"today"`
	Pending   int             `json:"pending"`
	Questions int             `json:"questions"`
	Asked     []quire.Address `json:"asked,omitempty"` // who has not answered
	Owner     string          `json:"owner,omitempty"`
}

// view is what is seen at a moment.
type view struct {
	Time   time.Time `json:"time"`
	Store  string    `json:"store,omitempty"`
	Agents []watched `json:"agents"`
	Today  spent     `json:"today"`

	problem string // why it is not newer; "" it is of now
}

// watching looks at a store again and again. It remembers what calls took, so that each
// receipt is read once.
type watching struct {
	store *mailbox.Store
	name  string
	now   func() time.Time
	sums  map[quire.Address]*daily
}

// daily is what the calls of an agent took on a day, up to one of them.
type daily struct {
	day          string
	call         uint64
	used, budget int // of that call
	spent
}

// look reads how all agents stand.
func (w *watching) look(ctx context.Context, now time.Time) (*view, error) {
	list, err := look.Mailboxes(ctx, w.store, mailbox.MailboxQuery{Agents: true, Now: now})
	if err != nil {
		return nil, err
	}
	v := &view{Time: now.UTC(), Store: w.name, Agents: []watched{}}
	for i := range list {
		one, err := w.agent(ctx, &list[i], now)
		if errors.Is(err, mailbox.ErrCorrupt) || errors.Is(err, errForeign) {
			one = watched{Address: list[i].Address, State: look.Parked, Why: err.Error(), Pending: list[i].Pending, Called: utc(list[i].Called)}
		} else if err != nil {
			return nil, err
		}
		v.Today.Add(&one.Today)
		v.Agents = append(v.Agents, one)
	}
	slices.SortStableFunc(v.Agents, func(a, b watched) int {
		return cmp.Or(cmp.Compare(slices.Index(states, a.State), slices.Index(states, b.State)), cmp.Compare(a.Address, b.Address))
	})
	return v, nil
}

// errForeign is for a state that this program can't read.
var errForeign = errors.New("its state can't be read")

// agent reads how one stands.
func (w *watching) agent(ctx context.Context, b *mailbox.Mailbox, now time.Time) (watched, error) {
	s, err := agent.StatusOf(ctx, w.store, b.Address, now)
	var failed *mailbox.Error
	if err != nil && !errors.As(err, &failed) && ctx.Err() == nil {
		return watched{}, fmt.Errorf("%w: %w", errForeign, err) // of a newer version, or of no agent of this library
	}
	if err != nil {
		return watched{}, err
	}
	d, err := w.today(ctx, b.Address, s.Calls, now)
	if err != nil {
		return watched{}, err
	}
	a := watched{Address: b.Address, Model: s.Model, Used: d.used, Budget: d.budget, Calls: s.Calls, Called: utc(b.Called), Today: d.spent,
		Pending: b.Pending, Questions: s.Questions, Asked: s.Asked, Owner: b.Owner}
	a.State, a.Why, a.Until = stands(&s, b)
	return a, nil
}

// stands says how an agent stands, why, and until when.
func stands(s *agent.Status, b *mailbox.Mailbox) (state, why string, until *time.Time) {
	switch state = look.Stands(s, b); state {
	case look.Ill:
		return state, "its model can't be reached: " + s.Health.Reason, utc(s.Health.Next)
	case look.Paused:
		return state, "at its limit: " + s.Paused, utc(s.Until)
	case look.Parked:
		return state, s.Parked, nil
	case look.Awake:
		if why = fmt.Sprintf("turn %d", s.Turns); !s.Open {
			why = "mail waits since " + when(b.Oldest)
		} else if s.Interrupted > 0 {
			why += fmt.Sprintf(", %d tool calls under way", s.Interrupted)
		}
		if s.Questions > 0 {
			why += "; asked " + names(s.Asked)
		}
		return state, why, nil
	case look.Waiting:
		if s.Questions == 1 {
			return state, "for the answer of " + names(s.Asked), utc(s.Due)
		}
		return state, fmt.Sprintf("for answers to %d questions, of %s", s.Questions, names(s.Asked)), utc(s.Due)
	}
	return state, "", nil
}

func names(list []quire.Address) string {
	var s []string
	for _, a := range list {
		s = append(s, string(a))
	}
	return strings.Join(s, ", ")
}

// today adds up what an agent's calls took since midnight.
func (w *watching) today(ctx context.Context, addr quire.Address, calls uint64, now time.Time) (*daily, error) {
	midnight := now.UTC().Truncate(24 * time.Hour)
	day := midnight.Format(time.DateOnly)
	d := w.sums[addr]
	if d == nil || d.day != day || d.call > calls { // it is another one, after a store was restored
		from, err := w.firstOf(ctx, addr, calls, midnight)
		if err != nil {
			return nil, err
		}
		d = &daily{day: day, call: from - 1}
	}
	next := *d
	err := look.Takes(ctx, w.store, addr, d.call+1, calls, func(rec *compose.Receipt) error {
		for _, one := range look.SpentIn(rec, midnight) {
			next.Add(&one)
		}
		next.call, next.used, next.budget = rec.Call, rec.Used, rec.Budget
		return nil
	})
	if err != nil {
		return nil, err
	}
	if w.sums == nil {
		w.sums = map[quire.Address]*daily{}
	}
	w.sums[addr] = &next
	return &next, nil
}

// firstOf finds a call to begin a day's sum with, from the newest backwards: at or before
// the day's first, and never behind the newest.
func (w *watching) firstOf(ctx context.Context, addr quire.Address, calls uint64, midnight time.Time) (uint64, error) {
	at := max(calls, 1)
	for at > 1 {
		list, err := w.store.Receipts(ctx, addr, at, at)
		if err != nil {
			return 0, err
		}
		if len(list) > 0 && list[0].Time.Before(midnight) {
			break
		}
		at -= min(look.Every, at-1)
	}
	return at, nil
}
