package look

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/price"
)

// State reads an agent's context as it is stored; mail that waits is not in it. Who made
// no call is mailbox.ErrNotFound.
func State(ctx context.Context, s *mailbox.Store, addr quire.Address) (mailbox.Snapshot, compose.State, error) {
	var st compose.State
	snap, err := s.Snapshot(ctx, addr)
	if err != nil {
		return snap, st, err
	}
	if len(snap.Agent.State) == 0 {
		return snap, st, fmt.Errorf("%s is no agent: nothing that lives there made a call yet (quire ls --agents lists those that did): %w", addr, mailbox.ErrNotFound)
	}
	if err := st.UnmarshalBinary(snap.Agent.State); err != nil {
		return snap, st, fmt.Errorf("the state of %s: %w: %w", addr, mailbox.ErrCorrupt, err)
	}
	return snap, st, nil
}

// Every is the number of receipts after which one lists everything, as [compose.Receipt]
// documents: from such a one on it is known how calls were configured.
const Every = 64

// Receipts hands the receipts of calls from..to to do, in order. Those that do not say how
// the call was configured get what the one before them said.
func Receipts(ctx context.Context, s *mailbox.Store, addr quire.Address, from, to uint64, do func(*compose.Receipt) error) error {
	return receipts(ctx, s, addr, from, to, compose.DecodeReceipt, do)
}

func receipts(ctx context.Context, s *mailbox.Store, addr quire.Address, from, to uint64, decode func([]byte) (compose.Receipt, error), do func(*compose.Receipt) error) error {
	var setup *compose.Setup
	from = max(from, 1)
	for at := from - (from-1)%Every; at <= to; at += Every {
		list, err := s.Receipts(ctx, addr, at, min(at+Every-1, to))
		if err != nil {
			return err
		}
		for i := range list {
			one, err := read(&list[i], addr, decode)
			if err != nil {
				return err
			}
			if one.Setup == nil {
				one.Setup = setup
			}
			if setup = one.Setup; one.Call < from {
				continue
			}
			if err := do(&one); err != nil {
				return err
			}
		}
	}
	return nil
}

func read(r *driver.Receipt, addr quire.Address, decode func([]byte) (compose.Receipt, error)) (compose.Receipt, error) {
	one, err := decode(r.Data)
	if err != nil {
		return one, fmt.Errorf("call %d of %s: %w: %w", r.Call, addr, mailbox.ErrCorrupt, err)
	}
	if one.Time.IsZero() {
		one.Time = r.Time
	}
	return one, nil
}

// Mailboxes lists all mailboxes, page after page.
func Mailboxes(ctx context.Context, s *mailbox.Store, q mailbox.MailboxQuery) (all []mailbox.Mailbox, err error) {
	q.Limit = 1000
	for {
		page, err := s.Mailboxes(ctx, q)
		if err != nil {
			return nil, err
		}
		if all = append(all, page...); len(page) < q.Limit {
			return all, nil
		}
		q.Behind = page[len(page)-1].Address
	}
}

// vendors name who serves each wire format.
var vendors = map[quire.API]string{quire.APIAnthropic: "anthropic", quire.APIOpenAIChat: "openai", quire.APIOpenAIResponses: "openai", quire.APIGemini: "google"}

// Pay is what a call cost in money, by the prices that this program knows of its model; false
// when they are not known, or nothing was reported.
func Pay(setup *compose.Setup, u quire.Usage) (price.Money, bool) {
	if setup == nil || setup.Model == "" {
		return 0, false
	}
	vendor := setup.Cost.Provider
	if vendor == "" {
		vendor = vendors[setup.API]
	}
	p, known := models.Find(setup.Model)
	if !known || p.Vendor != vendor {
		return 0, false // the same model elsewhere has other prices
	}
	return p.Tariff.Cost(u)
}

// ModelOf names the model of a call; "" when its receipt does not say it.
func ModelOf(r *compose.Receipt) string {
	if r.Setup == nil {
		return ""
	}
	return r.Setup.Model
}

// Stood lists what stood in a call, by its receipt and those from the full one before it
// on, in the order of their groups. found is false when the receipts are not there.
func Stood(ctx context.Context, s *mailbox.Store, addr quire.Address, call uint64) (list []compose.Decision, found bool, err error) {
	stands := map[quire.UID]compose.Decision{}
	from := max(call, 1)
	from -= (from - 1) % Every
	var last uint64
	err = Receipts(ctx, s, addr, from, call, func(r *compose.Receipt) error {
		found = found || r.Full
		last = r.Call
		for _, d := range r.Decisions {
			switch {
			case d.Fate == compose.FateOut:
				delete(stands, d.UID)
			default:
				stands[d.UID] = d
			}
		}
		return nil
	})
	for _, d := range stands {
		list = append(list, d)
	}
	slices.SortFunc(list, func(a, b compose.Decision) int { return cmp.Or(cmp.Compare(a.Seq, b.Seq), cmp.Compare(a.UID, b.UID)) })
	return list, found && last == call, err
}
