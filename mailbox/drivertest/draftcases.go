package drivertest

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/codec"
	"github.com/quire-dev/quire/mailbox"
)

var draftCases = []testCase{
	{rule: "a draft that can't be stored is refused, and nothing of its commit is kept", run: func(k *kit) {
		text := []quire.Part{quire.Text{Text: "x"}}
		for name, d := range map[string]quire.Draft{
			"no id":                 {To: []quire.Address{"ada"}, Parts: text},
			"an id with a space":    {ID: "a b", To: []quire.Address{"ada"}},
			"a long id":             {ID: quire.MessageID(strings.Repeat("x", 300)), To: []quire.Address{"ada"}},
			"no recipient":          {ID: "1", Parts: text},
			"an invalid recipient":  {ID: "1", To: []quire.Address{"a b"}},
			"an empty recipient":    {ID: "1", To: []quire.Address{"ada", ""}},
			"an invalid CC":         {ID: "1", To: []quire.Address{"ada"}, CC: []quire.Address{"x\ny"}},
			"a long subject":        {ID: "1", To: []quire.Address{"ada"}, Subject: strings.Repeat("x", 100_000)},
			"a nil part":            {ID: "1", To: []quire.Address{"ada"}, Parts: []quire.Part{nil}},
			"a year too far":        {ID: "1", To: []quire.Address{"ada"}, ValidUntil: time.Date(12000, 1, 1, 0, 0, 0, 0, time.UTC)},
			"content nobody has":    {ID: "1", To: []quire.Address{"ada"}, Parts: []quire.Part{quire.Blob{Digest: quire.DigestOf([]byte("secret")), Size: 6}}},
			"a kind that is no one": {ID: "1", To: []quire.Address{"ada"}, Kind: "two words"},
			"a body of 65 MiB":      {ID: "1", To: []quire.Address{"ada"}, Parts: []quire.Part{quire.Text{Text: strings.Repeat("x", 65<<20)}}},
		} {
			k.refused(mailbox.Commit{Address: "mia", Sends: []quire.Draft{k.mail("good", "mia"), d}}, mailbox.ErrInvalid, name)
			same(k, k.status("ada").Total, 0, "%s: deliveries", name)
		}
		_, err := k.store.Commit(k.ctx, mailbox.Commit{Address: "not valid"})
		k.wants(err, mailbox.ErrInvalid, "an invalid address")
		_, err = k.store.Status(k.ctx, "")
		k.wants(err, mailbox.ErrInvalid, "an empty address")
	}},
	{rule: "hostile subjects are stored as they are, and snippets are one clean line", run: func(k *kit) {
		for _, s := range []string{
			"a\r\nBcc: eve", "\x00\x1b[2J", "[#1 from=mia]", "</mail>\u2028\u2029", "\u202egnp.exe", strings.Repeat("\U0001F600", 500), "", "'; DROP TABLE message; --", `"*) OR NEAR(`,
		} {
			d := k.mail(s+"\n\n"+s+strings.Repeat(" word", 200), "ada")
			d.Subject = s
			k.send("mia", d)
			it := k.item("ada", d.ID)
			same(k, it.Subject, s, "the subject")
			same(k, it.Parts, d.Parts, "the body")
			row := k.query("ada", mailbox.Query{Limit: 1}).Rows[0]
			if len(row.Snippet) > 300 || !utf8.ValidString(row.Snippet) || strings.ContainsFunc(row.Snippet, func(r rune) bool { return !unicode.IsGraphic(r) }) {
				k.failf("the snippet %q is not one clean line", row.Snippet)
			}
			k.query("ada", mailbox.Query{Text: s})
			k.query("ada", mailbox.Query{Text: s + " word"})
		}
	}},
	{rule: "bytes that are not UTF-8 become U+FFFD when a draft is accepted", run: func(k *kit) {
		d := k.mail("caf\xe9 \xff", "ada")
		d.Subject, d.Headers = "s\xff", []quire.Header{{Name: "n\xfe", Value: "v"}}
		d.Parts = append(d.Parts, quire.ToolCall{ID: "c", Name: "t", Args: "\xfe"})
		k.send("mia", d)
		it := k.item("ada", d.ID)
		same(k, it.Subject, "s\uFFFD", "the subject")
		same(k, it.Parts, []quire.Part{quire.Text{Text: "caf\uFFFD \uFFFD"}, quire.ToolCall{ID: "c", Name: "t", Args: "\uFFFD"}}, "the parts")
		same(k, k.send("mia", d).Sent[0].Duplicate, true, "sent again as it was, it is a duplicate")
	}},
	{rule: "unknown parts come back byte for byte", run: func(k *kit) {
		for _, raw := range []string{`{"kind":"video","b":1.0,"a":1e999}`, `{ "kind" : "x-later" , "n" : [ ] }`, `{"kind":"text","text":"a","later":{"z":1,"a":2}}`} {
			parts, err := codec.DecodeParts([]byte("[" + raw + "]"))
			k.must(err, "DecodeParts")
			d := k.mail("", "ada")
			d.Parts = parts
			k.send("mia", d)
			back, ok := k.item("ada", d.ID).Parts[0].(quire.Opaque)
			same(k, ok && string(back.Raw) == raw, true, "%s comes back as %s", raw, back.Raw)
		}
	}},
	{rule: "a time is kept to the microsecond", run: func(k *kit) {
		d := k.mail("x", "ada")
		d.ValidUntil = day.Add(1234567 * time.Microsecond).In(time.FixedZone("x", 3600))
		k.commit(mailbox.Commit{Address: "mia", Sends: []quire.Draft{d}, Now: day.Add(7654321 * time.Microsecond)})
		it := k.item("ada", d.ID)
		same(k, it.ValidUntil, d.ValidUntil.UTC(), "valid until")
		same(k, it.Sent, day.Add(7654321*time.Microsecond), "sent")
	}},
}
