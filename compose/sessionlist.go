package compose

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/codec"
)

// The roles that lists of other programs have besides quire's.
const (
	roleSystem    quire.Role = "system"
	roleDeveloper quire.Role = "developer"
)

// read numbers the messages of a list, and returns the system prompt with what
// stands before all others. What is as in the list before keeps its id.
func (s *Session) read(messages []quire.PromptMessage) (system string, err error) {
	mode := ""
	if s.Options.Handles {
		mode += "h"
	}
	if s.offers() {
		mode += "t"
	}
	if mode != s.mode {
		s.mode, s.items, s.memo = mode, nil, Scratch{}
	}
	l := reading{items: make([]quire.Item, 0, len(s.items)+8), before: s.items, user: s.Options.User, mode: mode, same: true}
	if l.user == "" {
		l.user = "user"
	}
	head := []string{s.Options.System}
	for i := range messages {
		m := &messages[i]
		if (m.Role == roleSystem || m.Role == roleDeveloper) && len(l.items) == 0 && l.turn == nil {
			head = append(head, quire.PlainText(m.Parts))
			continue
		}
		if err := l.add(m); err != nil {
			return "", fmt.Errorf("%w: message %d: %w", errSession, i, err)
		}
	}
	l.finish()
	head = slices.DeleteFunc(head, func(s string) bool { return s == "" })
	s.items, s.sizes = l.items, s.sizes[:min(l.kept, len(s.sizes))]
	return strings.Join(head, "\n\n"), nil
}

// reading is a list on its way to numbered items.
type reading struct {
	items  []quire.Item
	before []quire.Item // of the list before
	kept   int          // how many at the beginning are as before
	same   bool         // all so far are
	user   quire.Address
	mode   string

	turn    []quire.Part // what the model said last; nil: nothing, or it is numbered
	results []quire.Part // of its calls
	after   []quire.Item // what came since and waits for its results
	open    []quire.ToolCall
	late    []quire.ToolCall // of turns before, without results
}

func (l *reading) add(m *quire.PromptMessage) error {
	switch m.Role {
	case quire.RoleUser:
		return l.addUser(m.Parts, l.user, quire.KindMail)
	case roleSystem, roleDeveloper:
		return l.addUser(m.Parts, quire.Address(m.Role), quire.KindNote)
	case quire.RoleAssistant:
		return l.addAssistant(m.Parts)
	case quire.RoleTool:
		for _, p := range m.Parts {
			res, ok := p.(quire.ToolResult)
			if !ok {
				return fmt.Errorf("a tool message holds a %T: it may hold ToolResult parts only", p)
			}
			if err := l.addResult(res); err != nil {
				return err
			}
		}
		return nil
	}
	return fmt.Errorf("role %q: want user, assistant, tool, system or developer", m.Role)
}

// addUser takes the results out of a message, and lets the rest stand behind them.
func (l *reading) addUser(parts []quire.Part, from quire.Address, kind quire.Kind) error {
	var rest []quire.Part
	found := false
	for _, p := range parts {
		res, ok := p.(quire.ToolResult)
		if !ok {
			rest = append(rest, p)
			continue
		}
		found = true
		if err := l.addResult(res); err != nil {
			return err
		}
	}
	if len(rest) > 0 || !found {
		l.wait(rest, from, kind)
	}
	return nil
}

// wait lets a message stand behind the last turn and its results.
func (l *reading) wait(parts []quire.Part, from quire.Address, kind quire.Kind) {
	it := quire.Item{Message: quire.Message{Draft: quire.Draft{Kind: kind, Parts: parts}, Envelope: quire.Envelope{From: from}}}
	if l.turn == nil {
		l.number(it)
		return
	}
	l.after = append(l.after, it)
}

// addAssistant splits a message behind results that stand in it.
func (l *reading) addAssistant(parts []quire.Part) error {
	from := 0
	for i, p := range parts {
		res, ok := p.(quire.ToolResult)
		if !ok {
			continue
		}
		if i > from {
			l.say(parts[from:i])
		}
		from = i + 1
		if err := l.addResult(res); err != nil {
			return err
		}
	}
	if from < len(parts) || len(parts) == 0 {
		l.say(parts[from:])
	}
	return nil
}

