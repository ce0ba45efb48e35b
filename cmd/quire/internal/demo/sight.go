package demo

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/quire-dev/quire"
)

// letter is mail that a script sees in the turn that goes on.
type letter struct {
	uid                       int
	from, kind, subject, text string
}

// sight is what a script sees of a prompt: mail and tool calls of the turn that goes on.
type sight struct {
	mail    []letter
	calls   []string // names of tools
	results []string
}

var (
	handle  = regexp.MustCompile(`^\[#(\d+) from=([^\s\]]+)`)
	kindOf  = regexp.MustCompile(` kind=([^\s\]]+)`)
	subject = regexp.MustCompile(` subject="([^"]*)"`)
	numbers = regexp.MustCompile(`#(\d+)`)
	jobs    = regexp.MustCompile(`(?:Job|Order) (\d+)`)
)

func first(re *regexp.Regexp, s string) string {
	if m := re.FindStringSubmatch(s); m != nil {
		return m[1]
	}
	return ""
}

// job is the number of the job or order that a text is about; 0 for none.
func job(s string) int {
	n, _ := strconv.Atoi(first(jobs, s)) // no number is 0
	return n
}

// look reads a prompt from the end of the last turn on.
func look(p *quire.Prompt) *sight {
	begin := 0
	for i, m := range p.Messages {
		if m.Role == quire.RoleAssistant && !slices.ContainsFunc(m.Parts, isWork) {
			begin = i + 1
		}
	}
	s := &sight{}
	for _, m := range p.Messages[begin:] {
		s.read(m.Parts)
		for _, part := range m.Parts {
			switch part := part.(type) {
			case quire.ToolCall:
				s.calls = append(s.calls, part.Name)
			case quire.ToolResult:
				s.results = append(s.results, quire.PlainText(part.Parts))
			}
		}
	}
	return s
}

// isWork says that a part is a call that does not only tidy up.
func isWork(p quire.Part) bool {
	c, ok := p.(quire.ToolCall)
	return ok && c.Name != "context_drop"
}

func (s *sight) read(parts []quire.Part) {
	for i, p := range parts {
		t, ok := p.(quire.Text)
		m := handle.FindStringSubmatch(t.Text)
		if !ok || m == nil {
			continue
		}
		uid, err := strconv.Atoi(m[1])
		if err != nil {
			continue
		}
		l := letter{uid: uid, from: m[2], kind: first(kindOf, t.Text), subject: first(subject, t.Text)}
		if i+1 < len(parts) {
			if body, ok := parts[i+1].(quire.Text); ok {
				l.text = body.Text
			}
		}
		s.mail = append(s.mail, l)
	}
}

// did counts the calls of a tool in this turn.
func (s *sight) did(tool string) (n int) {
	for _, c := range s.calls {
		if c == tool {
			n++
		}
	}
	return n
}

// say is what a model says.
func say(format string, args ...any) quire.Part {
	return quire.Text{Text: fmt.Sprintf(format, args...)}
}

// call is a tool call.
func call(name string, args map[string]any) quire.Part {
	b, err := json.Marshal(args) // sorts the keys
	if err != nil {
		b = []byte("{}")
	}
	return quire.ToolCall{Name: name, Args: string(b)}
}

func pick(n int, of ...string) string { return of[n%len(of)] }

func firstLine(s string) string {
	for l := range strings.Lines(s) {
		if l = strings.TrimSpace(l); l != "" && !strings.HasPrefix(l, "<<") {
			return l
		}
	}
	return ""
}
