package mailbox

import (
	"cmp"
	"context"
	"slices"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/rank"
	"github.com/quire-dev/quire/mailbox/driver"
)

// Candidates say which messages a recall.Recaller wants to judge.
type Candidates struct {
	UIDs []quire.UID // these
	// And of those below Below at most Limit that have words of Text, the most telling
	// ones, and what stands beside them.
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
// in proportion to what it returns, and up to 256 entries of the index for each word.
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

// eachWord is how many of those that have a word are looked at, the newest: what more
// have tells little.
const eachWord = 256

// older finds the numbers of those below Below, and of those beside them.
func (c *Candidates) older(r driver.Read, box quire.Address, b driver.Box, out *Judged) ([]quire.UID, error) {
	last := min(c.Below, max(b.NextUID, 1)) - 1
	s := &selection{docs: min(b.Total, int(min(last, 1<<40))), filter: driver.Filter{Top: last}, terms: rank.QueryTerms(c.Text), order: byRelevance}
	top, err := r.Key(box, last)
	if err != nil || top == 0 {
		return nil, err
	}
	postings, err := s.postings(r, box, top, eachWord)
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
	found, err := r.UIDs(box, slices.Sorted(slices.Values(l.keys[:min(c.Limit, len(l.keys))])))
	var uids []quire.UID
	for _, uid := range found {
		uids = append(uids, max(uid, 2)-1, uid, min(uid+1, last))
	}
	return uids, err
}
