package render

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/quire-dev/quire"
)

// Body finds a message that a reference names; false when it is gone.
type Body func(quire.MessageID) (quire.Item, bool)

// Renderer turns stored messages into parts. It is safe for concurrent use if
// Refs is. The zero value has no key: its fences can be imitated, escaping still
// holds. What it is given it never changes; images in what it returns share
// their data with it.
type Renderer struct {
	key []byte
	// Refs finds what a Ref shows. nil shows a line that it is gone.
	Refs Body
}

// New returns a renderer whose fence codes only holders of key can make. The
// key is the store's: another key is another rendering of all mail.
func New(key []byte, refs Body) *Renderer {
	return &Renderer{key: append([]byte(nil), key...), Refs: refs}
}

// Mail renders a message that somebody sent: its handle, its fenced text, then
// its images. bodyTokens, when positive, is named in the handle.
//
// A positive keep is how many bytes of text the body may show. What then stands
// between the fence lines has at most keep+128 bytes, the line that says what is
// left out included, and a backslash more for each line that is escaped: a third
// more at the very worst.
func (r *Renderer) Mail(it *quire.Item, bodyTokens, keep int) []quire.Part {
	var b body
	b.collect(it.Parts, 0)
	return r.appendMail(make([]quire.Part, 0, 2+len(b.media)), it, &b, about{tokens: bodyTokens}, keep)
}

// Waiting is Mail for an excerpt of what was not answered yet when it was shortened:
// the line that says what is left out says that too. It goes on saying it, and it
// stays true.
func (r *Renderer) Waiting(it *quire.Item, bodyTokens, keep int) []quire.Part {
	var b body
	b.collect(it.Parts, 0)
	return r.appendMail(make([]quire.Part, 0, 2+len(b.media)), it, &b, about{tokens: bodyTokens, waiting: true}, keep)
}

// Orphan renders a result whose call is not in the context: as mail that names
// its tool.
func (r *Renderer) Orphan(it *quire.Item, bodyTokens, keep int) []quire.Part {
	res, _ := ResultOf(it)
	as := *it
	as.Kind, as.Parts = quire.KindResult, []quire.Part{res}
	var b body
	b.collect(res.Parts, 1)
	return r.appendMail(make([]quire.Part, 0, 2+len(b.media)), &as, &b, about{tokens: bodyTokens, without: true}, keep)
}

func (r *Renderer) appendMail(parts []quire.Part, it *quire.Item, body *body, a about, keep int) []quire.Part {
	segs := excerpt(body.segs, keep)
	fence := it.UID.String() + " " + r.mac(it) + ">>"
	var b strings.Builder
	b.Grow(cost(segs) + 2*len(fence) + 24)
	b.WriteString("<<mail ")
	b.WriteString(fence)
	b.WriteByte('\n')
	write(&b, segs, omission{uid: it.UID, waiting: a.waiting}, true)
	endLine(&b)
	b.WriteString("<</mail ")
	b.WriteString(fence)
	parts = append(parts, quire.Text{Text: handle(it, a)}, quire.Text{Text: b.String()})
	return append(parts, body.media...)
}

// mac is the code on the fence lines of a message: 32 bits are enough, as a body
// is written before its message has a UID, and its look-alikes are escaped too.
func (r *Renderer) mac(it *quire.Item) string {
	in := make([]byte, 0, 128)
	in = strconv.AppendUint(in, uint64(it.UID), 10)
	for _, s := range [...]string{string(it.From), string(it.ID), string(it.Kind)} {
		in = append(in, 0)
		in = append(in, s...)
	}
	m := hmac.New(sha256.New, r.key)
	m.Write(in)
	return hex.EncodeToString(m.Sum(in[:0])[:4])
}
