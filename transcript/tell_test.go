package transcript

import (
	"fmt"
	"strings"

	"github.com/quire-dev/quire"
)

// tell puts a record in a few words: a line for each session with its messages,
// where each call begins and stands, and the problems by line.
func tell(rec *Record) string {
	var b strings.Builder
	for _, s := range rec.Sessions {
		fmt.Fprintf(&b, "%s:", s.ID)
		for _, m := range s.Messages {
			fmt.Fprintf(&b, " %s", words(m.From, m.Kind, m.Parts))
		}
		for _, c := range s.Calls {
			fmt.Fprintf(&b, " %d-%d", c.First, c.At)
			if c.Usage.Input > 0 {
				fmt.Fprintf(&b, "/%d", c.Usage.Input)
			}
		}
		b.WriteString("\n")
	}
	for _, p := range rec.Problems {
		fmt.Fprintf(&b, "%d %s\n", p.Line, p.Code)
	}
	return b.String()
}

func words(from quire.Address, kind quire.Kind, parts []quire.Part) string {
	who := map[quire.Kind]string{quire.KindTurn: "A", quire.KindResult: "R"}[kind]
	if who == "" {
		who = string(from)
	}
	var list []string
	for _, p := range parts {
		switch p := p.(type) {
		case quire.Text:
			list = append(list, p.Text)
		case quire.ToolCall:
			list = append(list, p.Name+"#"+p.ID+p.Args)
		case quire.ToolResult:
			list = append(list, strings.TrimPrefix(words("", "", p.Parts), "=")+"#"+p.CallID)
		case quire.Reasoning:
			list = append(list, "~"+p.Text+p.Signature+p.Data)
		case quire.Image:
			list = append(list, p.MediaType)
		case quire.Opaque:
			list = append(list, "?"+p.Kind)
		}
	}
	return who + "=" + strings.Join(list, "+")
}

// used sums the usage of a session's calls.
func used(s *Session) quire.Usage {
	var sum quire.Usage
	for _, c := range s.Calls {
		sum = sum.Add(c.Usage)
	}
	return sum
}
