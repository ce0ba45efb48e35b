package wire

import (
	"slices"
	"strings"

	"github.com/quire-dev/quire"
)

// thinkStyle says how a request asks for reasoning.
type thinkStyle uint8

const (
	thinkBudget   thinkStyle = iota // a number of tokens
	thinkAdaptive                   // the model decides; an effort at most
	thinkEffort                     // an effort word
	thinkNone                       // no field for it
)

// family is one row with what only the encoders need to know.
type family struct {
	models []string // prefixes of bare model names; none: the API's fallback
	row    quire.Row
	think  thinkStyle
	// echo: chat messages carry reasoning_content, also empty beside calls.
	echo bool
	// longMarks and longCache are prefixes of the bare names that keep what is
	// marked for 12 hours, or all that they cache by themselves for 24.
	longMarks, longCache []string
}

// Rows returns the whole table, in the order in which it is written: a fresh
// copy that the caller may change. The rows without a model family of their own
// come last for each API.
func Rows() []quire.Row {
	rows := make([]quire.Row, 0, len(families()))
	for _, f := range families() {
		rows = append(rows, f.row)
	}
	return rows
}

// RowFor returns the row of a model behind an API. A path or a region before
// the model's own name ("openrouter/anthropic/claude-…", "us.anthropic.claude-…")
// is skipped. A model that no row names gets the fallback of its API; an unknown
// API gets a row that allows nothing, with Name "unknown".
func RowFor(api quire.API, model string) quire.Row { return familyFor(api, model).row }

// familyFor finds the family with the longest matching prefix.
func familyFor(api quire.API, model string) family {
	name, best, length := bareModel(model), family{}, -1
	for _, f := range families() {
		if f.row.API != api {
			continue
		}
		if len(f.models) == 0 && length < 0 {
			best, length = f, 0
		}
		for _, prefix := range f.models {
			if strings.HasPrefix(name, prefix) && len(prefix) > length {
				best, length = f, len(prefix)
			}
		}
	}
	if length < 0 {
		best = family{row: quire.Row{Name: "unknown", API: api, LoopEvict: quire.LoopNone, Reasoning: quire.ReasoningNotTaken}, think: thinkNone}
	}
	return best
}

// bareModel cuts what gateways put before a model's own name.
func bareModel(model string) string {
	name := strings.ToLower(model)
	name = name[strings.LastIndexByte(name, '/')+1:]
	if i := strings.Index(name, "claude-"); i > 0 {
		name = name[i:]
	}
	return name
}

// families is the table. It is a function so that nobody can change it.
func families() []family {
	return slices.Concat(anthropicFamilies(), openAIFamilies(), otherFamilies())
}

func anthropicFamilies() []family {
	const (
		caching  = "platform.claude.com/docs build-with-claude/prompt-caching"
		thinking = "platform.claude.com/docs build-with-claude/extended-thinking; " + caching
		bound    = "platform.claude.com/docs build-with-claude/preserved-thinking; " + caching
	)
	return []family{
		{
			// Thinking of earlier turns is stripped by the server, and a block
			// that is no tool result ends the turn: hence no notice in a loop.
			models: []string{
				"claude-3", "claude-sonnet-4", "claude-opus-4", "claude-haiku-4",
			},
			row: quire.Row{
				Name: "anthropic/claude-4", API: quire.APIAnthropic, LoopEvict: quire.LoopResults,
				Reasoning: quire.ReasoningTurn, Marks: 4, Source: thinking, Date: "2026-11-23",
			},
		},
		{
			models: []string{"claude-opus-4-5"},
			row: quire.Row{
				Name: "anthropic/claude-opus-4.5", API: quire.APIAnthropic, LoopEvict: quire.LoopResults,
				Reasoning: quire.ReasoningKeep, NoticeInLoop: true, Marks: 4, Source: thinking, Date: "2026-11-23",
			},
		},
		{
			models: []string{
				"claude-opus-4-6", "claude-opus-4-7", "claude-opus-4-8", "claude-sonnet-4-6",
				"claude-opus-5", "claude-sonnet-5", "claude-fable-5", "claude-mythos-5", "claude-mythos-preview",
			},
			think: thinkAdaptive,
			row: quire.Row{
				Name: "anthropic/claude-5", API: quire.APIAnthropic, LoopEvict: quire.LoopResults,
				Reasoning: quire.ReasoningKeep, NoticeInLoop: true, Marks: 4, Source: thinking, Date: "2026-11-23",
			},
		},
		{
			// Thinking is bound to the bytes before it. Unknown Claude models
			// are taken for newer ones, hence the short prefix.
			models: []string{
				"claude-", "claude-opus-5-5", "claude-sonnet-5-5", "claude-haiku-5-5",
				"claude-fable-5-1", "claude-fable-5-2", "claude-mythos-5-1", "claude-mythos-5-2",
			},
			think: thinkAdaptive,
			row: quire.Row{
				Name: "anthropic/claude-5.5", API: quire.APIAnthropic, LoopEvict: quire.LoopNone,
				Reasoning: quire.ReasoningKeep, ReasoningBound: true, Marks: 4, Source: bound, Date: "2026-11-23",
			},
		},
		{
			row: quire.Row{ // other models behind the same format
				Name: "anthropic", API: quire.APIAnthropic, LoopEvict: quire.LoopResults,
				Reasoning: quire.ReasoningKeep, NoticeInLoop: true, Marks: 4, Source: caching, Date: "2026-11-23",
			},
		},
	}
}

