package codec

import (
	"testing"
	"time"

	"github.com/quire-dev/quire"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func fullDraft() quire.Draft {
	return quire.Draft{
		ID: "m1", To: []quire.Address{"ada"}, CC: []quire.Address{"mia@example.org"}, Subject: "Build?", InReplyTo: "m0",
		References: []quire.MessageID{"m-1", "m0"}, Kind: quire.KindQuestion, Parts: []quire.Part{quire.Text{Text: "hi"}, quire.Opaque{Kind: "new", Raw: []byte(`{"kind":"new", "x":1}`)}},
		ValidUntil: time.Date(2026, 1, 2, 3, 4, 5, 600, time.FixedZone("", 3600)), Supersedes: []quire.MessageID{"m00"},
		Auto: quire.AutoReplied, Headers: []quire.Header{{Name: "X", Value: "2"}, {Name: "A", Value: "1"}},
		Question: &quire.Question{Options: []string{"yes", "no"}, ReplyBy: time.Unix(0, 0), Default: "no", Reversible: true, Escalate: "mia"},
	}
}

func TestEncodeDraftBytes(t *testing.T) {
	d := fullDraft()
	b, err := EncodeDraft(&d)
	require.NoError(t, err)
	assert.Equal(t, `{"auto":"auto-replied","cc":["mia@example.org"],"headers":[{"name":"X","value":"2"},{"name":"A","value":"1"}],`+
		`"id":"m1","inReplyTo":"m0","kind":"question","parts":[{"kind":"text","text":"hi"},{"kind":"new", "x":1}],`+
		`"question":{"default":"no","escalate":"mia","options":["yes","no"],"replyBy":"1970-01-01T00:00:00Z","reversible":true},`+
		`"references":["m-1","m0"],"subject":"Build?","supersedes":["m00"],"to":["ada"],"validUntil":"2026-01-02T02:04:05.0000006Z"}`, string(b))
	b, err = EncodeDraft(&quire.Draft{})
	require.NoError(t, err)
	assert.Equal(t, "{}", string(b))
}

func TestDraftRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := genDraft().Draw(t, "draft")
		b, err := EncodeDraft(&d)
		require.NoError(t, err)
		got, err := DecodeDraft(b)
		require.NoError(t, err, "%s", b)
		require.Equal(t, d, got)
		assert.Equal(t, DraftDigest(&d), DraftDigest(&got))
	})
}

// What is made of a draft in one go is what the codec makes of it step by step.
func TestADraftIsCleanedAndDigestedAsTheCodecDoes(t *testing.T) {
	bad := rapid.SampledFrom([]string{"", "\xff", "a\xf0\x9f b", "é"})
	rapid.Check(t, func(t *rapid.T) {
		d := genDraft().Draw(t, "draft")
		if d.Kind == "" {
			d.Kind = quire.KindMail
		}
		d.Subject += bad.Draw(t, "subject")
		d.Kind += quire.Kind(bad.Draw(t, "kind"))
		d.To = append(d.To, quire.Address(bad.Draw(t, "to")))
		d.Headers = append(d.Headers, quire.Header{Name: bad.Draw(t, "name"), Value: bad.Draw(t, "value")})
		d.ValidUntil = d.ValidUntil.In(time.FixedZone("odd", 5400))
		if d.Question != nil {
			d.Question.Escalate += quire.Address(bad.Draw(t, "escalate"))
			d.Question.Options = append(d.Question.Options, bad.Draw(t, "option"))
			d.References = []quire.MessageID{}
		}
		parts := d.Parts
		d.Parts = nil
		encoded, err := EncodeDraft(&d)
		require.NoError(t, err)
		want, err := DecodeDraft(encoded)
		require.NoError(t, err)
		got := CleanDraft(&d)
		require.Equal(t, want, got)

		head, err := EncodeHead(&got)
		require.NoError(t, err)
		require.Equal(t, string(encoded), string(head.Bytes))
		require.Equal(t, DraftDigest(&got), head.Digest(nil))
		got.Parts = parts
		list, err := EncodeParts(parts)
		require.NoError(t, err)
		if len(parts) == 0 {
			list = nil
		}
		require.Equal(t, DraftDigest(&got), head.Digest(list))
	})
}

// Without Opaque parts, an encoded draft is canonical JSON.
func TestEncodeDraftIsCanonical(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := genDraft().Draw(t, "draft")
		kept := d.Parts[:0]
		for _, p := range d.Parts {
			if _, ok := p.(quire.Opaque); !ok {
				kept = append(kept, p)
			}
		}
		d.Parts = kept
		for i, p := range d.Parts {
			if r, ok := p.(quire.ToolResult); ok {
				d.Parts[i] = quire.ToolResult{CallID: r.CallID, Name: r.Name, Parts: []quire.Part{quire.Text{Text: "a"}}, IsError: r.IsError}
			}
		}
		b, err := EncodeDraft(&d)
		require.NoError(t, err)
		canon, err := CanonicalJSON(b)
		require.NoError(t, err)
		require.Equal(t, string(canon), string(b))
	})
}

