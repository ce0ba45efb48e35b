package inspect

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/internal/look"
	"github.com/quire-dev/quire/mailbox"
)

// sum is what calls of one day, model and thread took.
type sum struct {
	look.Spent
	Thread quire.MessageID // "": not known
}

// blockKey names the sums of some receipts: look.Every of them from a full one on. They
// never change in one life of a store.
type blockKey struct {
	epoch string
	box   quire.Address
	from  uint64
}

// sums remembers those of blocks that are complete.
type sums struct {
	mu     *sync.Mutex
	blocks map[blockKey][]sum
}

// maxBlocks is how many blocks are remembered: a million calls and more. When there are
// more, all are read anew.
const maxBlocks = 1 << 14

func (s *sums) get(k blockKey) ([]sum, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list, ok := s.blocks[k]
	return list, ok
}

func (s *sums) put(k blockKey, list []sum) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.blocks) >= maxBlocks {
		clear(s.blocks)
	}
	s.blocks[k] = list
}

// spentSince adds up what an agent's calls took since a time, by day, model and thread,
// from the newest ones back. It reads at most so many blocks that it does not remember;
// complete is false when there is more, and asking again goes on. The time is taken for a
// day's beginning.
func (h *Handler) spentSince(ctx context.Context, addr quire.Address, from time.Time, blocks *int) (list []sum, complete bool, err error) {
	snap, st, err := look.State(ctx, h.store, addr)
	if err != nil {
		return nil, false, err
	}
	epoch, _, _ := strings.Cut(string(snap.State), ":")
	day := from.UTC().Format(time.DateOnly)
	read := map[uint64][]sum{}
	for at := st.Calls() - (max(st.Calls(), 1)-1)%look.Every; st.Calls() > 0; at -= look.Every {
		one, known := h.sums.get(blockKey{epoch, addr, at})
		if !known {
			if one, known = read[at]; !known {
				if *blocks <= 0 {
					return list, false, nil
				}
				if err := h.read(ctx, blockKey{epoch, addr, at}, st.Calls(), blocks, read); err != nil {
					return nil, false, err
				}
				one = read[at]
			}
		}
		for _, s := range one {
			if s.Day >= day {
				list = append(list, s)
			}
		}
		if at <= 1 || len(one) > 0 && !slices.ContainsFunc(one, func(s sum) bool { return s.Day >= day }) {
			break
		}
	}
	return list, true, nil
}

// together is how many blocks are read at once: to unpack receipts and to decode them takes
// longer than to fetch them.
const together = 4

// read reads a block and those before it that are not remembered, some of them, and remembers those that are complete.
func (h *Handler) read(ctx context.Context, k blockKey, calls uint64, blocks *int, into map[uint64][]sum) error {
	var all sync.WaitGroup
	var lists [together][]sum
	var failed [together]error
	n := 0
	for ; n < together && *blocks > 0 && k.from > look.Every*uint64(n); n++ {
		from, i := k.from-look.Every*uint64(n), n
		if _, known := h.sums.get(blockKey{k.epoch, k.box, from}); known {
			break
		}
		*blocks--
		all.Go(func() { lists[i], failed[i] = h.block(ctx, k.box, from, calls) })
	}
	all.Wait()
	for i := range n {
		if failed[i] != nil {
			return failed[i]
		}
		from := k.from - look.Every*uint64(i)
		if into[from] = lists[i]; from+look.Every-1 <= calls {
			h.sums.put(blockKey{k.epoch, k.box, from}, lists[i])
		}
	}
	return nil
}

// block adds up the receipts of one block. A call counts for the thread of the mail that
// entered last before it.
func (h *Handler) block(ctx context.Context, addr quire.Address, from, calls uint64) ([]sum, error) {
	var recs []compose.Receipt
	var mail []quire.UID
	err := look.Takes(ctx, h.store, addr, from, min(from+look.Every-1, calls), func(r *compose.Receipt) error {
		newest := quire.UID(0)
		for _, d := range r.Decisions {
			switch {
			case !isMail(d.Kind):
			case slices.Contains(r.Arrived, d.UID):
				mail = append(mail, d.UID)
			case len(recs) == 0: // a full one: what stood before
				newest = max(newest, d.UID)
			}
		}
		if newest > 0 {
			mail = append(mail, newest)
			r.Arrived = append([]quire.UID{newest}, r.Arrived...)
		}
		recs = append(recs, *r)
		return nil
	})
	if err != nil || len(recs) == 0 {
		return nil, err
	}
	items, err := h.store.Get(ctx, addr, mailbox.Get{UIDs: mail})
	if err != nil {
		return nil, err
	}
	threads := map[quire.UID]quire.MessageID{}
	for i := range items {
		threads[items[i].UID] = items[i].Thread
	}
	var list []sum
	thread := quire.MessageID("")
	for i := range recs {
		for _, uid := range recs[i].Arrived {
			if t, ok := threads[uid]; ok {
				thread = t
			}
		}
		for _, one := range look.SpentIn(&recs[i], time.Time{}) {
			one.Agent = addr
			list = gather(list, sum{one, thread})
		}
	}
	return list, nil
}

func isMail(k quire.Kind) bool {
	return k == quire.KindMail || k == quire.KindQuestion || k == quire.KindAnswer
}

func gather(list []sum, one sum) []sum {
	for i := range list {
		if s := &list[i]; s.Day == one.Day && s.Model == one.Model && s.Agent == one.Agent && s.Thread == one.Thread {
			s.Add(&one.Spent)
			return list
		}
	}
	return append(list, one)
}