// say begins a turn, or goes on with the one before when nothing came between.
func (l *reading) say(parts []quire.Part) {
	if l.turn == nil || len(l.results)+len(l.after) > 0 {
		l.finish()
		l.turn = []quire.Part{}
	}
	l.turn = append(l.turn, parts...)
	for _, p := range parts {
		if call, ok := p.(quire.ToolCall); ok {
			l.open = append(l.open, call)
		}
	}
}

// addResult puts a result beside its call.
func (l *reading) addResult(res quire.ToolResult) error {
	if i := callOf(l.open, res.CallID); i >= 0 {
		l.open = slices.Delete(l.open, i, i+1)
		l.results = append(l.results, res)
		return nil
	}
	for i := len(l.late) - 1; i >= 0; i-- {
		if call := l.late[i]; call.ID == res.CallID {
			l.late = slices.Delete(l.late, i, i+1)
			l.wait(lateResult(&call, &res), l.user, quire.KindMail)
			return nil
		}
	}
	return fmt.Errorf("there is no call %q before this result that waits for one: give the call too, or leave both out", res.CallID)
}

func callOf(calls []quire.ToolCall, id string) int {
	return slices.IndexFunc(calls, func(c quire.ToolCall) bool { return c.ID == id })
}

// finish numbers the last turn with its results and what waits behind them.
func (l *reading) finish() {
	if l.turn == nil {
		return
	}
	own := func(kind quire.Kind, parts []quire.Part) {
		l.number(quire.Item{Message: quire.Message{Draft: quire.Draft{Kind: kind, Parts: parts}}, Delivery: quire.Delivery{Self: true}})
	}
	own(quire.KindTurn, l.turn)
	for _, res := range l.results {
		own(quire.KindResult, []quire.Part{res})
	}
	for _, it := range l.after {
		l.number(it)
	}
	l.late = append(l.late, l.open...)
	l.turn, l.results, l.after, l.open = nil, nil, nil, nil
}

// number gives an item its number and an id that says all that it shows.
func (l *reading) number(it quire.Item) {
	n := len(l.items)
	if n < len(l.before) {
		if old := &l.before[n]; old.Kind == it.Kind && old.From == it.From && sameParts(old.Parts, it.Parts) {
			l.items = append(l.items, *old)
			if l.same {
				l.kept++
			}
			return
		}
	}
	l.same = false
	it.Parts = slices.Clone(it.Parts)
	it.UID = quire.UID(n + 1)
	it.ID = quire.MessageID(strconv.Itoa(n+1) + "-" + string(it.Kind) + l.mode + "-" + string(it.From) + "-" + codec.PartsDigest(it.Parts).Short())
	l.items = append(l.items, it)
}

// body finds an item by its id.
func (s *Session) body(id quire.MessageID) (quire.Item, bool) {
	number, _, _ := strings.Cut(string(id), "-")
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 || n > len(s.items) || s.items[n-1].ID != id {
		return quire.Item{}, false
	}
	return s.items[n-1], true
}

func sameParts(a, b []quire.Part) bool { return slices.EqualFunc(a, b, samePart) }

func samePart(a, b quire.Part) bool {
	switch a := a.(type) {
	case quire.ToolResult:
		b, ok := b.(quire.ToolResult)
		return ok && a.CallID == b.CallID && a.Name == b.Name && a.IsError == b.IsError && sameParts(a.Parts, b.Parts)
	case quire.Image:
		b, ok := b.(quire.Image)
		return ok && a.MediaType == b.MediaType && a.URL == b.URL && a.Width == b.Width && a.Height == b.Height && bytes.Equal(a.Data, b.Data)
	case quire.Opaque:
		b, ok := b.(quire.Opaque)
		return ok && a.Kind == b.Kind && bytes.Equal(a.Raw, b.Raw)
	}
	switch b.(type) {
	case quire.ToolResult, quire.Image, quire.Opaque:
		return false
	}
	return a == b
}
