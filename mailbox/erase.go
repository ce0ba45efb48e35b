package mailbox

import (
	"slices"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/codec"
	"github.com/quire-dev/quire/mailbox/driver"
)

// forgotten stands in place of what a message said.
const forgotten = "(This was forgotten: its content is gone for good.)"

// leftArgs stands in place of what a tool was called with.
const leftArgs = "{}"

// eraseSome erases messages wherever they are, in order, until others have waited long
// enough. It says how many.
func eraseSome(w driver.Write, ids []quire.MessageID) (n int, err error) {
	began := time.Now()
	var boxes []quire.Address
	for _, id := range ids {
		holders, err := w.Holders(id)
		if err != nil {
			return 0, err
		}
		boxes = append(boxes, holders...)
	}
	slices.Sort(boxes)
	if err := w.Lock(slices.Compact(boxes)...); err != nil {
		return 0, err
	}
	a := &applying{tx: w, metas: map[quire.Address]*driver.Box{}, before: map[quire.Address]driver.Box{}}
	for _, id := range ids {
		if err := a.eraseOne(id); err != nil {
			return 0, err
		}
		if n++; time.Since(began) > longHold {
			break
		}
	}
	for _, box := range a.order {
		if err := w.PutBox(box, *a.metas[box]); err != nil {
			return 0, err
		}
	}
	return n, nil
}

func (a *applying) eraseOne(id quire.MessageID) error {
	holders, err := a.tx.Holders(id)
	if err != nil || len(holders) == 0 {
		return err
	}
	list, err := a.tx.ItemsOf(holders[0], []quire.MessageID{id})
	if err != nil || len(list) == 0 {
		return err
	}
	it, err := itemOf(list[0])
	if err != nil {
		return err
	}
	left, err := leftOf(&it)
	if err != nil {
		return err
	}
	deliveries := make([]*driver.Delivery, len(holders))
	for i, box := range holders { // before the message has another size
		d, err := a.tx.DeliveryOf(box, id)
		if err != nil || d == nil {
			return err
		}
		open := d.Open()
		d.Flags |= quire.FlagForgotten
		d.Counts = nil
		if err := a.put(box, d, open); err != nil {
			return err
		}
		deliveries[i] = d
	}
	if err := a.tx.Erase(left); err != nil {
		return err
	}
	for i, d := range deliveries {
		d.Bytes, d.Tokens = sizeOf(left), left.Tokens
		if err := a.tx.PutDelivery(holders[i], d); err != nil {
			return err
		}
	}
	return nil
}

// leftOf is what is left of a message: what it was, and that it was forgotten.
func leftOf(it *quire.Item) (*driver.Message, error) {
	d := quire.Draft{ID: it.ID, To: it.To, CC: it.CC, Kind: it.Kind, Auto: it.Auto, InReplyTo: it.InReplyTo, References: it.References,
		Supersedes: it.Supersedes, ValidUntil: it.ValidUntil}
	head, err := codec.EncodeDraft(&d)
	if err != nil {
		return nil, err
	}
	m := &driver.Message{ID: it.ID, Head: head}
	d.Parts = leftParts(it.Parts)
	m.Bytes = bodySize(d.Parts, true)
	m.Tokens, _, _ = measure(&d)
	m.Parts, err = codec.EncodeParts(d.Parts)
	return m, err
}

// leftParts keeps calls and results for what they are: they stand in pairs.
func leftParts(parts []quire.Part) []quire.Part {
	var left []quire.Part
	for _, p := range parts {
		switch p := p.(type) {
		case quire.ToolCall:
			left = append(left, quire.ToolCall{ID: p.ID, Name: p.Name, Args: leftArgs})
		case quire.ToolResult:
			left = append(left, quire.ToolResult{CallID: p.CallID, Name: p.Name, IsError: p.IsError, Parts: []quire.Part{quire.Text{Text: forgotten}}})
		}
	}
	if len(left) == 0 || !paired(left) {
		left = append([]quire.Part{quire.Text{Text: forgotten}}, left...)
	}
	return left
}

// paired says whether there is a result, which says that it was forgotten.
func paired(parts []quire.Part) bool {
	return slices.ContainsFunc(parts, func(p quire.Part) bool { _, ok := p.(quire.ToolResult); return ok })
}
