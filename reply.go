package quire

import (
	"encoding/json"
	"strings"
)

// ValidArgs says whether the arguments are one JSON object.
func (c ToolCall) ValidArgs() bool {
	args := strings.TrimLeft(c.Args, " \t\r\n")
	return strings.HasPrefix(args, "{") && json.Valid([]byte(args))
}

// Whole returns how many of the first parts of r are whole. What follows them was
// cut off, or may have been: a text that breaks off, a call with half of its
// arguments, or with none since none had come yet. Such a call must not run, and
// such a text is no answer.
//
// A reply that ended by itself ([StopEnd], [StopTools]) or was paused is whole, and
// so is one that does not say why it stopped. Of any other the last text, thought or call is not, and of calls made side by side
// none from the first one on whose arguments are missing or can't be read.
func (r *Reply) Whole() int {
	switch r.Stop {
	case StopEnd, StopTools, StopPaused, "":
		return len(r.Parts)
	}
	n := len(r.Parts)
	for n > 0 && !speaks(r.Parts[n-1]) {
		n--
	}
	n = max(0, n-1)
	for i, p := range r.Parts[:n] {
		if c, ok := p.(ToolCall); ok && !c.ValidArgs() {
			return i
		}
	}
	return n
}

// speaks says whether a part holds what a model wrote, and not only a proof of it.
func speaks(p Part) bool {
	r, ok := p.(Reasoning)
	return !ok || r.Text != "" || r.Data != ""
}
