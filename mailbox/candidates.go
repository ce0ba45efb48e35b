package mailbox

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/rank"
	"github.com/quire-dev/quire/mailbox/driver"
)

// Candidates say which messages a recall.Recaller wants to judge.
type Candidates struct {
	UIDs []quire.UID // these
	// And of those below Below some that have words of Text, the most telling ones, and
	// what stands beside them: three messages for each of Limit, about.
	Text  string
	Below quire.UID
	Limit int
	// Known says of which of those nothing has to be read. nil: of none.
	Known func(uid quire.UID) bool
}

// Judged is what [Store.Candidates] found.
type Judged struct {
	State   quire.State // of the mailbox
	Total   int         // how many messages it holds
	NextUID quire.UID
	// Weights are what messages are judged by, in the mailbox's order.
	Weights []driver.Weight
	// Known are those that Candidates.Known knows, in order.
	Known []quire.UID
	// Frequency is how many messages below Below have a term of Text, by its number in
	// the index, roughly.
	Frequency map[uint32]int
}

// Candidates reads what messages are judged by, without what they say: it is for package
// recall. What is retracted, superseded, held, forgotten or not there is left out. It reads
// in proportion to what it returns, and up to 512 entries of the index for each word, more
// with a Limit above 64.
func (s *Store) Candidates(ctx context.Context, addr quire.Address, c Candidates) (out Judged, err error) {
	err = s.view(ctx, "recall", addr, func(r driver.Read, box quire.Address) error {
		b, err := r.Box(box)
		if err != nil {
			return err
		}
		top := max(b.NextUID, 1) - 1
		uids := slices.Clone(c.UIDs)
		out = Judged{Total: b.Total, NextUID: b.NextUID}
		if out.State, err = stateAt(r, b.Modseq); err != nil {
			return err
		}
		if c.Text != "" && c.Below > 1 && c.Limit > 0 {
			older, err := c.older(r, box, b, &out)
			if err != nil {
				return err
			}
			uids = append(uids, older...)
		}
		if len(uids) == 0 {
			return nil
		}
		slices.Sort(uids)
		uids = slices.Compact(uids)
		if c.Known != nil {
			uids = slices.DeleteFunc(uids, func(uid quire.UID) bool {
				known := c.Known(uid)
				if known {
					out.Known = append(out.Known, uid)
				}
				return known
			})
		}
		out.Weights, err = r.WeightsOf(box, uids, &driver.Filter{Top: top, Not: quire.FlagRetracted | quire.FlagSuperseded | quire.FlagHeld | quire.FlagForgotten})
		slices.SortFunc(out.Weights, func(x, y driver.Weight) int { return cmp.Compare(x.UID, y.UID) })
		return err
	})
	return out, err
}

const (
	// eachWord is how many of those that have a word are looked at, the newest, or
	// perWanted for each message that is wanted: what more have tells little.
	eachWord  = 512
	perWanted = 8
	perChosen = 4 // from how many the wanted ones are chosen, for each of them
)

// older finds the numbers of those below Below, and of those beside them.
func (c *Candidates) older(r driver.Read, box quire.Address, b driver.Box, out *Judged) ([]quire.UID, error) {
	last := min(c.Below, max(b.NextUID, 1)) - 1
	c.Limit = min(c.Limit, b.Total) // room is made for all that are wanted
	s := &selection{docs: min(b.Total, int(min(last, 1<<40))), filter: driver.Filter{Top: last}, terms: rank.QueryTerms(c.Text), order: byRelevance, short: perChosen * c.Limit}
	top, err := r.Key(box, last)
	if err != nil || top == 0 {
		return nil, err
	}
	postings, err := s.postings(r, box, top, max(eachWord, perWanted*c.Limit))
	if err != nil {
		return nil, err
	}
	l := s.shortlist(postings)
	out.Frequency = map[uint32]int{}
	for i, list := range rank.Numbers(s.terms) {
		for k, n := range list {
			out.Frequency[n] = 0
			if k == 0 {
				out.Frequency[n] = l.df[i]
			}
		}
	}
	keys := slices.Sorted(slices.Values(l.keys))
	found, err := r.UIDs(box, keys)
	if err != nil {
		return nil, err
	}
	slices.Sort(found) // as keys are: the later one has the higher of both
	worth := make(map[quire.UID]float64, len(found))
	for i, uid := range found {
		at, _ := l.find(keys[i])
		worth[uid] = l.listed[at].worth
	}
	return c.near(worth, last), nil
}

// near chooses of those that have words of the text, by what those tell in them and beside
// them, until there are enough with what stands beside them. What is beside counts as much as
// when a message is judged: of an exchange, the question often has the words and the answer
// none, and so a place where several messages have them comes before one that a long message
// has by chance.
func (c *Candidates) near(worth map[quire.UID]float64, last quire.UID) []quire.UID {
	with := make(map[quire.UID]float64, len(worth))
	for uid, own := range worth {
		with[uid] = own + rank.NextTo*(worth[uid-1]+worth[uid+1])
	}
	order := slices.SortedFunc(maps.Keys(with), func(x, y quire.UID) int { return cmp.Or(cmp.Compare(with[y], with[x]), cmp.Compare(y, x)) })
	const each = 3 // it, and those beside it
	chosen := make(map[quire.UID]bool, each*(c.Limit+1))
	for _, uid := range order {
		if len(chosen) >= each*c.Limit {
			break
		}
		for _, u := range [each]quire.UID{max(uid, 2) - 1, uid, min(uid+1, last)} {
			chosen[u] = true
		}
	}
	return slices.Collect(maps.Keys(chosen))
}
