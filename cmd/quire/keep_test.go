package main

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/sqlitestore"
)

func TestACopyHasAll(t *testing.T) {
	place(t)
	ok(t, "send", "--box", "mia", "--to", "ada", "--id", "m1", "Hello")
	dir := t.TempDir()
	copied := filepath.Join(dir, "copy.db")
	ok(t, "backup", copied)
	ok(t, "send", "--box", "mia", "--to", "ada", "--id", "m2", "Later")
	assert.Len(t, inJSON[listed](t, "find", "--db", copied, "--box", "ada").Messages, 1)
	r := do(t, "", "backup", copied)
	assert.Equal(t, exitFailed, r.code)
	assert.Contains(t, r.stderr, "already")

	lines := filepath.Join(dir, "mail.jsonl")
	ok(t, "export", "--out", lines)
	assert.Equal(t, exitFailed, do(t, "", "export", "--out", lines).code, "a file that is there is left alone")
	b, err := os.ReadFile(lines)
	require.NoError(t, err)
	assert.Equal(t, string(b), ok(t, "export"), "the standard output gets the same")
	assert.Equal(t, exitFailed, do(t, "", "export", "nobody").code)

	restored := filepath.Join(dir, "restored.db")
	ok(t, "import", "--db", restored, "--restore", lines)
	assert.Equal(t, ok(t, "find", "--box", "ada"), ok(t, "find", "--db", restored, "--box", "ada"))
	again := do(t, string(b), "import", "--db", restored, "--restore")
	assert.Zero(t, again.code)
	assert.Contains(t, again.out, "0 messages added, 2 were there already")

	claimed := filepath.Join(dir, "claimed.db")
	ok(t, "import", "--db", claimed, "--to", "bo", lines)
	m := inJSON[listed](t, "find", "--db", claimed, "--box", "bo").Messages
	require.Len(t, m, 2)
	assert.Equal(t, quire.TrustExternal, m[0].Trust)

	r = do(t, "no lines\n", "import", "--db", claimed)
	assert.Equal(t, exitFailed, r.code)
	mbox := ok(t, "export", "--mbox", "ada")
	assert.Equal(t, 2, strings.Count(mbox, "\nSubject:")+strings.Count(mbox, "\nMessage-Id:")+strings.Count(mbox, "\nMessage-ID:"), mbox)
	r = do(t, mbox, "import", "--db", filepath.Join(dir, "mbox.db"), "--mbox", "--to", "cy")
	assert.Zero(t, r.code, r.stderr)
	assert.Contains(t, r.out, "2 messages added")
	for _, args := range [][]string{{"backup"}, {"import", "a", "b"}, {"import", "--mbox"}, {"import", "--mbox", "--to", "a", "--restore"}, {"export", "--json"}} {
		assert.Equal(t, exitUsage, do(t, "", args...).code, "%v", args)
	}
}

func TestNothingIsDestroyedByMistake(t *testing.T) {
	place(t)
	for i := range 3 {
		ok(t, "send", "--box", "mia", "--to", "ada,bo", "--id", fmt.Sprint("m", i), "Hello")
	}
	state := inJSON[listed](t, "find", "--box", "ada").State
	r := do(t, "", "expunge", "--box", "ada", "1", "2")
	assert.Equal(t, exitUsage, r.code)
	assert.Contains(t, r.stderr, "nothing was destroyed")
	assert.Len(t, inJSON[listed](t, "find", "--box", "ada").Messages, 3)
	assert.Equal(t, exitFailed, do(t, "", "expunge", "--box", "ada", "--yes", "1", "9").code, "all or none")
	assert.Len(t, inJSON[listed](t, "find", "--box", "ada").Messages, 3)
	ok(t, "expunge", "--box", "ada", "--yes", "1", "2")
	assert.Len(t, inJSON[listed](t, "find", "--box", "ada").Messages, 1)
	assert.Len(t, inJSON[listed](t, "find", "--box", "bo").Messages, 3, "others keep theirs")

	assert.Equal(t, exitUsage, do(t, "", "compact", "--before", "x").code)
	store, err := sqlitestore.Open(t.Context(), os.Getenv("QUIRE_DB"), nil)
	require.NoError(t, err)
	_, err = store.Changes(t.Context(), "ada", state, 0)
	require.NoError(t, err)
	assert.Contains(t, ok(t, "compact"), "ada: changes are known since")
	_, err = store.Changes(t.Context(), "ada", state, 0)
	require.ErrorIs(t, err, mailbox.ErrCannotCalculateChanges)
	require.NoError(t, store.Close())
}

