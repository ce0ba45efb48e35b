package agent

import (
	"os"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/internal/raced"
)

// stepsTried is how many steps adversarial readers make: a few, or what QUIRE_STEPS says.
func stepsTried(t *testing.T) int {
	n, err := strconv.Atoi(os.Getenv("QUIRE_STEPS"))
	if os.Getenv("QUIRE_STEPS") == "" {
		return 2000
	}
	require.NoError(t, err, "QUIRE_STEPS")
	return n
}

// TestATurnGetsOnWhateverTheReaderDoes: under each policy, schedule and row, what was
// pulled in a turn stands until something says otherwise, mail that waits stands, no
// pull pushes out the same thing twice, and each turn ends.
func TestATurnGetsOnWhateverTheReaderDoes(t *testing.T) {
	steps, turns, spins := 0, 0, 0
	for seed := uint64(0); steps < raced.Fewer(stepsTried(t)); seed++ {
		x := newTrial(t, seed)
		x.life(4)
		steps, turns, spins = steps+x.steps, turns+x.turns, spins+x.spins
	}
	t.Logf("%d steps, %d turns, %d turns that spin", steps, turns, spins)
	require.Zero(t, spins)
}

// planned holds each plan against what the turn was promised.
func (x *trial) planned(p *compose.Plan) {
	st := &p.Next
	if p.Bound > p.Budget {
		x.fail("%d of %d tokens", p.Bound, p.Budget)
	}
	if x.last != nil {
		x.judge(p)
	}
	for _, s := range st.Items() {
		if s.Entered == st.Calls() && s.Role == quire.RoleUser && s.Kind == quire.KindMail {
			x.wakes[s.UID] = true
		}
	}
	x.last = p
}

// judge compares a plan with the one before.
func (x *trial) judge(p *compose.Plan) {
	st := &p.Next
	forced := x.more(p)
	for uid := range x.stands {
		if st.Resident(uid) {
			continue
		}
		if !forced || x.mightStay(p, took(p, &x.last.Next, uid)) {
			x.fail("%s was pulled in this turn and has left (more came: %t), and took %d\n%s", uid, forced, took(p, &x.last.Next, uid), written(p))
		}
		delete(x.stands, uid)
	}
	left := map[quire.UID]bool{}
	for _, uid := range p.Left {
		for _, of := range shownIn(&x.last.Next, uid) {
			left[of] = x.last.Next.Resident(of) && !st.Resident(of)
		}
	}
	again := false
	for uid, gone := range left {
		if gone {
			x.left[uid]++
			again = again || x.left[uid] > 1 && !forced
		}
	}
	if again {
		x.spins++
		x.fail("a pull pushed something out twice: %v\n%s", x.left, written(p))
	}
	x.judgeMail(p)
}

// judgeMail holds the mail of the turn against what it was promised.
func (x *trial) judgeMail(p *compose.Plan) {
	for uid := range x.wakes {
		sp := spanOf(&p.Next, uid)
		switch {
		case sp == nil && p.Next.Resident(uid):
		case sp == nil && x.mightStay(p, min(took(p, &x.last.Next, uid), 150)):
			x.fail("%s waits and has left\n%s", uid, written(p))
		case sp == nil:
			delete(x.wakes, uid)
		case sp.Fate != compose.FateIn && sp.Keep < 160:
			x.fail("%s stands with %d bytes\n%s", uid, sp.Keep, written(p))
		}
	}
}
