package sqlitestore

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"

	"github.com/quire-dev/quire/internal/raced"
)

func drivertestMail(to quire.Address) quire.Draft {
	return quire.Draft{To: []quire.Address{to}, Subject: "hello", Parts: []quire.Part{quire.Text{Text: "hello"}}}
}

// Whatever was deleted, moved or replaced in tables and indexes of any shape is gone
// after a scrub, and all else stands as it stood.
func TestAScrubLeavesWhatIsThereAndNothingElse(t *testing.T) {
	raced.Skip(t)
	path := t.TempDir() + "/x.db"
	s, err := Open(t.Context(), path, nil)
	require.NoError(t, err)
	defer s.Close()
	rnd := rand.New(rand.NewPCG(1, 2))
	db := s.file.write.db
	run := func(query string, args ...any) {
		t.Helper()
		_, err := db.ExecContext(t.Context(), query, args...)
		require.NoError(t, err)
	}
	run("CREATE TABLE one (id INTEGER PRIMARY KEY, a TEXT, b BLOB)")
	run("CREATE INDEX one_a ON one (a)")
	run("CREATE TABLE two (a TEXT, b TEXT, PRIMARY KEY (a, b)) WITHOUT ROWID")
	gone := map[string]bool{}
	word := func(i int) string { return fmt.Sprintf("secret-%06d-%08x", i, rnd.Uint32()) }
	there := map[int]string{}
	for i := range 3000 {
		w := word(i)
		body := strings.Repeat(w+" ", 1+rnd.IntN(40))
		if i%50 == 0 {
			body = strings.Repeat(w+" ", 1000)
		}
		run("INSERT INTO one (id, a, b) VALUES (?, ?, ?)", rnd.IntN(1<<30)*3000+i, w, []byte(body))
		run("INSERT INTO two (a, b) VALUES (?, ?)", w, body[:min(len(body), 3000)])
		there[i] = w
		if i%3 == 2 {
			k := rnd.IntN(i)
			if old, ok := there[k]; ok {
				run("DELETE FROM one WHERE a = ?", old)
				run("DELETE FROM two WHERE a = ?", old)
				gone[old] = true
				delete(there, k)
			}
		}
	}
	require.NoError(t, s.file.Scrub(t.Context()))
	file, err := os.ReadFile(path)
	require.NoError(t, err)
	for w := range gone {
		require.False(t, bytes.Contains(file, []byte(w)), w)
		require.False(t, bytes.Contains(file, []byte(w[8:])), w)
	}
	assert.Equal(t, "ok", text(t, path, "PRAGMA integrity_check"))
	assert.Equal(t, fmt.Sprint(len(there)), text(t, path, "SELECT count(*) FROM one"))
	for _, w := range there {
		require.True(t, bytes.Contains(file, []byte(w)), w)
	}
}
