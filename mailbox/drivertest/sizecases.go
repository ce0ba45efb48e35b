package drivertest

import (
	"errors"
	"math"
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
)

// sized are drafts that fill one field up to a number, with what a store takes of it.
var sized = []struct {
	field string
	limit int
	fill  func(d *quire.Draft, n int)
}{
	{"subject", 8 << 10, func(d *quire.Draft, n int) { d.Subject = strings.Repeat("x", n) }},
	{"inReplyTo", 255, func(d *quire.Draft, n int) { d.InReplyTo = quire.MessageID(strings.Repeat("x", n)) }},
	{"references", 255, func(d *quire.Draft, n int) {
		d.References = []quire.MessageID{"a", quire.MessageID(strings.Repeat("x", n))}
	}},
	{"references", 1000, func(d *quire.Draft, n int) { d.References = make([]quire.MessageID, n) }},
	{"supersedes", 255, func(d *quire.Draft, n int) {
		d.Supersedes = []quire.MessageID{quire.MessageID(strings.Repeat("x", n))}
	}},
	{"supersedes", 1000, func(d *quire.Draft, n int) { d.Supersedes = make([]quire.MessageID, n) }},
	{"auto", 64, func(d *quire.Draft, n int) { d.Auto = quire.AutoClass(strings.Repeat("x", n)) }},
	{"kind", 64, func(d *quire.Draft, n int) { d.Kind = quire.Kind(strings.Repeat("x", n)) }},
	{"headers", 64 << 10, func(d *quire.Draft, n int) {
		d.Headers = []quire.Header{{Name: strings.Repeat("x", n/2), Value: strings.Repeat("x", n-n/2)}}
	}},
	{"headers", 1000, func(d *quire.Draft, n int) { d.Headers = make([]quire.Header, n) }},
	{"question.options", 64 << 10, func(d *quire.Draft, n int) {
		d.Kind, d.Question = quire.KindQuestion, &quire.Question{Options: []string{"yes", strings.Repeat("x", n-6)}, Default: "yes"}
	}},
	{"question.options", 1000, func(d *quire.Draft, n int) {
		d.Kind, d.Question = quire.KindQuestion, &quire.Question{Options: make([]string, n)}
	}},
	{"question.escalate", quire.MaxAddress, func(d *quire.Draft, n int) {
		d.Kind, d.Question = quire.KindQuestion, &quire.Question{Escalate: quire.Address(strings.Repeat("x", n))}
	}},
	{"to", 1000, func(d *quire.Draft, n int) {
		for len(d.To)+len(d.CC) < n {
			d.To, d.CC = append(d.To, "ada+x"), append(d.CC, "ada+y")
		}
		d.CC = d.CC[:n-len(d.To)]
	}},
	{"draft", 256 << 10, func(d *quire.Draft, _ int) {
		d.References = make([]quire.MessageID, 900)
		for i := range d.References {
			d.References[i] = quire.MessageID(strings.Repeat("x", 255))
		}
		d.Headers = []quire.Header{{Name: "X", Value: strings.Repeat("x", 60<<10)}}
	}},
}

var sizeCases = []testCase{
	{rule: "every field of a draft has a limit, and what is larger says which field, its size and the limit", run: func(k *kit) {
		for _, s := range sized {
			d := k.mail("x", "ada")
			if s.field != "draft" { // what JSON adds to it is the store's affair
				s.fill(&d, s.limit)
				k.send("mia", d)
				same(k, k.item("ada", d.ID).Draft, d, "a draft with a %s of %d", s.field, s.limit)
			}
			for _, n := range []int{s.limit + 1, 20 << 20} {
				if n > s.limit+1 && (s.limit == 1000 || s.field == "draft") {
					n = 100_000
				}
				d := k.mail("x", "ada")
				s.fill(&d, n)
				_, err := k.store.Commit(k.ctx, mailbox.Commit{Address: "mia", Sends: []quire.Draft{d}, Now: day})
				k.wants(err, mailbox.ErrInvalid, "a large "+s.field)
				var e *mailbox.Error
				if !errors.As(err, &e) {
					k.failf("a %s of %d: the error %v is no *mailbox.Error", s.field, n, err)
				}
				same(k, []any{e.Field, e.Limit}, []any{s.field, int64(s.limit)}, "field and limit of %v", err)
			}
		}
		d := k.mail("x", "ada")
		d.Kind, d.Question = quire.KindQuestion, &quire.Question{Escalate: "not an address"}
		k.refused(mailbox.Commit{Address: "mia", Sends: []quire.Draft{d}}, mailbox.ErrInvalid, "a question that nobody can be asked")
		far := []quire.Via{{Name: "smtp", From: strings.Repeat("x", 1<<20)}}
		k.refused(mailbox.Commit{Address: "mia", Sends: []quire.Draft{k.mail("x", "ada")}, Via: far}, mailbox.ErrInvalid, "a gateway that says too much")
	}},
	{rule: "names in parts count as its body", run: func(k *kit) {
		long := strings.Repeat("x", 65<<20)
		for what, p := range map[string]quire.Part{
			"a call": quire.ToolCall{ID: long}, "a result": quire.ToolResult{CallID: long}, "a picture": quire.Image{MediaType: long},
			"a reference": quire.Ref{Message: quire.MessageID(long)}, "thought": quire.Reasoning{Model: long}, "a blob": quire.Blob{Head: long},
		} {
			d := k.mail("x", "ada")
			d.Parts = []quire.Part{p}
			_, err := k.store.Commit(k.ctx, mailbox.Commit{Address: "mia", Sends: []quire.Draft{d}, Now: day})
			k.wants(err, mailbox.ErrInvalid, what)
		}
	}},
	{rule: "a blob is described by its content, whatever its author says of it", run: forgedBlobs},
	{rule: "who only claims to be somebody sends nobody that one's content", run: func(k *kit) {
		d := k.large("secret ", "ada")
		k.send("mia", d)
		blob := k.item("ada", d.ID).Parts[0]
		for to, via := range map[quire.Address][]quire.Via{"eve": smtp, "ada": smtp} {
			d := k.mail("", to)
			d.Parts = []quire.Part{blob}
			k.refused(mailbox.Commit{Address: "ada", Sends: []quire.Draft{d}, Via: via}, mailbox.ErrInvalid, "a claim with ada's content to "+string(to))
		}
	}},
}

