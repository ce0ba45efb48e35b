package sqlitestore_test

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
	"github.com/quire-dev/quire/mailbox/sqlitestore"
)

// killedFile, when it is set, makes the test binary the process that is killed.
const killedFile = "QUIRE_KILLED_FILE"

func TestMain(m *testing.M) {
	if path := os.Getenv(sharedFile); path != "" {
		if err := sendSome(context.Background(), path, quire.Address(os.Getenv(sharedBy))); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if path := os.Getenv(killedFile); path != "" {
		if err := writeUntilKilled(context.Background(), path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	if path := os.Getenv(forgettingFile); path != "" {
		if err := forgetEve(context.Background(), path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if path := os.Getenv(speakingFile); path != "" {
		fmt.Fprintln(os.Stderr, speakUntilKilled(context.Background(), path))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// step is the nth commit of the process that is killed: it changes something of
// every kind, in two mailboxes, and its content is in several chunks.
func step(n uint64) mailbox.Commit {
	text := strings.Repeat(fmt.Sprintf("step %d ", n), 20_000)
	return mailbox.Commit{
		ID: fmt.Sprint("step-", n), Address: "ada", Rev: n - 1, Now: day,
		Agent: &driver.AgentState{State: []byte(fmt.Sprint(n)), Through: quire.UID(n), Holds: []quire.UID{1, quire.UID(n + 1)}},
		Sends: []quire.Draft{
			{ID: quire.MessageID(fmt.Sprint("turn-", n)), Kind: quire.KindTurn, Parts: []quire.Part{quire.Text{Text: text}}},
			{ID: quire.MessageID(fmt.Sprint("mail-", n)), To: []quire.Address{"ben"}, Parts: []quire.Part{quire.Text{Text: "word" + strconv.FormatUint(n, 10)}}},
		},
		Receipt: &driver.Receipt{Call: n, Time: day, Data: []byte("r")},
		Journal: []driver.JournalEntry{{Step: fmt.Sprint(n), Status: driver.JournalDone}}, Done: []string{fmt.Sprint(n - 1)},
	}
}

// writeUntilKilled commits steps and prints the number of each that got through.
func writeUntilKilled(ctx context.Context, path string) error {
	s, err := sqlitestore.Open(ctx, path, nil)
	if err != nil {
		return err
	}
	snap, err := s.Snapshot(ctx, "ada")
	for n := snap.Rev + 1; err == nil; n++ {
		if _, err = s.Commit(ctx, step(n)); err == nil {
			fmt.Println(n)
		}
	}
	return err
}

// crashes is how many times a process is killed: QUIRE_CRASHES, if it is set.
func crashes(t *testing.T) int {
	n, err := strconv.Atoi(cmp.Or(os.Getenv("QUIRE_CRASHES"), "12"))
	require.NoError(t, err, "QUIRE_CRASHES")
	if testing.Short() {
		return min(n, 3)
	}
	return n
}

func TestWhatWasAcknowledgedOutlivesAKill(t *testing.T) {
	const rounds = 25 // with one file, for its check to stay quick
	seed := uint64(time.Now().UnixNano())
	rnd := rand.New(rand.NewPCG(seed, 0))
	path, steps, before := "", uint64(0), uint64(0)
	for round := range crashes(t) {
		if round%rounds == 0 {
			path, before = file(t), 0
		}
		acknowledged := runAndKill(t, path, 1+rnd.IntN(12), time.Duration(rnd.IntN(4000))*time.Microsecond)
		require.Equal(t, []string{"ok"}, integrity(t, path), "round %d, seed %d", round, seed)
		s, err := sqlitestore.Open(t.Context(), path, nil)
		require.NoError(t, err)
		wholeSteps(t, s, acknowledged)
		require.NoError(t, s.Close(), "round %d", round)
		steps, before = steps+acknowledged-before, acknowledged
	}
	t.Logf("%d processes killed, %d commits acknowledged", crashes(t), steps)
}

// integrity is what SQLite finds in the file: "ok" alone.
func integrity(t *testing.T, path string) (found []string) {
	t.Helper()
	c := raw(t, path)
	rows, err := c.QueryContext(t.Context(), "PRAGMA integrity_check")
	require.NoError(t, err)
	for rows.Next() {
		var line string
		require.NoError(t, rows.Scan(&line))
		found = append(found, line)
	}
	require.NoError(t, rows.Err())
	require.NoError(t, c.Close())
	return found
}

// runAndKill runs the process until it has acknowledged some steps, kills it a
// little later, and returns the last step that it acknowledged.
func runAndKill(t *testing.T, path string, steps int, later time.Duration) (last uint64) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), killedFile+"="+path)
	var complaint strings.Builder
	cmd.Stderr = &complaint
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	lines := bufio.NewScanner(out)
	for got := 0; lines.Scan(); got++ {
		n, err := strconv.ParseUint(lines.Text(), 10, 64)
		require.NoError(t, err)
		last = n
		if got == steps {
			time.AfterFunc(later, func() { _ = cmd.Process.Kill() }) // the process can't have ended: its pipe is open
		}
	}
	assert.Error(t, cmd.Wait(), "it was killed")
	require.Empty(t, complaint.String())
	require.NotZero(t, last)
	return last
}

// wholeSteps sees that all steps up to the acknowledged one are there, perhaps
// one more, and each of them whole.
func wholeSteps(t *testing.T, s *sqlitestore.Store, acknowledged uint64) {
	t.Helper()
	ctx := t.Context()
	snap, err := s.Snapshot(ctx, "ada")
	require.NoError(t, err)
	n := snap.Rev
	require.GreaterOrEqual(t, n, acknowledged)
	require.LessOrEqual(t, n, acknowledged+1)
	last := step(n)
	assert.Equal(t, *last.Agent, snap.Agent)
	assert.Equal(t, last.Journal, snap.Journal)
	for _, who := range []quire.Address{"ada", "ben"} {
		assert.Equal(t, n, uint64(status(t, s, who).Total), who)
		assert.Equal(t, quire.UID(n+1), status(t, s, who).NextUID, who)
	}
	receipts, err := s.Receipts(ctx, "ada", 1, n+9)
	require.NoError(t, err)
	assert.Len(t, receipts, int(n))
	for _, i := range []uint64{1, (n + 1) / 2, n} {
		items, err := s.Get(ctx, "ada", mailbox.Get{UIDs: []quire.UID{quire.UID(i)}})
		require.NoError(t, err)
		require.Len(t, items, 1)
		text, err := s.Content(ctx, "ada", items[0].Parts[0].(quire.Blob).Digest, 0, 0)
		require.NoError(t, err)
		assert.Equal(t, step(i).Sends[0].Parts[0].(quire.Text).Text, string(text))
		page, err := s.Query(ctx, "ben", mailbox.Query{Text: "word" + strconv.FormatUint(i, 10), Now: day})
		require.NoError(t, err)
		require.Len(t, page.Rows, 1)
	}
	again, err := s.Commit(ctx, last)
	require.NoError(t, err)
	assert.True(t, again.Replayed)
}
