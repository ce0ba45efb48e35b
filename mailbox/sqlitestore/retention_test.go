package sqlitestore_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/raced"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
	"github.com/quire-dev/quire/mailbox/sqlitestore"
)

// Under a retention of a week a file is after a year as large as it was after two months,
// and everything of the last week is there.
func TestAFileUnderRetentionStaysAsLargeAsItWas(t *testing.T) {
	raced.Skip(t)
	now := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	path := filepath.Join(t.TempDir(), "mail.db")
	s, err := sqlitestore.Open(t.Context(), path, &sqlitestore.Options{Normal: true, Clock: func() time.Time { return now }})
	require.NoError(t, err)
	defer s.Close()
	week := mailbox.Retention{Rules: []mailbox.Keep{{For: 7 * 24 * time.Hour}}, Records: 7 * 24 * time.Hour}
	call, rev, size := uint64(0), uint64(0), int64(0)
	for day := range 365 {
		for i := range 4 {
			now = now.Add(time.Hour)
			call++
			sends := []quire.Draft{{ID: mailbox.NewID(), Kind: quire.KindTurn, Parts: []quire.Part{quire.Text{Text: strings.Repeat(fmt.Sprintf("turn %d ", call), 100)}}},
				{ID: mailbox.NewID(), To: []quire.Address{"mia"}, Subject: "Report", Parts: []quire.Part{quire.Text{Text: strings.Repeat(fmt.Sprintf("word%d%d ", day, i), 200)}}}}
			done, err := s.Commit(t.Context(), mailbox.Commit{ID: fmt.Sprint("call ", call), Address: "ada", Rev: rev, Sends: sends, Agent: &driver.AgentState{State: []byte("{}"), Through: 1 << 40},
				Receipt: &driver.Receipt{Call: call, Time: now, Data: []byte(strings.Repeat("receipt ", 50))}})
			require.NoError(t, err)
			rev = done.Rev
			last := s.Box("mia")
			page, err := last.Find(t.Context(), mailbox.Query{Pending: true})
			require.NoError(t, err)
			for _, r := range page.Rows {
				_, err := s.Commit(t.Context(), mailbox.Commit{Address: "mia", Flags: []mailbox.FlagChange{{UID: r.UID, Set: quire.FlagHandled}}})
				require.NoError(t, err)
			}
		}
		now = now.Add(20 * time.Hour)
		_, err := s.Prune(t.Context(), week)
		require.NoError(t, err)
		if day == 60 {
			info, err := os.Stat(path)
			require.NoError(t, err)
			size = info.Size()
		}
	}
	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.Less(t, float64(info.Size()), 1.03*float64(size))
	st, err := s.Status(t.Context(), "mia")
	require.NoError(t, err)
	assert.Equal(t, 28, st.Total, "four a day")
	list, err := s.Receipts(t.Context(), "ada", 0, 1<<62)
	require.NoError(t, err)
	assert.Len(t, list, 28)
	t.Logf("%d bytes after two months, %d after a year", size, info.Size())
}
