package render

import (
	"fmt"
	"strconv"

	"github.com/quire-dev/quire"
)

// shown is what a reference shows: a message, or all there is of it in a range.
type shown struct {
	item  quire.Item
	body  body
	bytes string // a line that gives the range; "" is all
	gone  string // the line in its place, when there is nothing to show
}

// resolve finds what a pull shows.
func (r *Renderer) resolve(ref quire.Ref) (s shown) {
	ok := false
	if r.Refs != nil {
		s.item, ok = r.Refs(ref.Message)
	}
	if !ok {
		return shown{gone: gone(ref.UID)}
	}
	parts := s.item.Parts
	if ref.Part >= len(parts) {
		return shown{gone: "[" + s.item.UID.String() + " has no part " + strconv.Itoa(ref.Part) + "]"}
	}
	if ref.Part >= 0 {
		parts = parts[ref.Part : ref.Part+1]
	}
	s.body.collect(parts, 0)
	if ref.From > 0 || ref.To > 0 {
		var lo, hi, size int64
		s.body.segs, lo, hi, size = between(s.body.segs, ref.From, ref.To)
		s.body.media = nil
		s.bytes = fmt.Sprintf("\n[bytes %d to %d of %d]", lo, hi, size)
	}
	return s
}

// appendRef renders what a pull shows, as mail.
func (r *Renderer) appendRef(parts []quire.Part, s *shown, keep int) []quire.Part {
	if s.gone != "" {
		return append(parts, quire.Text{Text: s.gone})
	}
	return r.appendMail(parts, &s.item, &s.body, about{bytes: s.bytes}, keep)
}
