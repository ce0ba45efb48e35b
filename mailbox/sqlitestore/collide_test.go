package sqlitestore

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/rank"
)

// collides finds a word whose term in one mailbox has the number of another word's in another one.
func collides(box, other int64, word string) string {
	const prime = 16777619
	unprime := uint32(prime) // its inverse
	for range 5 {
		unprime *= 2 - prime*unprime
	}
	begins := map[uint32]string{} // by their numbers
	for i := range 1 << 18 {
		begin := fmt.Sprintf("z%05x", i)
		begins[rank.TermNumber(terms(other, []string{begin}))] = begin
	}
	for i := range 1 << 20 {
		h, end := rank.TermNumber(terms(box, []string{word})), fmt.Sprintf("%05x", i)
		for k := len(end) - 1; k >= 0; k-- {
			h = h*unprime ^ uint32(end[k])
		}
		if begin := begins[h]; begin != "" {
			return begin + end
		}
	}
	panic("none")
}

// A search finds nothing by a word whose term has the same number, least of all one of another
// mailbox: such words are easily made.
func TestTermsOfTheTailAreTold(t *testing.T) {
	s, _ := tailed(t, 0)
	n := 0
	send := func(to quire.Address, text string) {
		n++
		_, err := s.Box("mia").Send(t.Context(), quire.Draft{ID: quire.MessageID(fmt.Sprint("mail-", n)), To: []quire.Address{to}, Parts: []quire.Part{quire.Text{Text: text}}})
		require.NoError(t, err)
	}
	send("ada", "something")
	send("bob", "something")
	var ada, bob int64
	require.NoError(t, s.file.read.db.QueryRow("SELECT a.id, b.id FROM box a, box b WHERE a.addr = 'ada' AND b.addr = 'bob'").Scan(&ada, &bob))
	send("bob", collides(ada, bob, "walnut7")) // number 2 of another mailbox
	send("ada", "something else")
	send("ada", collides(ada, ada, "walnut7"))
	assert.Empty(t, hits(t, s, "walnut7"))
	send("ada", "walnut7")
	assert.Equal(t, []quire.UID{4}, hits(t, s, "walnut7"))
}
