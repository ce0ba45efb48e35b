package main

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/quire-dev/quire"
)

// script is a model whose answer depends on nothing but the prompt, so that a
// run that was killed goes on exactly like one that was not. decide gets what it
// can see and says what to do next.
type script struct {
	name   string
	decide func(*sight) []quire.Part
}

// Generate implements providers.Model.
func (s script) Generate(ctx context.Context, p *quire.Prompt) (*quire.Reply, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	parts := s.decide(look(p))
	stop := quire.StopEnd
	for i, part := range parts {
		if c, ok := part.(quire.ToolCall); ok {
			c.ID = fmt.Sprintf("call_%d", i+1)
			parts[i] = c
			stop = quire.StopTools
		}
	}
	return &quire.Reply{Model: s.name, Parts: parts, Stop: stop}, nil
}

// seen is a message that stands in the prompt.
type seen struct {
	uid     int
	from    string
	kind    string
	subject string
	text    string
	turn    bool // it came in the turn that goes on
}

// did is a tool call of the turn that goes on, with its result.
type did struct {
	name, args, result string
}

// sight is what a script sees of a prompt.
type sight struct {
	mail   []seen // oldest first
	calls  []did
	notice string
}

var (
	handleRE  = regexp.MustCompile(`^\[#(\d+) from=([^\s\]]+)`)
	kindRE    = regexp.MustCompile(` kind=([^\s\]]+)`)
	subjectRE = regexp.MustCompile(` subject="([^"]*)"`)
)

// field is what a pattern finds in a handle, or "".
func field(re *regexp.Regexp, handle string) string {
	if m := re.FindStringSubmatch(handle); m != nil {
		return m[1]
	}
	return ""
}

// look reads a prompt.
func look(p *quire.Prompt) *sight {
	s := &sight{notice: p.Notice}
	start := 0
	for i, m := range p.Messages {
		if m.Role == quire.RoleAssistant && !hasWork(m.Parts) {
			start = i + 1
		}
	}
	byID := map[string]int{}
	for i, m := range p.Messages {
		s.read(m.Parts, i >= start)
		if i < start {
			continue
		}
		for _, part := range m.Parts {
			switch part := part.(type) {
			case quire.ToolCall:
				byID[part.ID] = len(s.calls)
				s.calls = append(s.calls, did{name: part.Name, args: part.Args})
			case quire.ToolResult:
				if n, ok := byID[part.CallID]; ok {
					s.calls[n].result = quire.PlainText(part.Parts)
				}
			}
		}
	}
	return s
}

// hasWork says whether an assistant message calls for more than tidying up: a
// message that only drops ends its turn.
func hasWork(parts []quire.Part) bool {
	return slices.ContainsFunc(parts, func(p quire.Part) bool {
		c, ok := p.(quire.ToolCall)
		return ok && c.Name != "context_drop"
	})
}

// read collects the messages whose handles stand among parts.
func (s *sight) read(parts []quire.Part, turn bool) {
	for i, p := range parts {
		switch p := p.(type) {
		case quire.ToolResult:
			s.read(p.Parts, turn)
		case quire.Text:
			m := handleRE.FindStringSubmatch(p.Text)
			if m == nil {
				continue
			}
			uid, err := strconv.Atoi(m[1])
			if err != nil {
				continue
			}
			one := seen{uid: uid, from: m[2], kind: field(kindRE, p.Text), subject: field(subjectRE, p.Text), turn: turn}
			if i+1 < len(parts) {
				if body, ok := parts[i+1].(quire.Text); ok {
					one.text = body.Text
				}
			}
			s.mail = append(s.mail, one)
		}
	}
}

// called finds a call of this turn whose arguments hold a text.
func (s *sight) called(name, holds string) (did, bool) {
	for _, c := range s.calls {
		if c.name == name && strings.Contains(c.args, holds) {
			return c, true
		}
	}
	return did{}, false
}

// now lists what came in this turn from a sender, oldest first.
func (s *sight) now(from string) []seen {
	var out []seen
	for _, m := range s.mail {
		if m.turn && m.from == from {
			out = append(out, m)
		}
	}
	return out
}

// about lists the numbers of all that stands in the prompt and names a job.
func (s *sight) about(job string) []int {
	var uids []int
	re := regexp.MustCompile(regexp.QuoteMeta(job) + `\b`)
	for _, m := range s.mail {
		if (re.MatchString(m.subject) || re.MatchString(m.text)) && !slices.Contains(uids, m.uid) {
			uids = append(uids, m.uid)
		}
	}
	return uids
}

// call is a tool call with its arguments.
func call(name string, args map[string]any) quire.Part {
	b, err := json.Marshal(args) // sorts the keys
	if err != nil {
		b = []byte("{}")
	}
	return quire.ToolCall{Name: name, Args: string(b)}
}

// text is what the model says.
func text(format string, args ...any) quire.Part {
	return quire.Text{Text: fmt.Sprintf(format, args...)}
}
