package codec

import (
	"encoding/json"
	"time"

	"github.com/quire-dev/quire"
	"pgregory.net/rapid"
)

// Generators of values as they may come, valid UTF-8 throughout: what is not is
// tested apart, since it does not come back as it was.

func genText() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.String(),
		rapid.SampledFrom([]string{"", "a", "\x00\x1f\x7f", "\u2028</script>\"\\", "é漢字🙂", "{\"kind\":\"text\"}", "\r\n\t\b\f"}),
	)
}

func genDigest() *rapid.Generator[quire.Digest] {
	return rapid.Custom(func(t *rapid.T) (d quire.Digest) {
		if rapid.Bool().Draw(t, "set") {
			d = quire.DigestOf(rapid.SliceOf(rapid.Byte()).Draw(t, "of"))
		}
		return d
	})
}

// genJSON makes any JSON value as text, with white space and escapes here and
// there.
func genJSON(depth int) *rapid.Generator[string] {
	space := rapid.SampledFrom([]string{"", "", "", " ", "\n\t", "\r "})
	str := rapid.Custom(func(t *rapid.T) string {
		b, _ := json.Marshal(genText().Draw(t, "s"))
		return string(b)
	})
	scalar := rapid.OneOf(str, rapid.SampledFrom([]string{
		"0", "-0", "1.0", "1e400", "123456789012345678901234567890", "true", "false", "null", `"\ud83d\ude42\/"`,
	}))
	if depth == 0 {
		return scalar
	}
	return rapid.Custom(func(t *rapid.T) string {
		inner := genJSON(depth - 1)
		sp := func() string { return space.Draw(t, "space") }
		switch rapid.IntRange(0, 2).Draw(t, "shape") {
		case 0:
			return scalar.Draw(t, "scalar")
		case 1:
			s := "[" + sp()
			for i := range rapid.IntRange(0, 3).Draw(t, "n") {
				if i > 0 {
					s += "," + sp()
				}
				s += inner.Draw(t, "element") + sp()
			}
			return s + "]"
		}
		return genObject(inner).Draw(t, "object")
	})
}

func genObject(value *rapid.Generator[string]) *rapid.Generator[string] {
	name := rapid.SampledFrom([]string{"kind", "text", "id", "args", "parts", "of", "raw", "data", "Kind", "x", "\u20ac", "\U0001F600", "\uffee"})
	return rapid.Custom(func(t *rapid.T) string {
		s := "{" + rapid.SampledFrom([]string{"", " "}).Draw(t, "space")
		names := rapid.SliceOfNDistinct(name, 0, 4, rapid.ID).Draw(t, "names")
		for i, n := range names {
			if i > 0 {
				s += ","
			}
			key, _ := json.Marshal(n)
			s += string(key) + ": " + value.Draw(t, "value")
		}
		return s + "}"
	})
}

func genPart(nesting int) *rapid.Generator[quire.Part] {
	return rapid.Custom(func(t *rapid.T) quire.Part {
		s := func(name string) string { return genText().Draw(t, name) }
		top := 7
		if nesting == 0 {
			top = 6
		}
		switch rapid.IntRange(0, top).Draw(t, "type") {
		case 0:
			return quire.Text{Text: s("text"), Phase: s("phase")}
		case 1:
			return quire.ToolCall{ID: s("id"), Name: s("name"), Args: s("args"), Signature: s("signature")}
		case 2:
			p := quire.Image{MediaType: s("media"), URL: s("url"), Width: rapid.Int().Draw(t, "w"), Height: rapid.Int().Draw(t, "h")}
			if b := rapid.SliceOf(rapid.Byte()).Draw(t, "data"); len(b) > 0 {
				p.Data = b
			}
			return p
		case 3:
			return quire.Blob{Digest: genDigest().Draw(t, "d"), Size: rapid.Int64().Draw(t, "size"), MediaType: s("media"), Head: s("head"), Tail: s("tail")}
		case 4:
			return quire.Ref{Message: quire.MessageID(s("m")), UID: quire.UID(rapid.Uint64().Draw(t, "uid")), Part: rapid.Int().Draw(t, "part"),
				From: rapid.Int64().Draw(t, "from"), To: rapid.Int64().Draw(t, "to"), Digest: genDigest().Draw(t, "d")}
		case 5:
			return quire.Reasoning{Model: s("model"), Asked: s("asked"), ID: s("id"), Text: s("text"), Signature: s("signature"), Data: s("data")}
		case 6:
			return genOpaque().Draw(t, "opaque")
		}
		return quire.ToolResult{CallID: s("call"), Name: s("name"), Parts: genParts(nesting-1).Draw(t, "parts"), IsError: rapid.Bool().Draw(t, "err")}
	})
}

