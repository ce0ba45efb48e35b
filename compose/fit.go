package compose

import (
	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/render"
	"github.com/quire-dev/quire/internal/resident"
)

// fitUser counts a message and, above most tokens, makes it an excerpt.
func (w *work) fitUser(it *quire.Item, sp *resident.Span, most int) {
	own := !w.withheld(it.UID) // else its count is not the message's
	if n, ok := it.Tokens(w.c.counted); ok && own && n <= most && n > 0 {
		sp.Form, sp.Tokens = resident.FormWhole, n
		return
	}
	show, bytes := w.spanShow(it, *sp, resident.FormExcerpt)
	w.fit(sp, most, bytes, show)
	if sp.Form == resident.FormWhole && it.UID != 0 && own {
		if w.plan.Counted == nil {
			w.plan.Counted = map[quire.UID]quire.Count{}
		}
		w.plan.Counted[it.UID] = quire.Count{Key: w.c.counted, Tokens: sp.Tokens}
	}
}

// fit settles a span's form and tokens: whole when it takes at most most, else an
// excerpt of as many bytes as fit. show counts the span with that many bytes of
// text; 0 is all.
func (w *work) fit(sp *resident.Span, most, bytes int, show func(keep int) int) {
	sp.Form, sp.Keep, sp.Tokens = resident.FormWhole, 0, show(0)
	w.whole = sp.Tokens
	if sp.Tokens <= most || bytes == 0 {
		return
	}
	keep := int(int64(bytes) * int64(most) / int64(sp.Tokens))
	for range 24 {
		keep = max(keep*9/10, 1)
		n := show(keep)
		if n < sp.Tokens {
			sp.Form, sp.Keep, sp.Tokens = resident.FormExcerpt, keep, n
		}
		if n <= most || keep == 1 {
			return
		}
		if n > most {
			keep = max(int(int64(keep)*int64(most)/int64(n)), 1)
		}
	}
}

// fitTurn counts what the model said and, above most tokens, makes it an excerpt.
func (w *work) fitTurn(it *quire.Item, ids []string, sp *resident.Span, most int) {
	show := func(keep int) int {
		s := *sp
		s.Form, s.Keep = resident.FormExcerpt, keep
		if keep == 0 {
			s.Form = resident.FormWhole
		}
		return w.count(w.turnParts(it, ids, &s))
	}
	w.fit(sp, most, textBytes(it.Parts), show)
}

// fitResult counts a result and, above most tokens, makes it an excerpt.
func (w *work) fitResult(it *quire.Item, sp *resident.Span, most int) {
	show, bytes := w.spanShow(it, *sp, resident.FormExcerpt)
	w.fit(sp, most, bytes, show)
}

// spanShow returns what counts a result or a message that somebody sent when so many
// bytes of its text are shown, in the form, and how many there are. 0 shows all.
func (w *work) spanShow(it *quire.Item, sp resident.Span, form resident.Form) (show func(keep int) int, bytes int) {
	of := func(keep int) *resident.Span {
		s := sp
		s.Form, s.Keep = form, keep
		if keep == 0 {
			s.Form = resident.FormWhole
		}
		return &s
	}
	if sp.Role == quire.RoleUser {
		return func(keep int) int { return w.count(w.userParts(it, of(keep))) }, textBytes(it.Parts)
	}
	res, _ := render.ResultOf(it)
	bytes = textBytes(res.Parts)
	for _, p := range res.Parts {
		if ref, ok := p.(quire.Ref); ok {
			if target, ok := w.item(ref.Message); ok {
				bytes += textBytes(target.Parts)
			}
		}
	}
	return func(keep int) int { return w.countResult(it, of(keep)) }, bytes
}
