package compose

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/resident"
)

// The tombstone at the front goes only where nothing else makes the log fit: also after an
// earlier try for which it had to.
func TestTheFrontKeepsItsTombstoneWhereItFits(t *testing.T) {
	for _, c := range []struct {
		used  int
		front bool
	}{{90, true}, {110, true}, {130, false}} { // without the second one: 70, 90, 110
		stone := func() resident.Entry {
			return resident.Entry{Tombstone: &resident.Tombstone{First: 1, Last: 1, Messages: 1, Tokens: 20}}
		}
		user := resident.Entry{Spans: []resident.Span{{UID: 2, Role: quire.RoleUser}}}
		l := &leaving{w: &work{in: &Input{}, room: 100, stoneless: true}, used: c.used,
			log: []resident.Entry{stone(), user, stone(), user}, old: []int{-1, 1, -1, 3}, stones: []int{0, 2}}
		l.thin()
		require.Equal(t, c.front, l.log[0].Tombstone != nil, "%d tokens", c.used)
		require.Len(t, l.log, map[bool]int{true: 3, false: 2}[c.front])
	}
}
