package transcript

import (
	"sort"
	"time"

	"github.com/quire-dev/quire"
)

// Record is what one file holds.
type Record struct {
	// Sessions are in the order of the file; the branches and subagents of a
	// Claude Code session follow it.
	Sessions []Session
	// Problems are what could not be read or does not fit together, by line,
	// those of the file as a whole last: at most 1,000.
	Problems []Problem
	// Omitted counts the problems beyond those.
	Omitted int
}

// Session is one conversation: an append-only stream of messages, and the model
// calls that were made on it.
type Session struct {
	ID     string // as the record names it, else derived from the file's name
	Title  string // may be empty
	Model  string // of the first call; may be empty
	System string // the instructions; empty when the record leaves them out
	// Tools are sorted by name. Where the record leaves them out they are those that were
	// called, without description and with an open schema: requests that hold calls must
	// name their tools.
	Tools []quire.Tool
	// Agent is the address of the one whose session it is: author of the
	// turns, recipient of the rest. User is who talked to it.
	Agent, User quire.Address
	// Parent is the ID of the session that this one branched off from or was
	// started by; empty for none.
	Parent string
	// Sidechain says that a subagent held it.
	Sidechain bool
	Messages  []Message
	Calls     []Call
}

// Message is one message of a session. Its Draft has a deterministic ID.
type Message struct {
	quire.Draft
	From quire.Address
	Time time.Time // when it was made; zero when the record does not say
	Line int       // in the file, from 1; where its first piece stands
}

// Call is one model call: it was sent Messages[First:At] of its session, and
// Messages[At] is what came back. First is 0 until the program summarised the
// conversation and went on from the summary, at which it is then: what the program
// kept beside the summary, as some do, stands before it.
type Call struct {
	First, At int
	Model     string // empty when the record does not say
	// Usage is what the provider reported. Its zero value means that the
	// record does not say.
	Usage quire.Usage
}

// calledTools returns a tool without description and with an open schema for
// every name that the session calls, sorted by name.
func (s *Session) calledTools() []quire.Tool {
	seen := map[string]bool{}
	var tools []quire.Tool
	for i := range s.Messages {
		for _, p := range s.Messages[i].Parts {
			if c, ok := p.(quire.ToolCall); ok && c.Name != "" && !seen[c.Name] {
				seen[c.Name] = true
				tools = append(tools, quire.Tool{Name: c.Name, Schema: []byte(`{"type":"object","properties":{}}`)})
			}
		}
	}
	sort.Slice(tools, func(i, j int) bool { return tools[i].Name < tools[j].Name })
	return tools
}
