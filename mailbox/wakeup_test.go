package mailbox_test

import (
	"cmp"
	"context"
	"math/rand/v2"
	"os"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
	"github.com/quire-dev/quire/mailbox/memstore"
)

// schedules is how many of them the tests of wake-ups try: QUIRE_SCHEDULES, if it is set.
func schedules(t *testing.T) int {
	n, err := strconv.Atoi(cmp.Or(os.Getenv("QUIRE_SCHEDULES"), "5000"))
	require.NoError(t, err, "QUIRE_SCHEDULES")
	return n
}

// What comes in a schedule: mail that the wait is for, and what it is not for.
const (
	wanted = iota
	own
	elsewhere
	flags
	kinds
)

// schedule is when things happen to a wait: before it begins, at one of the points
// that a test can get at while it looks, or when it blocks.
type schedule struct {
	before, blocked []int
	atLook          map[int][]int
}

func randomSchedule(r *rand.Rand, points int) schedule {
	s := schedule{atLook: map[int][]int{}}
	for range r.IntN(6) {
		what := 1 + r.IntN(kinds-1)
		switch r.IntN(3) {
		case 0:
			s.before = append(s.before, what)
		case 1:
			at := r.IntN(points)
			s.atLook[at] = append(s.atLook[at], what)
		case 2:
			s.blocked = append(s.blocked, what)
		}
	}
	switch at := r.IntN(points + 2); at {
	case points:
		s.blocked = append(s.blocked, wanted)
	case points + 1:
		s.before = append(s.before, wanted)
	default:
		s.atLook[at] = append(s.atLook[at], wanted)
	}
	return s
}

// In a bubble of synctest it is known when a wait blocks, and time passes only when
// nothing else can happen: a wake-up that is lost is one that took time.
func TestNoWakeUpIsLost(t *testing.T) {
	n, seed := schedules(t), uint64(time.Now().UnixNano())
	r := rand.New(rand.NewPCG(seed, 0))
	for i := range n {
		s, everywhere := randomSchedule(r, 4), i%2 == 1
		if everywhere {
			s = randomSchedule(r, 12)
		}
		if synctest.Test(t, func(t *testing.T) { play(t, s, everywhere) }); t.Failed() {
			t.Fatalf("schedule %d of seed %d: %+v", i, seed, s)
		}
	}
	t.Logf("%d schedules", n)
}

// points is a driver of a store that waits, with points before and after each thing
// that it is asked for.
type points struct {
	driver.Driver
	at func()
}

func (p points) View(ctx context.Context, fn func(driver.Read) error) error {
	p.at()
	err := p.Driver.View(ctx, fn)
	p.at()
	return err
}

func (p points) Watch(ctx context.Context, streams bool) (driver.Watch, error) {
	p.at()
	w, err := p.Driver.Watch(ctx, streams)
	next := w.Next
	w.Next = func() <-chan struct{} {
		p.at()
		taken := next()
		p.at()
		return taken
	}
	return w, err
}

// play plays a schedule, with points only where the wait asks for the time, or
// everywhere.
func play(t *testing.T, s schedule, everywhere bool) {
	d := memstore.NewDriver("e")
	m := mailbox.New(d, nil)
	defer m.Close()
	ids := 0
	send := func(from, to quire.Address, kind quire.Kind) {
		ids++
		_, err := m.Commit(t.Context(), mailbox.Commit{Address: from, Sends: []quire.Draft{{ID: quire.MessageID(strconv.Itoa(ids)), To: []quire.Address{to}, Kind: kind}}})
		assert.NoError(t, err)
	}
	send("mia", "ada", quire.KindMail) // something to flag
	happen := func(list []int) {
		for _, what := range list {
			switch what {
			case wanted:
				send("mia", "ada", quire.KindMail)
			case own:
				send("ada", "ada", quire.KindTurn)
			case elsewhere:
				send("mia", "ben", quire.KindMail)
			case flags:
				ids++ // each time another change
				set, clear := quire.FlagHandled|quire.FlagNotified, quire.Flags(0)
				if ids%2 == 0 {
					set, clear = quire.FlagHandled, quire.FlagNotified
				}
				_, err := m.Commit(t.Context(), mailbox.Commit{Address: "ada", Flags: []mailbox.FlagChange{{UID: 1, Set: set, Clear: clear}}})
				assert.NoError(t, err)
			}
		}
	}
	st, err := m.Status(t.Context(), "ada")
	require.NoError(t, err)
	happen(s.before)
	began := time.Now()
	woken := make(chan mailbox.Woken, 1)
	var looks atomic.Int64
	look := func() { happen(s.atLook[int(looks.Add(1))-1]) }
	waits := m
	if everywhere {
		waits = mailbox.New(points{d, look}, nil)
	}
	go func() {
		w, err := waits.Wait(t.Context(), "ada", mailbox.Wait{Since: st.State, Now: func() time.Time {
			look()
			return began
		}})
		assert.NoError(t, err)
		woken <- w
	}()
	for _, what := range s.blocked {
		synctest.Wait()
		happen([]int{what})
	}
	synctest.Wait()
	for looked := int64(-1); len(woken) == 0 && looked < looks.Load(); {
		looked = looks.Load()
		happen([]int{elsewhere}) // it looks once more, which may be when its mail comes
		synctest.Wait()
	}
	w := <-woken
	assert.True(t, w.Matched)
	assert.Zero(t, time.Since(began), "woken by mail, not by a time-out")
}