// seen is what doctor prints.
type seen struct {
	Mailboxes, Messages int
	Findings            []trouble
}

// examined runs doctor, which finds something.
func examined(t *testing.T, kinds ...string) seen {
	t.Helper()
	r := do(t, "", "doctor", "--json")
	require.Equal(t, exitFailed, r.code, r.stderr)
	require.Empty(t, r.stderr)
	s := decoded[seen](t, r.out)
	var got []string
	for _, f := range s.Findings {
		assert.NotEmpty(t, f.Do)
		if len(got) == 0 || got[len(got)-1] != f.Kind {
			got = append(got, f.Kind)
		}
	}
	require.Equal(t, kinds, got, r.out)
	text := do(t, "", "doctor")
	assert.Equal(t, exitFailed, text.code)
	assert.Contains(t, text.out, "what to do: ")
	return s
}

func TestDoctorFindsWhatWaitsForSomebody(t *testing.T) {
	db := place(t)
	ok(t, "send", "--box", "mia", "--to", "ada", "Hello")
	assert.Equal(t, "all is well: 1 messages in 1 mailboxes\n", ok(t, "doctor"))
	store, err := sqlitestore.Open(t.Context(), db, nil)
	require.NoError(t, err)
	then := time.Now().Add(-48 * time.Hour)
	_, err = store.Box("ci").With(mailbox.BoxOptions{Now: func() time.Time { return then }}).Ask(t.Context(), quire.Mail("ada", "Deploy?", "Now?"), quire.Question{ReplyBy: then.Add(time.Hour)})
	require.NoError(t, err)
	_, err = store.Commit(t.Context(), mailbox.Commit{Address: "ada", Flags: []mailbox.FlagChange{{UID: 1, Set: quire.FlagDead | quire.FlagHandled}}})
	require.NoError(t, err)
	require.NoError(t, store.Close())
	found := examined(t, "dead", "overdue").Findings
	assert.Equal(t, quire.UID(1), found[0].Number)
	assert.Contains(t, found[1].Do, "quire answer --box ada 2")
	ok(t, "answer", "--box", "ada", "2", "no")
	examined(t, "dead")
	ok(t, "expunge", "--box", "ada", "--yes", "1")
	ok(t, "doctor")
}

func TestDoctorFindsDamage(t *testing.T) {
	db := place(t)
	live(t, db)
	assert.Contains(t, ok(t, "doctor"), "all is well")

	change(t, db, "DELETE FROM search_data WHERE id > 100")
	assert.Contains(t, examined(t, "file").Findings[0].Do, "--repair")
	ok(t, "doctor", "--repair")
	assert.NotEmpty(t, inJSON[listed](t, "find", "--box", "ada", "release").Messages, "the index is there again")

	change(t, db, "UPDATE receipt SET data = x'00' WHERE call = 7")
	assert.Contains(t, examined(t, "content").Findings[0].What, "7")
	change(t, db, "DELETE FROM receipt WHERE call = 7")
	ok(t, "doctor")

	change(t, db, "UPDATE message SET parts = x'01ff' WHERE id = 3")
	assert.Equal(t, quire.Address("ada"), examined(t, "content").Findings[0].Box)
	change(t, db, "PRAGMA user_version = 99")
	assert.Contains(t, examined(t, "open").Findings[0].Do, "newer")
	change(t, db, "PRAGMA user_version = 6")
	assert.Contains(t, examined(t, "open").Findings[0].Do, "--repair")
}

func TestDoctorGivesAnAdviceOnce(t *testing.T) {
	var out strings.Builder
	buffer := bufio.NewWriter(&out)
	c := checkup{request: &request{out: buffer}, found: []trouble{{Kind: "file", What: "page 3", Do: "copy it"}, {Kind: "file", What: "page 4", Do: "copy it"}, {Kind: "dead", What: "it", Do: "retry"}}}
	c.write()
	require.NoError(t, buffer.Flush())
	assert.Equal(t, "file: page 3\n  what to do: copy it\nfile: page 4\n  what to do: as above\ndead: it\n  what to do: retry\n", out.String())
}