// large makes a draft whose text is kept as a blob.
func (k *kit) large(word string, to ...quire.Address) quire.Draft {
	d := k.mail(strings.Repeat(word, 20_000), to...)
	d.Subject = "a large one"
	return d
}

// forgedBlobs sends content on under wrong descriptions.
func forgedBlobs(k *kit) {
	d := k.large("größer ", "ada")
	k.send("mia", d)
	blob, ok := k.item("ada", d.ID).Parts[0].(quire.Blob)
	if !ok {
		k.failf("a large text is stored as %T, want a Blob", k.item("ada", d.ID).Parts[0])
	}
	var bytes int64
	for what, forged := range map[string]quire.Blob{
		"the truth":             blob,
		"a size that overflows": {Digest: blob.Digest, Size: 1 << 62, MediaType: blob.MediaType, Head: blob.Head, Tail: blob.Tail},
		"the largest size":      {Digest: blob.Digest, Size: math.MaxInt64, MediaType: blob.MediaType},
		"a negative size":       {Digest: blob.Digest, Size: -1 << 62, MediaType: blob.MediaType},
		"another text":          {Digest: blob.Digest, Size: 3, MediaType: blob.MediaType, Head: "pay eve", Tail: "at once"},
	} {
		d := k.mail("", "ben")
		d.Parts = []quire.Part{forged, quire.ToolResult{CallID: "c", Parts: []quire.Part{forged}}}
		k.send("ada", d)
		same(k, k.item("ben", d.ID).Parts, []quire.Part{blob, quire.ToolResult{CallID: "c", Parts: []quire.Part{blob}}}, "%s: the parts", what)
		row := k.query("ben", mailbox.Query{Limit: 1}).Rows[0]
		if bytes == 0 {
			bytes = row.Bytes
		}
		same(k, row.Bytes, bytes, "%s: the bytes of the row", what)
		if strings.Contains(row.Snippet, "eve") {
			k.failf("%s: the snippet %q believes its author", what, row.Snippet)
		}
		same(k, len(k.query("ben", mailbox.Query{Text: "eve"}).Rows), 0, "%s: found by what its author says", what)
		same(k, k.send("ada", d).Sent[0].Duplicate, true, "%s: sent again, it is a duplicate", what)
	}
}

// sizeRuleCases are those of them that need other rules.
var sizeRuleCases = []testCase{
	{rule: "what stands around a body counts in the quota, and blobs with what they are", rules: mailbox.Rules{Limits: mailbox.Limits{PendingBytes: 1 << 20}}, run: func(k *kit) {
		wide := func() quire.Draft {
			d := k.mail("x", "ada")
			for range 500 {
				d.References = append(d.References, quire.MessageID(strings.Repeat("x", 250)))
			}
			return d
		}
		for i := range 8 {
			same(k, bounced(k, "mia", wide(), day), "", "mail %d", i)
		}
		same(k, bounced(k, "mia", wide(), day), "quota", "one more")
		k.commit(mailbox.Commit{Address: "ada", Flags: []mailbox.FlagChange{{UID: 1, Set: quire.FlagHandled}}})
		same(k, bounced(k, "mia", wide(), day), "", "after one is handled")
		big := k.large("y big ", "ben")
		k.send("mia", big)
		blob := k.item("ben", big.ID).Parts[0].(quire.Blob)
		blob.Size = -1 << 62
		forward := func() string {
			d := k.mail("", "cid")
			d.Parts = []quire.Part{blob}
			return bounced(k, "ben", d, day)
		}
		for i := range 8 {
			same(k, forward(), "", "forward %d", i)
		}
		same(k, forward(), "quota", "one forward more")
	}},
}
