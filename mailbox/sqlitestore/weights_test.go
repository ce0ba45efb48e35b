package sqlitestore

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
)

// What is remembered of the first search does not show in the next ones.
func TestASearchFindsTheSameWhenItRemembers(t *testing.T) {
	ctx := t.Context()
	open := func(path string) *Store {
		s, err := Open(ctx, path, nil)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, s.Close()) })
		return s
	}
	path := filepath.Join(t.TempDir(), "mail.db")
	s := open(path)
	var sends []quire.Draft
	for i := range 700 {
		d := quire.Draft{ID: quire.MessageID(fmt.Sprint("m", i)), To: []quire.Address{"ada"}, Kind: quire.KindMail,
			Parts: []quire.Part{quire.Text{Text: fmt.Sprintf("common word%d word%d common%s", i%7, i%3, []string{"", " common common", " rare"}[i%3])}}}
		if i%5 == 0 {
			d.Kind = quire.KindEvent
		}
		sends = append(sends, d)
	}
	_, err := s.Commit(ctx, mailbox.Commit{Address: "mia", Sends: sends})
	require.NoError(t, err)
	queries := []mailbox.Query{
		{Text: "common"}, {Text: "word1 rare"}, {Text: "common rare word2", Below: 500}, {Text: "common", Above: 600}, {Text: "rare word1 word2", Below: 300, Limit: 60},
		{Text: "rare", Kinds: []quire.Kind{quire.KindEvent}}, {Text: "rare", Kinds: []quire.Kind{quire.KindMail}, Below: 400}, {Text: "rare", Below: 1},
		{Text: "common rare", Oldest: true}, {Text: "common", Has: quire.FlagHandled}, {Text: "rare word1", Collapse: true}, {Text: "rare", Below: 5000},
	}
	check := func() {
		fresh := open(path)
		for range 2 {
			for _, q := range queries {
				for pages := 0; ; pages++ {
					want, err := func() (mailbox.Page, error) {
						fresh.file.weights.forget()
						return fresh.Query(ctx, "ada", q)
					}()
					require.NoError(t, err)
					got, err := s.Query(ctx, "ada", q)
					require.NoError(t, err)
					require.Equal(t, want, got, "%+v", q)
					if q.Cursor = got.Next; !got.More || pages == 3 {
						break
					}
				}
			}
		}
	}
	check()
	_, err = s.Commit(ctx, mailbox.Commit{Address: "ada", Flags: []mailbox.FlagChange{{UID: 699, Set: quire.FlagHandled}, {UID: 3, Set: quire.FlagHandled}}})
	require.NoError(t, err)
	_, err = s.Expunge(ctx, "ada", []quire.UID{700, 698, 3})
	require.NoError(t, err)
	check()
	got, err := s.Query(ctx, "ada", mailbox.Query{Text: "rare"})
	require.NoError(t, err)
	for _, row := range got.Rows {
		assert.NotContains(t, []quire.UID{700, 698, 3}, row.UID)
	}
	assert.NotEmpty(t, s.file.weights.list)
	require.NoError(t, s.Rebuild(ctx))
	assert.Empty(t, s.file.weights.list)
}

func TestOnlySoManyWeightsAreKept(t *testing.T) {
	var w weights
	for i := range maxWeights + 10 {
		w.keep(map[int64]driver.Weight{int64(i): {UID: quire.UID(i)}})
		require.LessOrEqual(t, len(w.list), maxWeights)
	}
	assert.Contains(t, w.list, int64(maxWeights+9))
	assert.NotContains(t, w.list, int64(0), "the oldest go")
	assert.Greater(t, len(w.list), maxWeights/2-10)
}

func TestGetReadsInTheOrderGiven(t *testing.T) {
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "mail.db"), nil)
	require.NoError(t, err)
	defer s.Close()
	for i := range 5 {
		_, err := s.Commit(t.Context(), mailbox.Commit{Address: "mia", Sends: []quire.Draft{{ID: quire.MessageID(fmt.Sprint("m", i)), To: []quire.Address{"ada"}, Subject: "x"}}})
		require.NoError(t, err)
	}
	items, err := s.Get(t.Context(), "ada", mailbox.Get{UIDs: []quire.UID{4, 99, 2, 4, 0, 1 << 63, 5}, IDs: []quire.MessageID{"m0"}})
	require.NoError(t, err)
	var got []quire.UID
	for _, it := range items {
		got = append(got, it.UID)
	}
	assert.Equal(t, []quire.UID{4, 2, 4, 5, 1}, got)
}
