package picture

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"math"
	"strings"
)

// Texts are placed by their anchors and not by how wide they are: nobody knows the font
// that a reader has. Where a text ends, room is left for this many em a character: those
// of typewriters take 0.6, and what is not of one width takes less on average.
const widest = 0.62

// room is what a text may take in any font, in points.
func room(text string, size float64) float64 {
	return widest * size * float64(len([]rune(text)))
}

// anchor is which end of a text stands at its place.
type anchor string

const (
	start  anchor = "start"
	middle anchor = "middle"
	end    anchor = "end"
)

// point is a place in points from the top left.
type point struct{ x, y float64 }

// svg is a drawing in the making.
type svg struct{ b bytes.Buffer }

func (s *svg) text(at point, a anchor, size float64, colour, text string) {
	fmt.Fprintf(&s.b, `<text x="%s" y="%s" text-anchor="%s" font-size="%s" fill="%s">`, num(at.x), num(at.y), a, num(size), colour)
	xml.EscapeText(&s.b, []byte(text)) // a buffer takes everything
	s.b.WriteString("</text>\n")
}

// upright writes a text from the bottom to the top, its middle at a place.
func (s *svg) upright(at point, size float64, colour, text string) {
	fmt.Fprintf(&s.b, `<text transform="translate(%s %s) rotate(-90)" text-anchor="middle" font-size="%s" fill="%s">`, num(at.x), num(at.y), num(size), colour)
	xml.EscapeText(&s.b, []byte(text))
	s.b.WriteString("</text>\n")
}

func (s *svg) line(points []point, width float64, colour string) {
	var d strings.Builder
	for i, p := range points {
		d.WriteString(map[bool]string{true: "M", false: "L"}[i == 0])
		d.WriteString(num(p.x) + " " + num(p.y))
	}
	fmt.Fprintf(&s.b, `<path d="%s" fill="none" stroke="%s" stroke-width="%s"/>`+"\n", d.String(), colour, num(width))
}

func (s *svg) dot(at point, radius float64, colour string) {
	fmt.Fprintf(&s.b, `<circle cx="%s" cy="%s" r="%s" fill="%s"/>`+"\n", num(at.x), num(at.y), num(radius), colour)
}

// bytes is the whole picture on a white ground, so that it can be read on a dark page.
func (s *svg) bytes(width, height float64) []byte {
	w, h := num(width), num(height)
	return fmt.Appendf(nil, `<svg xmlns="http://www.w3.org/2000/svg" width="%s" height="%s" viewBox="0 0 %s %s" font-family="sans-serif">
<rect width="%s" height="%s" fill="#FFFFFF"/>
%s</svg>
`, w, h, w, h, w, h, s.b.String())
}

// num writes a number with one decimal at most: less than that nobody sees, and more
// could differ between machines.
func num(f float64) string {
	return strings.TrimSuffix(fmt.Sprintf("%.1f", math.Round(f*10)/10), ".0")
}
