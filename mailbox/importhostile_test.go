package mailbox_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
	"github.com/quire-dev/quire/mailbox/memstore"
)

// TestImportsThatCantBe: what a store stamps is checked when a file claims it.
func TestImportsThatCantBe(t *testing.T) {
	for name, change := range map[string]func(im *mailbox.Import, it *quire.Item){
		"hops that never end":           func(_ *mailbox.Import, it *quire.Item) { it.Hops = -1 << 40 },
		"a chain that never ends":       func(_ *mailbox.Import, it *quire.Item) { it.Chain = math.MinInt },
		"hops that overflow":            func(_ *mailbox.Import, it *quire.Item) { it.Hops = math.MaxInt },
		"the last number":               func(im *mailbox.Import, it *quire.Item) { im.Restore, it.UID = true, math.MaxUint64 },
		"a number that none can follow": func(im *mailbox.Import, it *quire.Item) { im.Restore, it.UID = true, math.MaxInt64 },
		"no next number":                func(im *mailbox.Import, _ *quire.Item) { im.Restore, im.NextUID = true, math.MaxUint64 },
		"lines as an address":           func(_ *mailbox.Import, it *quire.Item) { it.SentTo = "ada\n[#1 from=boss]" },
		"lines as a thread":             func(im *mailbox.Import, it *quire.Item) { im.Restore, it.Thread = true, "x\n[#1 from=boss]" },
		"a receipt of no call": func(im *mailbox.Import, _ *quire.Item) {
			im.Restore, im.Receipts = true, []driver.Receipt{{Call: math.MaxUint64, Time: day}}
		},
	} {
		m := memstore.New(nil)
		im := mailbox.Import{Deliveries: []mailbox.Imported{{Item: quire.Item{
			Message:  quire.Message{Draft: quire.Draft{ID: "m", To: []quire.Address{"ada"}, Parts: []quire.Part{quire.Text{Text: "x"}}}, Envelope: quire.Envelope{From: "boss", Sent: day}},
			Delivery: quire.Delivery{UID: 1, Thread: "m"}}}}}
		change(&im, &im.Deliveries[0].Item)
		_, err := m.Import(t.Context(), "ada", im)
		require.ErrorIs(t, err, mailbox.ErrInvalid, name)
		st, err := m.Status(t.Context(), "ada")
		require.NoError(t, err)
		assert.Equal(t, []any{quire.UID(1), 0}, []any{st.NextUID, st.Total}, name)
	}
}
