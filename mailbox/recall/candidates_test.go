package recall

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/memstore"
)

// older are the numbers of the candidates, of n messages of which some say something.
func older(t *testing.T, n int, says map[int]string, c mailbox.Candidates) (uids []quire.UID) {
	t.Helper()
	store := memstore.New(nil)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	for i := 1; i <= n; i++ {
		text, ok := says[i]
		if !ok {
			text = "nothing much"
		}
		_, err := store.Commit(t.Context(), mailbox.Commit{Address: "bob", Now: time.Unix(int64(i), 0),
			Sends: []quire.Draft{{ID: quire.MessageID(fmt.Sprint("m", i)), To: []quire.Address{"ada"}, Kind: quire.KindMail, Parts: []quire.Part{quire.Text{Text: text}}}}})
		require.NoError(t, err)
	}
	found, err := store.Candidates(t.Context(), "ada", c)
	require.NoError(t, err)
	for _, w := range found.Weights {
		uids = append(uids, w.UID)
	}
	return uids
}

// TestWhatStandsBesideCountsForACandidate: where several messages have a question's words,
// more is to be found than at one that happens to have one word more.
func TestWhatStandsBesideCountsForACandidate(t *testing.T) {
	says := map[int]string{10: "walnut boat", 11: "boat varnish", 12: "varnish walnut", 30: "walnut boat varnish"}
	got := older(t, 40, says, mailbox.Candidates{Text: "walnut boat varnish", Below: 41, Limit: 1})
	assert.Equal(t, []quire.UID{10, 11, 12}, got)
}

// TestCandidatesBesideEachOtherLeaveRoom: what stands beside two of them is read once, and
// others are read in its place.
func TestCandidatesBesideEachOtherLeaveRoom(t *testing.T) {
	says := map[int]string{10: "walnut boat", 11: "walnut boat", 30: "walnut"}
	got := older(t, 40, says, mailbox.Candidates{Text: "walnut boat", Below: 41, Limit: 2})
	assert.Equal(t, []quire.UID{9, 10, 11, 12, 29, 30, 31}, got)
}

// TestACommonWordCountsInAnOlderMessage: of a word that many have, more are looked at than
// the newest few hundred.
func TestACommonWordCountsInAnOlderMessage(t *testing.T) {
	says := map[int]string{220: "boat varnish", 500: "varnish"}
	for i := 222; i <= 600; i++ {
		if i < 499 || i > 501 {
			says[i] = "boat"
		}
	}
	got := older(t, 600, says, mailbox.Candidates{Text: "boat varnish", Below: 601, Limit: 1})
	assert.Equal(t, []quire.UID{219, 220, 221}, got)
}

// TestALargeSheetIsChosenFromMore: of more messages than a search scores.
func TestALargeSheetIsChosenFromMore(t *testing.T) {
	says := map[int]string{}
	for i := 1; i <= 700; i++ {
		says[i] = "boat"
	}
	assert.Len(t, older(t, 700, says, mailbox.Candidates{Text: "boat", Below: 701, Limit: 300}), 700)
}

// TestAllMayBeWanted: a limit beyond what there is costs nothing.
func TestAllMayBeWanted(t *testing.T) {
	for _, limit := range []int{1 << 20, math.MaxInt/4 + 1, math.MaxInt} {
		got := older(t, 40, map[int]string{10: "walnut"}, mailbox.Candidates{Text: "walnut", Below: 41, Limit: limit})
		assert.Equal(t, []quire.UID{9, 10, 11}, got)
	}
}
