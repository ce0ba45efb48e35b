package oldstore

import (
	"context"
	"fmt"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/agent"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/models"
)

// Options are those of the agent that lives in the old stores.
func Options(now func() time.Time) agent.Options {
	tool := func(name string) agent.Tool {
		return agent.Tool{Name: name, Description: "Does what its name says.", Run: func(_ context.Context, c agent.Call) ([]quire.Part, error) {
			return []quire.Part{quire.Text{Text: name + " did " + c.Args}}, nil
		}}
	}
	return agent.Options{
		Composer: compose.New(nil), Owner: "mia", System: "You build releases.", Now: now, Budget: 5000,
		Profile:   models.Profile{Name: "test-1", Window: 8000, MaxOutput: 500, Dialect: models.Dialect{API: quire.APIOpenAIChat, LoopEvict: models.LoopGroups, NoticeInLoop: true}},
		Tools:     []agent.Tool{tool("build"), tool("lookup"), tool("deploy")},
		Streaming: agent.Streaming{On: true},
	}
}

// Flat are the messages of a prompt as text, for looking into.
func Flat(p *quire.Prompt) []string {
	var out []string
	for _, m := range p.Messages {
		s := string(m.Role) + ": "
		for _, part := range m.Parts {
			s += flatPart(part) + "\n"
		}
		out = append(out, s)
	}
	return out
}

func flatPart(p quire.Part) string {
	switch p := p.(type) {
	case quire.Text:
		return p.Text
	case quire.ToolCall:
		return "call " + p.ID + " " + p.Name + p.Args
	case quire.ToolResult:
		s := fmt.Sprintf("result %s %v", p.CallID, p.IsError)
		for _, q := range p.Parts {
			s += "\n" + flatPart(q)
		}
		return s
	}
	return fmt.Sprintf("%T", p)
}
