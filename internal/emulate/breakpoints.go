package emulate

import "slices"

// What OpenAI's guide says of a request from GPT-5.6 on.
const (
	firstBreakpoints  = 2  // explicit ones that are looked up, from the front
	latestBreakpoints = 50 // and from the end
	earlierEnds       = 20 // message ends before the placed one
	breakpointWrites  = 4
)

// breakpoints returns where a request is looked up.
func breakpoints(p *prompt, marks []int) []int {
	at := slices.Clone(marks)
	if len(at) > firstBreakpoints+latestBreakpoints {
		at = append(at[:firstBreakpoints:firstBreakpoints], at[len(at)-latestBreakpoints:]...)
	}
	if !p.Implicit {
		return at
	}
	ends := eligible(p)
	if len(ends) > 0 && p.Segments[ends[0]].Level != LevelMessages {
		at = append(at, ends[0])
	}
	return append(at, ends[max(0, len(ends)-1-earlierEnds):]...)
}

// latest returns the breakpoints that are written.
func latest(p *prompt, marks []int) []int {
	n := breakpointWrites
	var placed []int
	if ends := eligible(p); p.Implicit && len(ends) > 0 {
		placed = ends[len(ends)-1:]
		n--
	}
	at := append(slices.Clone(marks[max(0, len(marks)-n):]), placed...)
	slices.Sort(at)
	return slices.Compact(at)
}

// eligible returns the segments behind which OpenAI places a breakpoint by
// itself: the ends of the first developer messages, of user messages, and of
// groups of results.
func eligible(p *prompt) []int {
	var at []int
	for i := range p.Segments {
		s := &p.Segments[i]
		var next *Segment
		if i+1 < len(p.Segments) {
			next = &p.Segments[i+1]
		}
		ends := false
		switch {
		case s.Level == LevelSystem:
			ends = next == nil || next.Level != LevelSystem
		case s.Kind == KindUser:
			ends = next == nil || next.Kind != KindUser || next.Message != s.Message
		case s.Kind == KindResult:
			ends = next == nil || next.Kind != KindResult
		}
		if ends {
			at = append(at, i)
		}
	}
	return at
}