// Every single field of a draft is part of its digest.
func TestDraftDigestCoversEveryField(t *testing.T) {
	changes := map[string]func(*quire.Draft){
		"id":          func(d *quire.Draft) { d.ID = "x" },
		"to":          func(d *quire.Draft) { d.To = append(d.To, "x") },
		"cc":          func(d *quire.Draft) { d.CC = nil },
		"to and cc":   func(d *quire.Draft) { d.To, d.CC = d.CC, d.To },
		"subject":     func(d *quire.Draft) { d.Subject = "x" },
		"in-reply-to": func(d *quire.Draft) { d.InReplyTo = "" },
		"references":  func(d *quire.Draft) { d.References = d.References[:1] },
		"kind":        func(d *quire.Draft) { d.Kind = quire.KindNote },
		"no kind":     func(d *quire.Draft) { d.Kind = "" },
		"parts":       func(d *quire.Draft) { d.Parts = []quire.Part{quire.Text{Text: "ho"}} },
		"raw": func(d *quire.Draft) {
			d.Parts = []quire.Part{quire.Text{Text: "hi"}, quire.Opaque{Kind: "new", Raw: []byte(`{"kind":"new","x":1}`)}}
		},
		"until":       func(d *quire.Draft) { d.ValidUntil = d.ValidUntil.Add(1) },
		"supersedes":  func(d *quire.Draft) { d.Supersedes = nil },
		"auto":        func(d *quire.Draft) { d.Auto = "" },
		"headers":     func(d *quire.Draft) { d.Headers = []quire.Header{{Name: "A", Value: "1"}, {Name: "X", Value: "2"}} },
		"no question": func(d *quire.Draft) { d.Question = nil },
		"options":     func(d *quire.Draft) { d.Question.Options = []string{"yes"} },
		"reply-by":    func(d *quire.Draft) { d.Question.ReplyBy = time.Time{} },
		"default":     func(d *quire.Draft) { d.Question.Default = "yes" },
		"reversible":  func(d *quire.Draft) { d.Question.Reversible = false },
		"escalate":    func(d *quire.Draft) { d.Question.Escalate = "" },
	}
	d := fullDraft()
	seen := map[quire.Digest]string{DraftDigest(&d): "unchanged"}
	for name, change := range changes {
		d := fullDraft()
		change(&d)
		other, dup := seen[DraftDigest(&d)]
		assert.False(t, dup, "%s has the digest of %s", name, other)
		seen[DraftDigest(&d)] = name
	}
}

func TestDraftDigestIgnoresWhatMeansTheSame(t *testing.T) {
	a := quire.Draft{ID: "1", ValidUntil: time.Unix(5, 0).UTC()}
	b := quire.Draft{ID: "1", Kind: quire.KindMail, To: []quire.Address{}, ValidUntil: time.Unix(5, 0).In(time.FixedZone("", 7200))}
	assert.Equal(t, DraftDigest(&a), DraftDigest(&b))
	assert.Equal(t, quire.Kind(""), a.Kind)
}

func TestDecodeDraftErrors(t *testing.T) {
	cases := []struct {
		text   string
		offset int64
		says   string
	}{
		{``, 0, "not valid JSON"},
		{`[]`, 0, "not valid JSON"},
		{`{"id":"a"} 1`, 11, "not valid JSON"},
		{`{"id":"a","id":"a"}`, 15, "stands twice"},
		{`{"colour":"red"}`, 10, `member "colour" is not known`},
		{`{"id":null}`, 6, "want a string"},
		{`{"id":"\ud800"}`, 14, "surrogate"},
		{`{"to":"ada"}`, 6, "not valid JSON"},
		{`{"to":[1]}`, 7, "want a string"},
		{`{"validUntil":"soon"}`, 20, "want a time"},
		{`{"question":{"options":[1]}}`, 24, "want a string"},
		{`{"question":{"reversible":1}}`, 27, "want true or false"},
		{`{"question":{"why":1}}`, 19, `member "why" is not known`},
		{`{"headers":[{"name":"a","name":"b"}]}`, 31, "stands twice"},
		{`{"headers":[{"more":"a"}]}`, 20, `member "more" is not known`},
		{`{"parts":[1]}`, 10, "not a part"},
	}
	for _, c := range cases {
		d, err := DecodeDraft([]byte(c.text))
		var e *DecodeError
		require.ErrorAs(t, err, &e, c.text)
		assert.Equal(t, "draft", e.What)
		assert.Equal(t, c.offset, e.Offset, c.text)
		assert.ErrorContains(t, err, c.says, c.text)
		assert.Equal(t, quire.Draft{}, d)
	}
}

func TestEncodeDraftErrors(t *testing.T) {
	for _, d := range []quire.Draft{
		{ValidUntil: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)},
		{Question: &quire.Question{ReplyBy: time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC)}},
		{Parts: []quire.Part{nil}},
	} {
		_, err := EncodeDraft(&d)
		var e *DecodeError
		assert.ErrorAs(t, err, &e)
		assert.NotZero(t, DraftDigest(&d))
	}
}

// FuzzDecodeDraft: no panic, and what was decoded is stable from then on.
func FuzzDecodeDraft(f *testing.F) {
	d := fullDraft()
	b, err := EncodeDraft(&d)
	require.NoError(f, err)
	f.Add(b)
	f.Add([]byte(`{"validUntil":"2026-01-02T03:04:05+01:00"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := DecodeDraft(b)
		if err != nil {
			var e *DecodeError
			require.ErrorAs(t, err, &e)
			return
		}
		once, err := EncodeDraft(&d)
		require.NoError(t, err)
		again, err := DecodeDraft(once)
		require.NoError(t, err)
		require.Equal(t, DraftDigest(&d), DraftDigest(&again))
	})
}

// FuzzCanonicalJSON: no panic; the result is its own canonical form.
func FuzzCanonicalJSON(f *testing.F) {
	f.Add([]byte(`{"b":[1e3,-0.0,true],"a":"\u20ac\/"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		once, err := CanonicalJSON(b)
		if err != nil {
			var e *DecodeError
			require.ErrorAs(t, err, &e)
			return
		}
		twice, err := CanonicalJSON(once)
		require.NoError(t, err)
		require.Equal(t, string(once), string(twice))
	})
}
