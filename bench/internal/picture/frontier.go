package picture

import (
	"fmt"
	"math"

	"github.com/quire-dev/quire/bench/internal/frontier"
)

// mark is a strategy that is drawn with a name.
type mark struct{ strategy, label string }

// The colours of the plain strategies and of their edge.
const (
	cloud    = "#BBBBBB"
	edgeLine = "#808080"
)

// The size of one panel and what stands around its frame, in points.
const (
	panelWidth, panelHeight  = 460.0, 330.0
	leftOf, rightOf          = 62.0, 12.0
	above, below             = 28.0, 48.0
	columns                  = 3
	markSize, ordinary, bold = 11.0, 2.5, 5.0
)

// drawFrontier draws the panels, three in a row.
func drawFrontier(list []panel, marks []mark) []byte {
	var out svg
	for i := range list {
		at := point{float64(i%columns) * panelWidth, float64(i/columns) * panelHeight}
		list[i].draw(&out, at, marks)
	}
	rows := (len(list) + columns - 1) / columns
	return out.bytes(float64(min(len(list), columns))*panelWidth, float64(rows)*panelHeight)
}

func (p *panel) draw(out *svg, at point, marks []mark) {
	a := axes{left: at.x + leftOf, right: at.x + panelWidth - rightOf, top: at.y + above, bottom: at.y + panelHeight - below}
	var hidden int
	a.x0, a.x1, a.y0, a.y1, hidden = p.scale(marks)
	a.frame(out, steps(a.x0, a.x1, 0.02, func(v float64) string { return fmt.Sprintf("%.0f%%", 100*v) }),
		steps(a.y0, a.y1, 0.1, func(v float64) string { return fmt.Sprintf("%.1f", v) }))
	title := p.title
	if hidden > 0 {
		title += fmt.Sprintf("; %d dearer ones not drawn", hidden)
	}
	out.text(point{(a.left + a.right) / 2, a.top - 10}, middle, 12, ink, title)
	out.text(point{(a.left + a.right) / 2, a.bottom + 32}, middle, markSize, ink, "body recall: more is kept to the right")
	out.upright(point{a.left - 42, (a.top + a.bottom) / 2}, markSize, ink, "total over starting over: cheaper below")
	out.text(point{a.left + 8, a.top + 16}, start, markSize, edgeLine, "dots: plain strategies")
	out.text(point{a.left + 8, a.top + 30}, start, markSize, edgeLine, "line: the cheapest that keeps as much")
	p.plain(out, &a, marks)
	p.marked(out, &a, marks)
}

// plain draws the cloud of plain strategies and its edge: steps, since what keeps more
// keeps enough.
func (p *panel) plain(out *svg, a *axes, marks []mark) {
	for i := range p.spots {
		if s := &p.spots[i]; s.plain && drawn(s, marks) {
			out.dot(a.at(s.body, s.over), ordinary, cloud)
		}
	}
	var line []point
	for _, s := range edge(p.spots) {
		if !drawn(&s, marks) {
			break
		}
		if len(line) == 0 {
			line = append(line, a.at(a.x0, s.over))
		} else {
			line = append(line, point{line[len(line)-1].x, a.at(s.body, s.over).y})
		}
		line = append(line, a.at(s.body, s.over))
	}
	if len(line) > 0 {
		out.line(line, 1, edgeLine)
	}
}

// marked draws what has a name. The name stands where there is more room.
func (p *panel) marked(out *svg, a *axes, marks []mark) {
	for i, m := range marks {
		for _, s := range p.spots {
			if s.strategy != m.strategy {
				continue
			}
			colour := colours[(3+i)%len(colours)]
			at := a.at(s.body, s.over)
			out.dot(at, bold, colour)
			side, x := start, at.x+9
			if at.x+9+room(m.label, markSize) > a.right {
				side, x = end, at.x-9
			}
			out.text(point{x, at.y - 7}, side, markSize, colour, m.label)
		}
	}
}

// steps are ticks at multiples of a step, fewer where there would be more than eight.
func steps(low, high, step float64, text func(float64) string) []tick {
	for (high-low)/step > 8 {
		step *= 2
	}
	var out []tick
	for k := math.Ceil(low/step - 1e-9); k*step <= high+1e-9; k++ {
		out = append(out, tick{k * step, text(k * step)})
	}
	return out
}

// draw makes the picture of rows: the mean, or each cell.
func draw(rows []frontier.Row, cells bool, marks []mark) ([]byte, error) {
	list := panels(rows)
	if len(list[0].spots) == 0 {
		return nil, fmt.Errorf("no strategy is in all cells with a body recall")
	}
	if cells {
		return drawFrontier(list[1:], marks), nil
	}
	return drawFrontier(list[:1], marks), nil
}
