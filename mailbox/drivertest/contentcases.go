package drivertest

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/codec"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
)

// chunkSize is where the stores of this repository cut content: ranges are read on both
// sides of it.
const chunkSize = 256 << 10

var contentCases = []testCase{
	{rule: "a message of 50 MB goes in and comes out, whole and in ranges", run: func(k *kit) {
		var b strings.Builder
		for i := 0; b.Len() < 50_000_000; i++ {
			b.WriteString("line é漢 ")
			b.WriteString(strings.Repeat(string(rune('a'+i%26)), i%97))
			b.WriteByte('\n')
		}
		text := b.String()
		d := k.mail("big", "ada")
		d.Parts = []quire.Part{quire.Text{Text: "small"}, quire.Text{Text: text}, quire.Text{Text: text}}
		_, err := k.store.Commit(k.ctx, mailbox.Commit{Address: "mia", Sends: []quire.Draft{d}})
		k.wants(err, mailbox.ErrInvalid, "twice 50 MB")
		d.Parts = []quire.Part{quire.Text{Text: "small"}, quire.ToolResult{CallID: "c", Parts: []quire.Part{quire.Text{Text: text}}}}
		k.send("mia", d)
		it := k.item("ada", d.ID)
		blob, ok := it.Parts[1].(quire.ToolResult).Parts[0].(quire.Blob)
		if !ok || blob.Size != int64(len(text)) {
			k.failf("the part is %T of %d bytes, want a Blob of %d", it.Parts[1].(quire.ToolResult).Parts[0], blob.Size, len(text))
		}
		content := func(from, to int64) []byte {
			got, err := k.store.Content(k.ctx, "ada", blob.Digest, from, to)
			k.must(err, "Content")
			return got
		}
		if !bytes.Equal(content(0, 0), []byte(text)) {
			k.failf("the content is not what was sent")
		}
		size := blob.Size
		for _, r := range [][2]int64{{0, 1}, {chunkSize - 1, chunkSize + 1}, {size - 1, size}, {12_345_678, 23_456_789}, {chunkSize, 2 * chunkSize}} {
			if got := content(r[0], r[1]); string(got) != text[r[0]:r[1]] {
				k.failf("bytes %d to %d: %d bytes that are not the content's", r[0], r[1], len(got))
			}
		}
		same(k, len(content(size, 0))+len(content(size+5, size+9))+len(content(9, 9))+len(content(9, 3)), 0, "bytes of empty ranges")
		same(k, string(content(-5, 3)), text[:3], "a range that begins before the content")
		same(k, string(content(size-3, size+100)), text[size-3:], "a range that ends behind it")
		own := k.own("big result")
		own.Kind, own.Parts = quire.KindResult, it.Parts
		k.send("ada", own)
		arrived, err := codec.EncodeParts(k.snapshot("ada").Arrived[0].Parts)
		k.must(err, "EncodeParts")
		if len(arrived) > 100_000 {
			k.failf("a snapshot has %d bytes of a message of 50 MB", len(arrived))
		}
		row := k.query("ada", mailbox.Query{Text: "line", Incoming: true}).Rows
		if len(row) != 1 || row[0].Bytes < size {
			k.failf("the beginning of a large text is found by its words, and its row tells the size: %d rows", len(row))
		}
	}},
	{rule: "content can be read from mailboxes that refer to it, and from no other", run: func(k *kit) {
		text := strings.Repeat("secret ", 20_000)
		d := k.mail("x", "ada")
		d.Parts = []quire.Part{quire.Text{Text: text}}
		k.send("mia", d)
		blob := k.item("ada", d.ID).Parts[0].(quire.Blob)
		for _, other := range []quire.Address{"mia", "eve"} {
			_, err := k.store.Content(k.ctx, other, blob.Digest, 0, 0)
			k.wants(err, mailbox.ErrNotFound, "Content for "+string(other))
		}
		steal := k.mail("x", "eve")
		steal.Parts = []quire.Part{blob}
		k.refused(mailbox.Commit{Address: "eve", Sends: []quire.Draft{steal}}, mailbox.ErrInvalid, "a blob that the sender does not have")
		forward := k.mail("fwd", "ben")
		forward.Parts = []quire.Part{blob}
		k.send("ada", forward)
		got, err := k.store.Content(k.ctx, "ben", blob.Digest, 0, 6)
		k.must(err, "Content of what was forwarded")
		same(k, string(got), "secret", "the content")
	}},
}

