package promptcheck_test

import (
	"fmt"

	"pgregory.net/rapid"

	"github.com/quire-dev/quire"
)

// conversation draws the messages of a valid prompt in groups: after each group
// the prompt may end.
func conversation(model string) *rapid.Generator[[][]quire.PromptMessage] {
	return rapid.Custom(func(t *rapid.T) [][]quire.PromptMessage {
		n := rapid.IntRange(1, 6).Draw(t, "groups")
		groups := make([][]quire.PromptMessage, n)
		ids := 0
		userAt := rapid.IntRange(0, n-1).Draw(t, "user at")
		for i := range groups {
			kind := rapid.IntRange(0, 2).Draw(t, "kind")
			if i == userAt {
				kind = 0
			}
			switch kind {
			case 0:
				groups[i] = []quire.PromptMessage{{Role: quire.RoleUser, Parts: content(t, 3)}}
			case 1:
				groups[i] = []quire.PromptMessage{{Role: quire.RoleAssistant, Parts: words(t, model)}}
			default:
				groups[i] = toolGroup(t, model, &ids)
			}
		}
		return groups
	})
}

func anyText(t *rapid.T) string {
	return rapid.SampledFrom([]string{
		"", " \n", "hello", "a \"quoted\" <b>\\ line\nand \t more", "\x00\x1f\u2028", "caf\u00e9 \xff\xfe",
		`{"cache_control":{"type":"ephemeral"}}`, "42", "null", "(empty)",
	}).Draw(t, "text")
}

// content draws what a user message or a result may hold.
func content(t *rapid.T, most int) []quire.Part {
	var parts []quire.Part
	for range rapid.IntRange(0, most).Draw(t, "parts") {
		switch rapid.IntRange(0, 7).Draw(t, "part") {
		case 0:
			data := rapid.SampledFrom([]string{"\x89PNG\r\n\x1a\n", "\xff\xd8\xff\xe0", "GIF89a", "<svg/>", "x"}).Draw(t, "data")
			parts = append(parts, quire.Image{MediaType: rapid.SampledFrom([]string{"image/png", "image/jpg", ""}).Draw(t, "type"), Data: []byte(data), Width: 3, Height: 4})
		case 1:
			parts = append(parts, quire.Image{URL: "https://example.org/a.png"})
		case 2:
			parts = append(parts, quire.Blob{Size: 100, Head: anyText(t), Tail: "tail"})
		case 3:
			parts = append(parts, quire.Ref{UID: 41}, quire.Opaque{Kind: "sketch", Raw: []byte(`{"kind":"sketch"}`)})
		default:
			parts = append(parts, quire.Text{Text: anyText(t)})
		}
	}
	return parts
}

func words(t *rapid.T, model string) []quire.Part {
	parts := reasoning(t, model)
	for range rapid.IntRange(0, 2).Draw(t, "words") {
		parts = append(parts, quire.Text{Text: anyText(t)})
	}
	return parts
}

func reasoning(t *rapid.T, model string) []quire.Part {
	switch rapid.IntRange(0, 4).Draw(t, "reasoning") {
	case 0:
		return []quire.Part{quire.Reasoning{Model: model, Text: "hm", Signature: "sig"}}
	case 1:
		return []quire.Part{quire.Reasoning{Model: model, ID: "rs_1", Data: "opaque"}}
	case 2:
		return []quire.Part{quire.Reasoning{Model: "somebody else", Text: "hm", Signature: "sig", Data: "d"}}
	}
	return nil
}

func toolGroup(t *rapid.T, model string, ids *int) []quire.PromptMessage {
	said := words(t, model)
	var results []quire.Part
	for range rapid.IntRange(1, 3).Draw(t, "calls") {
		*ids++
		id := fmt.Sprintf(rapid.SampledFrom([]string{"call_%d", "weird id %d!", "made_%d"}).Draw(t, "id"), *ids)
		said = append(said, quire.ToolCall{
			ID: id, Name: rapid.SampledFrom([]string{"ls", "read", "made.up name"}).Draw(t, "name"),
			Args:      rapid.SampledFrom([]string{"", "{}", `{"z":1,"a":12345678901234567890}`, `{"broken`, `{"e":"x\ud83d"}`, "[1]", `"s"`, "{\"b\":\"\xff\"}"}).Draw(t, "args"),
			Signature: rapid.SampledFrom([]string{"", "sig"}).Draw(t, "signature"),
		})
		results = append(results, quire.ToolResult{CallID: id, Parts: content(t, 2), IsError: rapid.Bool().Draw(t, "error")})
	}
	results = rapid.Permutation(results).Draw(t, "order")
	return []quire.PromptMessage{{Role: quire.RoleAssistant, Parts: said}, {Role: quire.RoleTool, Parts: results}}
}

// prompt builds a prompt of the first n groups.
func prompt(t *rapid.T, model string, groups [][]quire.PromptMessage, label string) *quire.Prompt {
	p := &quire.Prompt{
		Model: model, System: "You are Ada.", MaxOutput: 500, CacheKey: "k",
		Tools: []quire.Tool{{Name: "ls", Description: "list"}, {Name: "read", Schema: []byte(`{"type":"object","properties":{"b":{},"a":{}}}`)}},
	}
	for _, g := range groups {
		p.Messages = append(p.Messages, g...)
	}
	p.Thinking = rapid.SampledFrom([]int{0, 500, 8000}).Draw(t, label+" thinking")
	p.Notice = rapid.SampledFrom([]string{"", "2 mails wait", "3 mails wait: #7"}).Draw(t, label+" notice")
	for range rapid.IntRange(0, 6).Draw(t, label+" marks") {
		p.Marks = append(p.Marks, quire.CacheMark{After: rapid.IntRange(-1, len(p.Messages)+1).Draw(t, label+" after")})
	}
	return p
}
