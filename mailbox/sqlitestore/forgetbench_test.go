package sqlitestore_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/sqlitestore"
)

// TestForgetAmongMany measures how long it takes to forget one of a hundred senders
// among QUIRE_FORGET messages in twenty mailboxes, and how long a writer waits meanwhile
// and before. It makes the file QUIRE_FORGET_FILE unless it is there, and forgets another
// sender each time.
func TestForgetAmongMany(t *testing.T) {
	n, err := strconv.Atoi(os.Getenv("QUIRE_FORGET"))
	if err != nil {
		t.Skip("QUIRE_FORGET says how many messages")
	}
	path := os.Getenv("QUIRE_FORGET_FILE")
	if path == "" {
		path = t.TempDir() + "/mail.db"
	}
	_, missing := os.Stat(path)
	s, err := sqlitestore.Open(t.Context(), path, &sqlitestore.Options{Normal: true, Rules: mailbox.Rules{Limits: mailbox.Limits{Pending: 1 << 30, PendingBytes: 1 << 50, PendingTokens: 1 << 50, Rate: 1 << 30}}})
	require.NoError(t, err)
	defer s.Close()
	if missing != nil {
		began := time.Now()
		fill(t, s.Store, n)
		t.Logf("filled in %s", time.Since(began))
	}
	who, err := strconv.Atoi(os.Getenv("QUIRE_FORGET_WHO"))
	if err != nil {
		who = 7
	}
	before := writing(t, s.Store, func() { time.Sleep(3 * time.Second) })
	var cert mailbox.Certificate
	began := time.Now()
	during := writing(t, s.Store, func() {
		cert, err = s.Forget(t.Context(), mailbox.Forget{From: quire.Address(fmt.Sprintf("sender%d", who))})
		require.NoError(t, err)
	})
	t.Logf("%d messages forgotten in %s, %d quotes; a writer waited: before %s; meanwhile %s", len(cert.Messages), time.Since(began), len(cert.Quotes), before, during)
}

// writing commits every few milliseconds while f runs, and says how long that took.
func writing(t *testing.T, s *mailbox.Store, f func()) string {
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	var took []time.Duration
	wg.Go(func() {
		for ctx.Err() == nil {
			began := time.Now()
			_, err := s.Box("writer").Send(context.WithoutCancel(ctx), quire.Draft{To: []quire.Address{"box1"}, Parts: []quire.Part{quire.Text{Text: "hello there"}}})
			if err != nil {
				t.Error(err)
				return
			}
			took = append(took, time.Since(began))
			time.Sleep(4 * time.Millisecond)
		}
	})
	f()
	stop()
	wg.Wait()
	most, over := time.Duration(0), 0
	for _, d := range took {
		if most = max(most, d); d > 50*time.Millisecond {
			over++
		}
	}
	return fmt.Sprintf("most %s, %d of %d over 50 ms", most, over, len(took))
}

func fill(t *testing.T, s *mailbox.Store, n int) {
	rnd := rand.New(rand.NewPCG(3, 4))
	words := make([]string, 20_000)
	for i := range words {
		for range 3 + rnd.IntN(7) {
			words[i] += string(rune('a' + rnd.IntN(26)))
		}
	}
	zipf := rand.NewZipf(rnd, 1.1, 5, uint64(len(words)-1))
	day := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	const batch = 500
	for i := 0; i < n; i += batch {
		from := quire.Address(fmt.Sprintf("sender%d", i/batch%100))
		var sends []quire.Draft
		for k := range batch {
			var b strings.Builder
			for range 20 + rnd.IntN(30) {
				b.WriteString(words[zipf.Uint64()] + " ")
			}
			sends = append(sends, quire.Draft{ID: quire.MessageID(fmt.Sprintf("01890000-0000-7000-8000-%012d", i+k)), To: []quire.Address{quire.Address(fmt.Sprintf("box%d", rnd.IntN(20)))},
				Subject: "Message " + strconv.Itoa(i+k), Parts: []quire.Part{quire.Text{Text: b.String()}}})
		}
		_, err := s.Commit(t.Context(), mailbox.Commit{Address: from, Sends: sends, Now: day.Add(time.Duration(i) * time.Second)})
		require.NoError(t, err)
	}
}