var snapshotCases = []testCase{
	{rule: "a snapshot has what arrived by itself and has not entered, in order", run: func(k *kit) {
		event := k.mail("event", "ada")
		event.Kind = quire.KindEvent
		ownEvent := k.mail("own event", "ada")
		ownEvent.Kind = quire.KindEvent
		turn, mail, note := k.own("turn"), k.mail("mail", "ada"), k.mail("note")
		note.Kind = quire.KindNote
		k.send("ada", turn)
		k.send("mia", mail, event)
		k.send("ada", note, ownEvent)
		var got []quire.MessageID
		for _, it := range k.snapshot("ada").Arrived {
			got = append(got, it.ID)
			same(k, len(it.Parts), 1, "parts")
		}
		same(k, got, []quire.MessageID{turn.ID, note.ID, ownEvent.ID}, "what arrived: another one's event waits like mail")
		same(k, k.status("ada").Pending, 2, "pending: the mail and another one's event")
		k.commit(mailbox.Commit{Address: "ada", Agent: &driver.AgentState{Through: 3}})
		arrived := k.snapshot("ada").Arrived
		same(k, len(arrived), 2, "what arrived after #3")
		same(k, arrived[0].ID, note.ID, "the first of it")
	}},
	{rule: "a snapshot lists held deliveries that changed, and no others", run: func(k *kit) {
		k.send("mia", k.mail("1", "ada"), k.mail("2", "ada"), k.mail("3", "ada"), k.mail("4", "ada"))
		seen := k.status("ada").State
		agent := driver.AgentState{Seen: seen, Holds: []quire.UID{4, 1, 9, 2}}
		rev := k.commit(mailbox.Commit{Address: "ada", Agent: &agent}).Rev
		same(k, len(k.snapshot("ada").Changed), 0, "changes")
		var flags []mailbox.FlagChange
		for uid := quire.UID(1); uid <= 4; uid++ {
			flags = append(flags, mailbox.FlagChange{UID: uid, Set: quire.FlagPinned})
		}
		k.commit(mailbox.Commit{Address: "ada", Flags: flags})
		var got []quire.UID
		for _, d := range k.snapshot("ada").Changed {
			got = append(got, d.UID)
			same(k, d.Flags, quire.FlagPinned, "flags")
		}
		same(k, got, []quire.UID{4, 1, 2}, "changed, in the order of what is held")
		agent.Seen = "other:1"
		k.commit(mailbox.Commit{Address: "ada", Rev: rev, Agent: &agent})
		same(k, len(k.snapshot("ada").Changed), 3, "changes since a state that is not known: all")
	}},
	{rule: "an agent's state comes back as it was, and is written whole", run: func(k *kit) {
		for rev, s := range []driver.AgentState{
			{State: []byte{0, 255, '{', 1}, Through: 7, Seen: "e:1", Holds: []quire.UID{900_000, 3, 5, 4}},
			{State: []byte("x"), Through: 6},
			{Holds: []quire.UID{1}},
		} {
			given := s
			given.Holds = append(append([]quire.UID{0}, s.Holds...), s.Holds...) // each is kept once
			k.commit(mailbox.Commit{Address: "ada", Rev: uint64(rev), Agent: &given})
			got := k.snapshot("ada").Agent
			same(k, []any{string(got.State), got.Through, got.Seen, fmt.Sprint(got.Holds)}, []any{string(s.State), s.Through, s.Seen, fmt.Sprint(s.Holds)}, "the agent's state")
		}
		k.refused(mailbox.Commit{Address: "ada", Rev: 3, Agent: &driver.AgentState{Seen: "e:\x00"}}, mailbox.ErrInvalid, "a state of a mailbox that can't be one")
	}},
}
