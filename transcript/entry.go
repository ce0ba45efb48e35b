package transcript

import (
	"time"

	"github.com/quire-dev/quire"
)

// entry is one recorded message in no program's form: what the readers of each
// form make, and the builder turns into messages.
type entry struct {
	line  int
	role  string // "user", "assistant", "tool", "system"; anything else is a name
	name  string // of who speaks, where the record has it
	parts []quire.Part
	time  time.Time
	// Of assistant entries: what the provider said of the call. noCall marks
	// text that no model wrote, such as an error shown in its place.
	usage  quire.Usage
	model  string
	noCall bool
	// restart: the program went on from here without what came before.
	restart bool
}

// join adds a piece of an answer to it.
func (e *entry) join(p entry) {
	e.parts = append(e.parts, p.parts...)
	e.usage = most(e.usage, p.usage)
	e.model = firstOf(e.model, p.model)
	e.noCall = e.noCall && p.noCall
}

// split takes the results out of parts: each is a message of its own.
func split(parts []quire.Part) (results []quire.ToolResult, rest []quire.Part) {
	for _, p := range parts {
		if r, ok := p.(quire.ToolResult); ok {
			results = append(results, r)
		} else {
			rest = append(rest, p)
		}
	}
	return results, rest
}
