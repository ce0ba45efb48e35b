package wire

import (
	"encoding/base64"
	"slices"
	"strings"

	"github.com/quire-dev/quire"
)

// fitPictures returns p with its pictures as the provider takes them: each with the
// type that its bytes have, and a note in place of one that would be refused. Where
// only their number or their sum is too large, the oldest become notes.
func fitPictures(api quire.API, p *quire.Prompt) *quire.Prompt {
	limits := imageLimitsFor(api)
	if len(limits.Types) == 0 {
		return p // they are notes anyway
	}
	var all, shown []*picture
	eachImage(p, func(role quire.Role, img quire.Image) quire.Part {
		pic := limits.look(img)
		all = append(all, pic)
		if pic.why == "" && (role != quire.RoleAssistant || api == quire.APIGemini) {
			shown = append(shown, pic)
		}
		return img
	})
	limits.thin(shown)
	return eachImage(p, func(quire.Role, quire.Image) quire.Part {
		pic := all[0]
		all = all[1:]
		return pic.part()
	})
}

// withoutImages returns a copy of p with a note in place of each image.
func withoutImages(p *quire.Prompt) *quire.Prompt {
	return eachImage(p, func(_ quire.Role, img quire.Image) quire.Part { return quire.Text{Text: imageNote(img)} })
}

// eachImage returns a copy of p with what f makes of each image; p itself when it has
// none.
func eachImage(p *quire.Prompt, f func(quire.Role, quire.Image) quire.Part) *quire.Prompt {
	q := p
	for i, m := range p.Messages {
		parts, changed := imagesIn(m.Role, m.Parts, f)
		if !changed {
			continue
		}
		if q == p {
			c := *p
			c.Messages = slices.Clone(p.Messages)
			q = &c
		}
		q.Messages[i].Parts = parts
	}
	return q
}

func imagesIn(role quire.Role, parts []quire.Part, f func(quire.Role, quire.Image) quire.Part) (out []quire.Part, changed bool) {
	for i, part := range parts {
		next := part
		switch part := part.(type) {
		case quire.Image:
			next = f(role, part)
		case quire.ToolResult:
			inner, in := imagesIn(role, part.Parts, f)
			if !in {
				continue
			}
			part.Parts = inner
			next = part
		default:
			continue
		}
		if !changed {
			out, changed = slices.Clone(parts), true
		}
		out[i] = next
	}
	return out, changed
}

// picture is one on its way into a request.
type picture struct {
	quire.Image
	side int    // of the longer one, in pixels, as its bytes say
	why  string // it can't be shown; "" when it can
}

// part is what goes out.
func (s *picture) part() quire.Part {
	if s.why == "" {
		return s.Image
	}
	return quire.Text{Text: "[" + imageName(s.Image) + ": " + s.why + "]"}
}

const (
	notShown = "not shown"
	tooLarge = "too large, not shown"
	tooMany  = "not shown, newer pictures take its place"
)

// look judges one picture.
func (l imageLimits) look(img quire.Image) *picture {
	s := &picture{Image: img}
	if data, ok := strings.CutPrefix(img.URL, "data:"); ok {
		s.URL, s.Data = "", nil
		if typ, raw, ok := strings.Cut(data, ";base64,"); ok {
			s.MediaType, s.Data = typ, fromBase64(raw)
		}
	}
	if s.URL != "" {
		scheme, _, _ := strings.Cut(s.URL, ":")
		if !slices.Contains(l.Schemes, strings.ToLower(scheme)) && len(l.Schemes) > 0 {
			s.why = notShown
		}
		return s
	}
	typ, width, height := sniff(s.Data)
	s.side = max(width, height)
	switch {
	case !slices.Contains(l.Types, typ):
		s.why = notShown
		return s
	case l.Encoded > 0 && s.encoded() > l.Encoded, l.Side > 0 && s.side > l.Side:
		s.why = tooLarge
	}
	s.MediaType = typ
	return s
}

func fromBase64(s string) []byte {
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		return nil
	}
	return b
}

func (s *picture) encoded() int { return base64.StdEncoding.EncodedLen(len(s.Data)) }

// thin makes notes of the oldest pictures until number and sum are what the provider
// takes. Above the number from which on pictures must be smaller that is so when none
// of those left is larger, or no more are left than that number.
func (l imageLimits) thin(shown []*picture) {
	total, count, big := 0, len(shown), 0
	tall := func(s *picture) bool { return l.ManySide > 0 && s.side > l.ManySide }
	for _, s := range shown {
		total += s.encoded()
		if tall(s) {
			big++
		}
	}
	for _, s := range shown {
		over := l.Count > 0 && count > l.Count || l.Total > 0 && total > l.Total
		if !over && !(l.Many > 0 && count > l.Many && big > 0) {
			return
		}
		s.why = tooMany
		total -= s.encoded()
		count--
		if tall(s) {
			big--
		}
	}
}
