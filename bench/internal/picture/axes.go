package picture

import (
	"math"
)

// The colours of what is not data.
const (
	ink   = "#222222"
	faint = "#DDDDDD"
)

// axes map values to places in a frame. A logarithmic y is of positive values.
type axes struct {
	left, right, top, bottom float64 // of the frame, in points
	x0, x1, y0, y1           float64 // values at its edges
	log                      bool    // y
}

func (a *axes) at(x, y float64) point {
	low, high := a.y0, a.y1
	if a.log {
		y, low, high = math.Log(y), math.Log(low), math.Log(high)
	}
	return point{
		a.left + (a.right-a.left)*(x-a.x0)/(a.x1-a.x0),
		a.bottom - (a.bottom-a.top)*(y-low)/(high-low),
	}
}

// tick is a value on an axis and what is written at it.
type tick struct {
	value float64
	text  string
}

// frame draws the grid with its texts.
func (a *axes) frame(s *svg, x, y []tick) {
	for _, t := range x {
		p := a.at(t.value, a.y0)
		s.line([]point{{p.x, a.top}, {p.x, a.bottom}}, 0.5, faint)
		s.text(point{p.x, a.bottom + 14}, middle, 10, ink, t.text)
	}
	for _, t := range y {
		p := a.at(a.x0, t.value)
		s.line([]point{{a.left, p.y}, {a.right, p.y}}, 0.5, faint)
		s.text(point{a.left - 6, p.y + 3.5}, end, 10, ink, t.text)
	}
	s.line([]point{{a.left, a.top}, {a.left, a.bottom}, {a.right, a.bottom}}, 1, ink)
}

// apart moves heights down until they are a distance from each other, in their order,
// and back up where the last would pass the bottom.
func apart(heights []float64, distance, bottom float64) {
	for i := 1; i < len(heights); i++ {
		heights[i] = max(heights[i], heights[i-1]+distance)
	}
	for i := len(heights) - 1; i >= 0; i-- {
		heights[i] = min(heights[i], bottom)
		bottom = heights[i] - distance
	}
}
