package compose_test

import (
	"iter"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/policy"
)

// latestSeen notes what is latest of each message.
type latestSeen struct {
	policy.Policy
	of map[quire.UID]int
}

func (p latestSeen) Victims(v *policy.View) iter.Seq[policy.Victim] {
	for i := range v.Units {
		p.of[v.Units[i].UID] = v.Units[i].Latest
	}
	return p.Policy.Victims(v)
}

// A call failed, and then the same results come in another order: a memo does not
// remember the order of a call that never was.
func TestAMemoForgetsTheOrderOfACallThatFailed(t *testing.T) {
	s := newScript(t)
	seen := latestSeen{policy.OldestFirst, map[quire.UID]int{}}
	s.o.Policy = seen
	for _, line := range []string{"mail 1 from=mia: Look.", "call", "turn 2: call c1 read {}; call c2 read {}",
		"result 3 c1: pkg/both.go and pkg/three.go", "result 4 c2: pkg/both.go", "call fails"} {
		require.NoError(t, s.run(line))
	}
	n := len(s.arrived)
	require.Equal(t, quire.UID(4), s.arrived[n-1].UID)
	s.arrived[n-1], s.arrived[n-2] = s.arrived[n-2], s.arrived[n-1]
	in := s.in
	in.State, in.Arrived, in.Now, in.Body = s.state, s.arrived, s.now, s.body
	for _, memo := range []*compose.Scratch{nil, &s.memo} {
		in.Scratch = memo
		clear(seen.of)
		_, err := s.composer().Plan(in)
		require.NoError(t, err)
		require.Equal(t, 2, seen.of[3], "memo %v", memo != nil)
		require.Equal(t, 0, seen.of[4], "memo %v", memo != nil)
	}
}

// Nor does it forget what came in a call that failed, was missing in the next one, which
// failed too, and then comes again.
func TestAMemoCountsWhatComesAgain(t *testing.T) {
	s := newScript(t)
	seen := latestSeen{policy.OldestFirst, map[quire.UID]int{}}
	s.o.Policy = seen
	for _, line := range []string{"mail 1 from=mia: See pkg/both.go", "call", "turn 2: Yes.", "call fails"} {
		_ = s.run(line)
	}
	for _, line := range []string{"mail 3 from=mia: Now pkg/both.go and pkg/three.go", "mail 4 from=bo: Or pkg/both.go"} {
		require.NoError(t, s.run(line))
	}
	turn, a, b := s.arrived[0], s.arrived[1], s.arrived[2]
	for _, arrived := range [][]quire.Item{{turn, a}, {turn, b}, {turn, a}} {
		in := s.in
		in.State, in.Arrived, in.Now, in.Body, in.Scratch = s.state, arrived, s.now, s.body, &s.memo
		clear(seen.of)
		_, err := s.composer().Plan(in)
		require.NoError(t, err)
		require.Equal(t, map[quire.UID]int{3: 2, 4: 1}[arrived[1].UID], seen.of[arrived[1].UID])
		require.Equal(t, 0, seen.of[1])
	}
}
