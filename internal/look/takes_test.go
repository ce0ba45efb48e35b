package look

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/agent"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/mailbox/memstore"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/price"
	"github.com/quire-dev/quire/providers/scripted"
)

// What Takes reads of a receipt is what DecodeReceipt does, of calls that went well and of
// those that failed before them.
func TestTakesReadsWhatReceiptsSay(t *testing.T) {
	s := memstore.New(nil)
	defer s.Close()
	profile, _ := models.Find("claude-sonnet-5")
	fails := false
	model := scripted.Func(func(_ context.Context, n int, _ *quire.Prompt) (*quire.Reply, error) {
		if fails = n%9 == 4 && !fails; fails {
			return nil, errors.New("out of order")
		}
		reply := scripted.Text(fmt.Sprint("call ", n))
		if n%3 > 0 {
			reply = scripted.Call("mail_find", `{"text":"news"}`)
		}
		reply.Usage = quire.Usage{Input: 100 + n, CachedInput: 50, Output: 7}
		return &reply, nil
	})
	now := time.Date(2026, 11, 1, 23, 0, 0, 0, time.UTC)
	a, err := agent.New(s.Box("ada"), model, &agent.Options{Profile: profile, Budget: 3000, Now: func() time.Time { now = now.Add(time.Minute); return now },
		Sleep: func(context.Context, time.Duration) error { return nil }})
	require.NoError(t, err)
	for i := range 30 {
		_, err := s.Box("mia").Send(t.Context(), quire.Mail("ada", fmt.Sprint("News ", i), "There are some."))
		require.NoError(t, err)
		for range 2 { // the second goes on where the first failed
			_, _ = a.Turn(t.Context())
		}
	}
	type seen struct {
		spent []Spent
		mail  map[quire.UID]quire.Kind
		compose.Receipt
	}
	of := func(r *compose.Receipt) seen {
		one := seen{SpentIn(r, time.Time{}), map[quire.UID]quire.Kind{}, compose.Receipt{Call: r.Call, Full: r.Full, Budget: r.Budget, Used: r.Used, Usage: r.Usage, Time: r.Time, Arrived: r.Arrived, Setup: r.Setup}}
		for _, d := range r.Decisions {
			one.mail[d.UID] = d.Kind
		}
		return one
	}
	_, st, err := State(t.Context(), s, "ada")
	require.NoError(t, err)
	var want, got []seen
	failed := 0
	require.NoError(t, Receipts(t.Context(), s, "ada", 1, st.Calls(), func(r *compose.Receipt) error {
		failed += len(r.Failed)
		want = append(want, of(r))
		return nil
	}))
	require.NoError(t, Takes(t.Context(), s, "ada", 1, st.Calls(), func(r *compose.Receipt) error {
		got = append(got, of(r))
		return nil
	}))
	assert.Greater(t, len(want), Every, "more than one full receipt")
	assert.Positive(t, failed)
	assert.Equal(t, want, got)
	for _, bad := range []string{"", "{", `{"v":2}`, `{"v":1,"call":"x"}`} {
		_, plain := compose.DecodeReceipt([]byte(bad))
		_, err := decodeTaken([]byte(bad))
		require.Error(t, err)
		assert.Equal(t, plain, err)
	}
}

func TestAmountsAreOfOneLength(t *testing.T) {
	for m, want := range map[price.Money]string{0: "$0.00", 7: "$0.000007", 2568: "$0.0026", 214_000: "$0.2140", 99 * price.Dollar: "$99.0000", 1234_567_890: "$1234.57"} {
		assert.Equal(t, want, Amount(m))
	}
}
