package render

import (
	"strconv"
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/jsontext"
	"github.com/quire-dev/quire/internal/resident"
)

// Result renders a tool's result under the call id that the prompt uses: its
// handle, its text, then each message that it shows as Mail, then images. A stub
// is one line. An excerpt shows about sp.Keep bytes of all that together, the
// long ones cut to the same size; see [Renderer.Mail] for each. It is never
// without text, since providers refuse that.
func (r *Renderer) Result(it *quire.Item, callID string, bodyTokens int, sp *resident.Span) quire.ToolResult {
	res, _ := ResultOf(it)
	out := quire.ToolResult{CallID: callID, Name: res.Name, IsError: res.IsError}
	if sp.Form == resident.FormStub {
		out.Parts = []quire.Part{quire.Text{Text: Stub(it.UID, sp.Tool)}}
		return out
	}
	own, refs := r.resultBodies(&res)
	most := 0
	if sp.Form == resident.FormExcerpt {
		sizes := append(make([]int, 0, 1+len(refs)), cost(own.segs))
		for i := range refs {
			sizes = append(sizes, cost(refs[i].body.segs))
		}
		most = share(sizes, sp.Keep)
	}
	out.Parts = append(make([]quire.Part, 0, 2+3*len(refs)+len(own.media)), quire.Text{Text: resultHandle(it, &res, bodyTokens)})
	out.Parts = appendResultText(out.Parts, own.segs, it.UID, most)
	for i := range refs {
		out.Parts = r.appendRef(out.Parts, &refs[i], most)
	}
	out.Parts = append(out.Parts, own.media...)
	if len(out.Parts) == 1 {
		out.Parts = append(out.Parts, quire.Text{Text: "(no output)"})
	}
	return out
}

// resultHandle is the handle of a result, also when its message is of an unusual
// kind.
func resultHandle(it *quire.Item, res *quire.ToolResult, bodyTokens int) string {
	as := quire.Item{}
	as.UID, as.Kind, as.Parts = it.UID, quire.KindResult, []quire.Part{*res}
	return handle(&as, about{tokens: bodyTokens})
}

func appendResultText(parts []quire.Part, segs []segment, uid quire.UID, keep int) []quire.Part {
	segs = excerpt(segs, keep)
	if len(segs) == 0 {
		return parts
	}
	var b strings.Builder
	b.Grow(cost(segs))
	write(&b, segs, omission{uid: uid}, true)
	text := b.String()
	if text == "" {
		return parts
	}
	if strings.TrimSpace(text) == "" {
		text = "(only white space: " + strconv.Itoa(len(text)) + " bytes)"
	}
	return append(parts, quire.Text{Text: text})
}

// resultBodies splits a result into what it says itself and what it shows.
func (r *Renderer) resultBodies(res *quire.ToolResult) (own body, refs []shown) {
	for i := 0; i < len(res.Parts); i++ {
		ref, ok := res.Parts[i].(quire.Ref)
		if !ok {
			own.collect(res.Parts[i:i+1], 1)
			continue
		}
		s := r.resolve(ref)
		if ref.Part == quire.PartBeside && i+1 < len(res.Parts) {
			if text, ok := res.Parts[i+1].(quire.Text); ok && s.gone == "" {
				s.body.segs = []segment{{text: jsontext.Clean(text.Text)}}
				i++
			}
		}
		refs = append(refs, s)
	}
	return own, refs
}

// ResultOf returns the ToolResult that a result message carries; when it carries
// none, all its parts as one, and false.
func ResultOf(it *quire.Item) (quire.ToolResult, bool) {
	for _, p := range it.Parts {
		if res, ok := p.(quire.ToolResult); ok {
			return res, true
		}
	}
	return quire.ToolResult{Parts: it.Parts}, false
}
