package agent

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/quire-dev/quire"
)

// reader is a model that works a mailbox as badly as it can be worked: it searches for
// what it has, pulls what does not fit together, drops it and wants it back.
type reader struct {
	r     *rand.Rand
	mails int // numbers of mail that it knows of
	size  int // words of a third of the room
	steps int // calls that it still makes in this turn
	at    int
	habit int
	a, b  int // what it goes back and forth between
}

// habits is how many ways to go on there are, see next.
const habits = 9

// begin makes the reader ready for a turn.
func (m *reader) begin() {
	m.at, m.steps, m.habit = 0, 1+m.r.IntN(14), m.r.IntN(habits)
	m.a, m.b = m.any(), m.any()
}

func (m *reader) any() int { return 1 + m.r.IntN(m.mails) }

// reply is the model's next reply, whatever the prompt says.
func (m *reader) reply(*quire.Prompt) (*quire.Reply, error) {
	if m.steps--; m.steps < 0 {
		return &quire.Reply{Parts: []quire.Part{quire.Text{Text: "Done."}}}, nil
	}
	m.at++
	var parts []quire.Part
	if m.r.IntN(4) == 0 {
		parts = append(parts, quire.Text{Text: fmt.Sprintf("So #%d says what I wanted. ", m.any()) + wordsOf(m.r.IntN(40))})
	}
	return &quire.Reply{Parts: append(parts, m.next()...)}, nil
}

// next makes the calls of a step.
func (m *reader) next() []quire.Part {
	switch m.habit {
	case 0: // search, pull, search again
		return m.calls([]string{"find", "pull a", "find"}[m.at%3])
	case 1: // some searches, then as many pulls
		return m.calls([]string{"find", "find", "find", "pull", "pull", "pull"}[m.at%6])
	case 2: // two things that may not fit together
		return m.calls([]string{"pull a", "pull b"}[m.at%2])
	case 3: // let go and fetched again
		return m.calls([]string{"pull a", "drop a", "pull b", "pull a"}[m.at%4])
	case 4: // results larger than what they may take
		return m.calls([]string{"read", "pull a", "read", "read"}[m.at%4])
	case 5: // piece by piece
		return m.calls([]string{"piece a", "piece a", "pull a", "pull b"}[m.at%4])
	case 6: // much at once
		var acts []string
		for range 1 + m.r.IntN(10) {
			acts = append(acts, m.act())
		}
		return m.calls(acts...)
	case 7: // both in one step, one of which may be above
		return m.calls([]string{"pull a", "pull b"}[m.at%2], []string{"pull b", "pull a", "pull"}[m.at%3])
	}
	return m.calls(m.act())
}

// act draws anything.
func (m *reader) act() string {
	return []string{"find", "find", "pull", "pull a", "pull b", "pull many", "drop", "drop a", "pin", "unpin", "read", "piece a", "piece", "answer", "list", "done"}[m.r.IntN(16)]
}

func (m *reader) calls(acts ...string) []quire.Part {
	var parts []quire.Part
	for i, act := range acts {
		name, args := m.call(act)
		parts = append(parts, quire.ToolCall{ID: fmt.Sprintf("s%d_%d", m.at, i), Name: name, Args: args})
	}
	return parts
}

// call is an action as a tool call: "pull a" is always of the same message, "pull" of
// any.
func (m *reader) call(act string) (name, args string) {
	what, which, _ := strings.Cut(act, " ")
	uid := m.any()
	switch which {
	case "a":
		uid = m.a
	case "b":
		uid = m.b
	}
	switch what {
	case "find":
		return toolFind, fmt.Sprintf(`{"words":"topic%d"}`, m.r.IntN(6))
	case "list":
		return toolFind, fmt.Sprintf(`{"limit":%d,"pending":%t}`, m.r.IntN(60), m.r.IntN(2) == 0)
	case "pull":
		if which == "many" {
			return toolPull, fmt.Sprintf(`{"uids":[%d,%d,%d]}`, uid, m.any(), m.any())
		}
		return toolPull, fmt.Sprintf(`{"uids":[%d]}`, uid)
	case "piece":
		from := m.r.IntN(2 * m.size)
		return toolPull, fmt.Sprintf(`{"uids":[%d],"from":%d,"to":%d}`, uid, from, from+1+m.r.IntN(4*m.size))
	case "drop":
		return toolDrop, fmt.Sprintf(`{"uids":[%d]}`, uid)
	case "pin", "unpin":
		return toolPin, fmt.Sprintf(`{"uids":[%d],"on":%t}`, uid, what == "pin")
	case "answer":
		return toolSend, fmt.Sprintf(`{"reply_to":%d,"text":"I see.","done":%t}`, uid, m.r.IntN(2) == 0)
	case "done":
		return toolDone, fmt.Sprintf(`{"uids":[%d]}`, uid)
	}
	return "read", fmt.Sprintf(`{"words":%d}`, m.r.IntN(m.size*3))
}

// wordsOf is so many words.
func wordsOf(n int) string { return strings.TrimSpace(strings.Repeat("word ", n)) }
