package agent

import (
	"context"
	"slices"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
)

// bodies keeps the messages that stand in the context, so that a step reads
// only what is new. It holds no more than what is resident.
type bodies struct {
	byUID map[quire.UID]*body
	byID  map[quire.MessageID]*body
	loads uint64 // how often load was called
}

// body is a message, and the last load that needed it.
type body struct {
	quire.Item
	needed uint64
}

func newBodies() bodies {
	return bodies{byUID: map[quire.UID]*body{}, byID: map[quire.MessageID]*body{}}
}

// get finds a loaded message.
func (b *bodies) get(id quire.MessageID) (quire.Item, bool) {
	if it, ok := b.byID[id]; ok {
		return it.Item, true
	}
	return quire.Item{}, false
}

func (b *bodies) put(it quire.Item) {
	x := &body{it, b.loads}
	b.byUID[it.UID], b.byID[it.ID] = x, x
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
	b.loads++
	for i := range have {
		b.put(have[i])
	}
	var missing []quire.UID
	for _, u := range needs {
		if it, ok := b.byUID[u]; ok {
			it.needed = b.loads
		} else if !slices.Contains(missing, u) {
			missing = append(missing, u)
		}
	}
	for u, it := range b.byUID {
		if it.needed != b.loads {
			b.drop(u)
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