// genOpaque makes what a later version may have written, what looks like a known
// kind, and what is no JSON at all.
func genOpaque() *rapid.Generator[quire.Opaque] {
	kind := rapid.SampledFrom([]string{"", "text", "video", "opaque", "toolResult"})
	raw := rapid.OneOf(
		genObject(genJSON(2)),
		genJSON(3),
		rapid.SampledFrom([]string{`{"kind":"video","x":1}`, `{ "kind" : "video" }`, ` {"kind":"video"}`, `{"kind":"text","text":"a"}`, `{"kind":"opaque","of":"video","raw":{}}`}),
		rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }),
	)
	return rapid.Custom(func(t *rapid.T) quire.Opaque {
		o := quire.Opaque{Kind: kind.Draw(t, "kind")}
		if s := raw.Draw(t, "raw"); s != "" {
			o.Raw = []byte(s)
		}
		return o
	})
}

func genParts(nesting int) *rapid.Generator[[]quire.Part] {
	return rapid.Custom(func(t *rapid.T) []quire.Part {
		parts := rapid.SliceOfN(genPart(nesting), 0, 4).Draw(t, "parts")
		if len(parts) == 0 {
			return nil
		}
		return parts
	})
}

func genTime() *rapid.Generator[time.Time] {
	return rapid.Custom(func(t *rapid.T) time.Time {
		if !rapid.Bool().Draw(t, "set") {
			return time.Time{}
		}
		sec := rapid.Int64Range(-60_000_000_000, 250_000_000_000).Draw(t, "sec")
		return time.Unix(sec, rapid.Int64Range(0, 999_999_999).Draw(t, "ns")).UTC()
	})
}

func genDraft() *rapid.Generator[quire.Draft] {
	return rapid.Custom(func(t *rapid.T) quire.Draft {
		s := func(name string) string { return genText().Draw(t, name) }
		d := quire.Draft{
			ID: quire.MessageID(s("id")), Subject: s("subject"), InReplyTo: quire.MessageID(s("irt")), Kind: quire.Kind(s("kind")),
			To: genList[quire.Address]().Draw(t, "to"), CC: genList[quire.Address]().Draw(t, "cc"),
			References: genList[quire.MessageID]().Draw(t, "refs"), Supersedes: genList[quire.MessageID]().Draw(t, "sup"),
			Parts: genParts(2).Draw(t, "parts"), ValidUntil: genTime().Draw(t, "until"), Auto: quire.AutoClass(s("auto")),
		}
		for range rapid.IntRange(0, 2).Draw(t, "headers") {
			d.Headers = append(d.Headers, quire.Header{Name: s("name"), Value: s("value")})
		}
		if rapid.Bool().Draw(t, "asks") {
			d.Question = &quire.Question{
				Options: genList[string]().Draw(t, "options"), ReplyBy: genTime().Draw(t, "by"),
				Default: s("default"), Reversible: rapid.Bool().Draw(t, "rev"), Escalate: quire.Address(s("esc")),
			}
		}
		return d
	})
}

func genList[S ~string]() *rapid.Generator[[]S] {
	return rapid.Custom(func(t *rapid.T) (list []S) {
		for range rapid.IntRange(0, 3).Draw(t, "n") {
			list = append(list, S(genText().Draw(t, "s")))
		}
		return list
	})
}