func openAIFamilies() []family {
	const guide = "developers.openai.com/api/docs/guides/prompt-caching"
	marked := []string{"gpt-5.6", "gpt-5.7", "gpt-5.8", "gpt-5.9", "gpt-6"}
	long := []string{"gpt-6.2"}
	return []family{
		{
			models: marked, think: thinkEffort, longMarks: long,
			row: quire.Row{
				Name: "openai/gpt-5.6", API: quire.APIOpenAIResponses, LoopEvict: quire.LoopGroups,
				Reasoning: quire.ReasoningKeep, NoticeInLoop: true, Marks: 4, Source: guide, Date: "2026-11-23",
			},
		},
		{
			models: []string{"gpt-5", "o1", "o3", "o4", "codex"}, think: thinkEffort, longCache: []string{"gpt-5"},
			row: quire.Row{
				Name: "openai/reasoning", API: quire.APIOpenAIResponses, LoopEvict: quire.LoopGroups,
				Reasoning: quire.ReasoningTurn, NoticeInLoop: true, Source: guide, Date: "2026-11-23",
			},
		},
		{
			think: thinkNone, longCache: []string{"gpt-4.1"},
			row: quire.Row{
				Name: "openai", API: quire.APIOpenAIResponses, LoopEvict: quire.LoopGroups,
				Reasoning: quire.ReasoningNotTaken, NoticeInLoop: true, Source: guide, Date: "2026-11-23",
			},
		},
		{
			models: marked, think: thinkEffort, longMarks: long,
			row: quire.Row{
				Name: "openai-chat/gpt-5.6", API: quire.APIOpenAIChat, LoopEvict: quire.LoopGroups,
				Reasoning: quire.ReasoningNotTaken, NoticeInLoop: true, Marks: 4, Source: guide, Date: "2026-11-23",
			},
		},
		{
			// Reasoning beside tool calls must come back in every later request.
			models: []string{"deepseek"}, think: thinkEffort, echo: true,
			row: quire.Row{
				Name: "openai-chat/deepseek", API: quire.APIOpenAIChat, LoopEvict: quire.LoopGroups,
				Reasoning: quire.ReasoningKeep, NoticeInLoop: true, Source: "api-docs.deepseek.com/guides/thinking_mode", Date: "2026-11-23",
			},
		},
		{
			models: []string{"gpt-5", "o1", "o3", "o4"}, think: thinkEffort, longCache: []string{"gpt-5"},
			row: quire.Row{
				Name: "openai-chat/reasoning", API: quire.APIOpenAIChat, LoopEvict: quire.LoopGroups,
				Reasoning: quire.ReasoningNotTaken, NoticeInLoop: true, Source: guide, Date: "2026-11-23",
			},
		},
		{
			think: thinkNone, longCache: []string{"gpt-4.1"},
			row: quire.Row{
				Name: "openai-chat", API: quire.APIOpenAIChat, LoopEvict: quire.LoopGroups,
				Reasoning: quire.ReasoningNotTaken, NoticeInLoop: true, Source: guide, Date: "2026-11-23",
			},
		},
	}
}

func otherFamilies() []family {
	return []family{
		{
			// The signatures of the current turn must stay, so its groups do too.
			think: thinkBudget,
			row: quire.Row{
				Name: "gemini", API: quire.APIGemini, LoopEvict: quire.LoopResults,
				Reasoning: quire.ReasoningKeep, Source: "ai.google.dev/gemini-api/docs/thought-signatures", Date: "2026-11-23",
			},
		},
		{
			think: thinkNone,
			row: quire.Row{
				Name: "strict", API: quire.APIStrict, LoopEvict: quire.LoopGroups,
				Reasoning: quire.ReasoningNotTaken, Source: "chat templates of Mistral and Qwen models", Date: "2026-11-23",
			},
		},
		{
			// The templates of models that think leave the thinking of earlier
			// turns out.
			think: thinkNone,
			row: quire.Row{
				Name: "ollama", API: quire.APIOllama, LoopEvict: quire.LoopGroups,
				Reasoning: quire.ReasoningTurn, Source: "github.com/ollama/ollama v0.17.4: api, server, model/renderers", Date: "2026-11-28",
			},
		},
	}
}
