package compose

import (
	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/codec"
	"github.com/quire-dev/quire/internal/resident"
	"github.com/quire-dev/quire/policy"
)

// check says what of the options can't be meant as it stands.
func (c *Composer) check() error {
	for i, l := range c.limits {
		switch l.Class {
		case "", policy.ClassRecent, policy.ClassPulled, policy.ClassPinned:
		default:
			return &badLimitError{Index: i, Limit: l}
		}
		if l.Floor < 0 || l.Cap < 0 {
			return &badLimitError{Index: i, Limit: l}
		}
	}
	return nil
}

// check says whether one id stands for two contents in what a plan is made of: only one
// of them could be shown, for both.
func (in *Input) check() error {
	n := len(in.Head) + len(in.Arrived) + len(in.Offered)
	if n == 0 {
		return nil
	}
	seen := make(map[quire.MessageID]*quire.Item, n)
	for _, list := range [][]quire.Item{in.Head, in.Arrived, in.Offered} {
		for i := range list {
			it := &list[i]
			if was := seen[it.ID]; was == nil {
				seen[it.ID] = it
			} else if was.From != it.From || codec.DraftDigest(&was.Draft) != codec.DraftDigest(&it.Draft) {
				return &sameIDError{Message: it.ID, UIDs: [2]quire.UID{was.UID, it.UID}}
			}
		}
	}
	for i := range in.State.set.Log {
		for j := range in.State.set.Log[i].Spans {
			sp := &in.State.set.Log[i].Spans[j]
			if it := seen[sp.Message]; it != nil && (sp.From != it.From || sp.Digest != resident.Short(codec.PartsDigest(it.Parts)) && !in.State.restated(sp)) {
				return &sameIDError{Message: it.ID, UIDs: [2]quire.UID{sp.UID, it.UID}}
			}
		}
	}
	return nil
}
