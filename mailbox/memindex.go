package mailbox

import (
	"slices"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox/rank"
)

// memIndex has, of each term, the numbers of the deliveries that came with it, in order.
// What was expunged stays in it.
type memIndex map[string][]quire.UID

// add notes a delivery, the newest of all.
func (x memIndex) add(uid quire.UID, doc *rank.Doc) {
	for term := range doc.Freq {
		x[term] = append(x[term], uid)
	}
}

// remove takes back what was added last.
func (x memIndex) remove(doc *rank.Doc) {
	for term := range doc.Freq {
		x[term] = x[term][:len(x[term])-1]
	}
}

// postings are the newest deliveries with each term, as an index gives them.
func (m *Mem) postings(b *memBox, s *Selection) []Posting {
	out := make([]Posting, len(s.Terms))
	for i, term := range s.Terms {
		t := &out[i]
		for _, uid := range slices.Backward(b.index[term]) {
			if len(t.Keys) == rank.Candidates {
				break
			}
			if uid <= s.Top && b.find(uid) != nil {
				t.Keys, t.Oldest = append(t.Keys, int64(uid)), uid
			}
		}
	}
	return out
}
