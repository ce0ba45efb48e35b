package sqlitestore

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
)

const (
	inTail  = "SELECT count(*) FROM tail"
	inIndex = "SELECT count(*) FROM search_docsize"
)

// tailed is a store with messages "Job 1" to "Job n", in the mailbox of ada.
func tailed(t *testing.T, n int) (s *Store, path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "mail.db")
	s, err := Open(t.Context(), path, nil)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.Close()) })
	for i := range n {
		_, err := s.Box("mia").Send(t.Context(), job(i+1))
		require.NoError(t, err)
	}
	return s, path
}

func job(n int) quire.Draft {
	return quire.Draft{ID: quire.MessageID(fmt.Sprint("job-", n)), To: []quire.Address{"ada"}, Subject: fmt.Sprint("Job ", n), Parts: []quire.Part{quire.Text{Text: fmt.Sprint("common word", n)}}}
}

func hits(t *testing.T, s *Store, text string) (uids []quire.UID) {
	t.Helper()
	page, err := s.Query(t.Context(), "ada", mailbox.Query{Text: text, Limit: 200})
	require.NoError(t, err)
	for _, row := range page.Rows {
		uids = append(uids, row.UID)
	}
	return uids
}

// A message is found as soon as it is sent, whether its terms are in the tail or in the index.
func TestTheTailGoesToTheIndexTogether(t *testing.T) {
	s, path := tailed(t, 0)
	for i := 1; i <= 70; i++ {
		_, err := s.Box("mia").Send(t.Context(), job(i))
		require.NoError(t, err)
		assert.Equal(t, []quire.UID{quire.UID(i)}, hits(t, s, fmt.Sprint("word", i)))
		assert.Len(t, hits(t, s, "common"), i)
		assert.Empty(t, hits(t, s, "wor"), "a part of a word")
	}
	assert.Equal(t, 70-64, number(t, path, inTail))
	assert.Equal(t, 64, number(t, path, inIndex))
	var many []quire.Draft
	for i := 71; i <= 170; i++ {
		many = append(many, job(i))
	}
	_, err := s.Commit(t.Context(), mailbox.Commit{Address: "mia", Sends: many})
	require.NoError(t, err)
	assert.Equal(t, 0, number(t, path, inTail), "what follows in the same commit is not kept apart")
	assert.Equal(t, 170, number(t, path, inIndex))
	for _, i := range []int{1, 64, 65, 96, 170} {
		assert.Equal(t, []quire.UID{quire.UID(i)}, hits(t, s, fmt.Sprint("word", i)))
	}
	assert.Len(t, hits(t, s, "common"), 170)
}

// Each search reads the tail, so what is long is not kept in it.
func TestLongTextsAreNotInTheTail(t *testing.T) {
	s, path := tailed(t, 3)
	long := job(4)
	var b strings.Builder
	for i := range 3000 {
		fmt.Fprint(&b, "other", i, " ")
	}
	long.Parts = append(long.Parts, quire.Text{Text: b.String()})
	for _, d := range []quire.Draft{long, job(5)} {
		_, err := s.Box("mia").Send(t.Context(), d)
		require.NoError(t, err)
	}
	assert.Equal(t, 4, number(t, path, inTail))
	assert.Equal(t, 1, number(t, path, inIndex))
	assert.ElementsMatch(t, []quire.UID{1, 2, 3, 4, 5}, hits(t, s, "common"))
	assert.Equal(t, []quire.UID{4}, hits(t, s, "other7"))
}

func TestWhatLeavesLeavesTheTail(t *testing.T) {
	s, path := tailed(t, 5)
	_, err := s.Expunge(t.Context(), "ada", []quire.UID{2})
	require.NoError(t, err)
	assert.Equal(t, 4, number(t, path, inTail))
	_, err = s.Forget(t.Context(), mailbox.Forget{Messages: []quire.MessageID{"job-3"}})
	require.NoError(t, err)
	assert.Equal(t, 3, number(t, path, inTail))
	assert.Equal(t, []quire.UID{5, 4, 1}, hits(t, s, "common"))
	assert.Empty(t, hits(t, s, "word2 word3"))
	require.NoError(t, s.Rebuild(t.Context()))
	assert.Equal(t, 0, number(t, path, inTail))
	assert.Equal(t, []quire.UID{5, 4, 1}, hits(t, s, "common"))
}

// What a commit that failed added to the tail is taken back with it, and so is what it brought
// from there to the index.
func TestAFailedCommitLeavesTheTail(t *testing.T) {
	s, path := tailed(t, 31)
	_, err := s.Commit(t.Context(), mailbox.Commit{Address: "mia", Sends: []quire.Draft{job(32), {ID: "job-1", To: []quire.Address{"ada"}, Subject: "Another"}}})
	require.ErrorIs(t, err, mailbox.ErrConflict)
	assert.Equal(t, 31, number(t, path, inTail))
	assert.Equal(t, 0, number(t, path, inIndex))
	assert.Empty(t, hits(t, s, "word32"))
	_, err = s.Box("mia").Send(t.Context(), job(32))
	require.NoError(t, err)
	assert.Equal(t, 0, number(t, path, inTail))
	assert.Len(t, hits(t, s, "common"), 32)
}

// Another store on the same file finds what is in the tail, and takes it along.
func TestStoresShareTheTail(t *testing.T) {
	s, path := tailed(t, 20)
	o, err := Open(t.Context(), path, nil)
	require.NoError(t, err)
	defer o.Close()
	assert.Len(t, hits(t, o, "common"), 20)
	for i := 21; i <= 32; i++ {
		_, err := o.Box("mia").Send(t.Context(), job(i))
		require.NoError(t, err)
	}
	assert.Equal(t, 0, number(t, path, inTail))
	assert.Len(t, hits(t, s, "common"), 32)
}
