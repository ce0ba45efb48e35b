package render

import (
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/jsontext"
	"github.com/quire-dev/quire/internal/resident"
)

// Turn renders what the agent's model answered: reasoning, text and calls, in
// their order, without any label, since models imitate labels, and without
// escaping, since it is the model's own. A reply has no parts but these and
// opaque ones. It may render to nothing, when the model said nothing.
//
// The callIDs, when not nil, replace the ids of the calls, one by one. Reasoning
// of another model than the one named is left out; "" leaves out none.
//
// An excerpt shows about sp.Keep bytes of texts and arguments, the long ones cut
// to the same size, and at most 128 bytes more for each of them. Arguments that
// are JSON stay so; reasoning is never cut.
func Turn(it *quire.Item, callIDs []string, model string, sp *resident.Span) []quire.Part {
	most := 0
	if sp.Form == resident.FormExcerpt {
		most = share(turnSizes(it.Parts), sp.Keep)
	}
	parts := make([]quire.Part, 0, len(it.Parts))
	n := 0
	for _, p := range it.Parts {
		switch p := p.(type) {
		case quire.Text:
			parts = appendText(parts, written([]segment{{text: jsontext.Clean(p.Text)}}, it.UID, most), p.Phase)
		case quire.Blob:
			parts = appendText(parts, written(blobSegments(p), it.UID, most), "")
		case quire.ToolCall:
			if n < len(callIDs) {
				p.ID = callIDs[n]
			}
			n++
			p.Args = shortArgs(p.Args, it.UID, most)
			parts = append(parts, p)
		case quire.Reasoning:
			if model == "" || p.Model == "" || p.Model == model {
				parts = append(parts, p)
			}
		case quire.Opaque:
			parts = append(parts, p)
		}
	}
	return parts
}

// appendText leaves out text that providers take for empty.
func appendText(parts []quire.Part, s, phase string) []quire.Part {
	if strings.TrimSpace(s) == "" {
		return parts
	}
	return append(parts, quire.Text{Text: s, Phase: phase})
}

// turnSizes is the bytes of what an excerpt can cut.
func turnSizes(parts []quire.Part) []int {
	sizes := make([]int, 0, len(parts))
	for _, p := range parts {
		switch p := p.(type) {
		case quire.Text:
			sizes = append(sizes, len(p.Text))
		case quire.Blob:
			sizes = append(sizes, cost(blobSegments(p)))
		case quire.ToolCall:
			sizes = append(sizes, len(p.Args))
		}
	}
	return sizes
}

// written is what segs say as one text that is not foreign, in about keep bytes;
// 0 is all.
func written(segs []segment, uid quire.UID, keep int) string {
	segs = excerpt(segs, keep)
	if len(segs) == 1 && segs[0].left == 0 {
		return segs[0].text
	}
	var b strings.Builder
	b.Grow(cost(segs))
	write(&b, segs, omission{uid: uid}, false)
	return b.String()
}
