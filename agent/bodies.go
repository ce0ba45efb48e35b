package agent

import (
	"context"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
)

// bodies keeps the messages that stand in the context, so that a step reads
// only what is new. It holds no more than what is resident.
type bodies struct {
	byUID map[quire.UID]quire.Item
	byID  map[quire.MessageID]quire.UID
}

func newBodies() bodies {
	return bodies{map[quire.UID]quire.Item{}, map[quire.MessageID]quire.UID{}}
}

// get finds a loaded message.
func (b *bodies) get(id quire.MessageID) (quire.Item, bool) {
	it, ok := b.byUID[b.byID[id]]
	return it, ok
}

func (b *bodies) put(it quire.Item) {
	b.byUID[it.UID] = it
	b.byID[it.ID] = it.UID
}

// drop forgets a message: it is another one by now.
func (b *bodies) drop(uid quire.UID) {
	if it, ok := b.byUID[uid]; ok {
		delete(b.byUID, uid)
		delete(b.byID, it.ID)
	}
}

// load makes exactly the needed messages available: it reads what is missing
// and forgets the rest.
func (b *bodies) load(ctx context.Context, store mailStore, addr quire.Address, needs []quire.UID, have []quire.Item) error {
	keep := make(map[quire.UID]bool, len(needs)+len(have))
	for i := range have {
		b.put(have[i])
		keep[have[i].UID] = true
	}
	var missing []quire.UID
	for _, u := range needs {
		if _, ok := b.byUID[u]; !ok && !keep[u] {
			missing = append(missing, u)
		}
		keep[u] = true
	}
	for u, it := range b.byUID {
		if !keep[u] {
			delete(b.byUID, u)
			delete(b.byID, it.ID)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	items, err := store.Get(ctx, addr, mailbox.Get{UIDs: missing})
	for i := range items {
		b.put(items[i])
	}
	return err
}

// shownBy lists what the pull results among items show.
func shownBy(items []quire.Item) []quire.UID {
	var uids []quire.UID
	for i := range items {
		for _, p := range items[i].Parts {
			res, ok := p.(quire.ToolResult)
			if !ok {
				continue
			}
			for _, q := range res.Parts {
				if ref, ok := q.(quire.Ref); ok && ref.UID != 0 {
					uids = append(uids, ref.UID)
				}
			}
		}
	}
	return uids
}
