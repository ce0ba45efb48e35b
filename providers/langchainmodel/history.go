package langchainmodel

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/tmc/langchaingo/llms"
	"github.com/tmc/langchaingo/schema"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
)

// History is a chat history that composes: it keeps all messages in another one, which has
// them for good, and gives back what of them fits the budget of a session. In front of it
// stands any of langchaingo's memories, such as memory.NewConversationBuffer. It is safe for
// concurrent use as far as the other one is.
//
// Two human messages that follow each other may stand where one stood, and a line of one
// says how many are left out. System messages at the beginning come back as one. The budget
// is that of the history alone: leave room in it for what the chain says besides.
type History struct {
	schema.ChatMessageHistory // with all messages

	mu      sync.Mutex
	session *compose.Session
}

var _ schema.ChatMessageHistory = (*History)(nil)

// NewHistory makes one over all, such as memory.NewChatMessageHistory(), with a session that
// nobody else uses.
func NewHistory(all schema.ChatMessageHistory, session *compose.Session) *History {
	return &History{ChatMessageHistory: all, session: session}
}

// Messages implements [schema.ChatMessageHistory]: the messages that fit. The error is a
// *[LossError] for those that quire can't carry, such as results without the id of a call,
// or the session's.
func (h *History) Messages(ctx context.Context) ([]llms.ChatMessage, error) {
	all, err := h.ChatMessageHistory.Messages(ctx)
	if err != nil || len(all) == 0 {
		return all, err
	}
	system, list, err := fromChat(all)
	if err != nil {
		return nil, err
	}
	var out []llms.ChatMessage
	if system != "" {
		out = append(out, llms.SystemChatMessage{Content: system})
	}
	if len(list) == 0 {
		return out, nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	own := h.session.Options.System
	defer func() { h.session.Options.System = own }()
	h.session.Options.System = joined(own, system)
	answered := list[len(list)-1].Role == quire.RoleAssistant
	if answered { // a prompt needs something that is asked: what comes next
		list = append(list, quire.PromptMessage{Role: quire.RoleUser, Parts: []quire.Part{quire.Text{Text: "?"}}})
	}
	plan, err := h.session.Next(list)
	if err != nil {
		return nil, err
	}
	composed := plan.Prompt.Messages
	if answered {
		composed = composed[:len(composed)-1]
	}
	chat, err := toChat(composed)
	return append(out, chat...), err
}

// fromChat returns what the system messages at the beginning say, and the others.
func fromChat(all []llms.ChatMessage) (system string, list []quire.PromptMessage, err error) {
	for i, m := range all {
		q, err := fromChatMessage(i, m)
		if err != nil {
			return "", nil, err
		}
		if n := len(list); q.Role == roleSystem && n == 0 {
			system = joined(system, quire.PlainText(q.Parts))
			continue
		} else if q.Role == quire.RoleTool && n > 0 && list[n-1].Role == q.Role {
			list[n-1].Parts = append(list[n-1].Parts, q.Parts...)
			continue
		}
		list = append(list, q)
	}
	return system, list, nil
}

func fromChatMessage(i int, m llms.ChatMessage) (quire.PromptMessage, error) {
	text := func(role quire.Role, s string) quire.PromptMessage {
		q := quire.PromptMessage{Role: role}
		if s != "" {
			q.Parts = []quire.Part{quire.Text{Text: s}}
		}
		return q
	}
	switch m := m.(type) {
	case llms.HumanChatMessage:
		return text(quire.RoleUser, m.Content), nil
	case llms.SystemChatMessage:
		return text(roleSystem, m.Content), nil
	case llms.GenericChatMessage:
		q := text(quire.RoleUser, m.Content)
		q.Parts = append([]quire.Part{beside(extra{Role: m.Role, Name: m.Name})}, q.Parts...)
		return q, nil
	case llms.ToolChatMessage:
		return quire.PromptMessage{Role: quire.RoleTool, Parts: []quire.Part{resultOf(m.ID, "", m.Content)}}, nil
	case llms.AIChatMessage:
		q := text(quire.RoleAssistant, m.Content)
		if m.FunctionCall != nil {
			return q, noPlace("use ToolCalls", "message %d, a function call without an id,", i)
		}
		if m.ReasoningContent != "" {
			q.Parts = append([]quire.Part{quire.Reasoning{Text: m.ReasoningContent}}, q.Parts...)
		}
		for _, c := range m.ToolCalls {
			parts, err := callOf(fmt.Sprintf("message %d", i), c)
			if err != nil {
				return q, err
			}
			q.Parts = append(q.Parts, parts...)
		}
		return q, nil
	}
	return quire.PromptMessage{}, noPlace("use the other types of langchaingo", "message %d, a %T,", i, m)
}

// toChat makes the messages of a plan langchaingo's.
func toChat(list []quire.PromptMessage) (out []llms.ChatMessage, err error) {
	for i, m := range list {
		var said []string
		ai := llms.AIChatMessage{}
		for k, part := range m.Parts {
			switch part := part.(type) {
			case quire.Text:
				said = append(said, part.Text)
			case quire.Reasoning:
				ai.ReasoningContent += part.Text
			case quire.ToolCall:
				typ := "function"
				if e, ok := extraOf(m.Parts, k+1); ok && e.Typed {
					typ = e.Type
				}
				ai.ToolCalls = append(ai.ToolCalls, llms.ToolCall{ID: part.ID, Type: typ, FunctionCall: &llms.FunctionCall{Name: part.Name, Arguments: part.Args}})
			case quire.ToolResult:
				content, err := resultContent(fmt.Sprintf("message %d", i), &part)
				if err != nil {
					return nil, err
				}
				out = append(out, llms.ToolChatMessage{ID: part.CallID, Content: content})
			}
		}
		text := strings.Join(said, "\n")
		switch e, generic := extraOf(m.Parts, 0); {
		case m.Role == quire.RoleAssistant:
			ai.Content = text
			out = append(out, ai)
		case m.Role == quire.RoleTool:
		case generic:
			out = append(out, llms.GenericChatMessage{Content: text, Role: e.Role, Name: e.Name})
		case m.Role == roleSystem:
			out = append(out, llms.SystemChatMessage{Content: text})
		default:
			out = append(out, llms.HumanChatMessage{Content: text})
		}
	}
	return out, nil
}
