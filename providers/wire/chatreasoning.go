package wire

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/models"
)

// Fields of a message of the chat format that hold reasoning which has to go back as it
// came, beside a text that people can read: reasoning_details are OpenRouter's, MiniMax's
// and those of gateways like it (openrouter.ai/docs, use-cases/reasoning-tokens;
// platform.minimax.io, guides/text-m2-function-call), thinking_blocks and reasoning_items
// LiteLLM's (docs.litellm.ai, reasoning_content), reasoning_opaque GitHub Copilot's,
// reasoning_signature that of gateways before Amazon Bedrock, extra_content Google's
// (ai.google.dev/gemini-api/docs/thought-signatures). Read 2026-11-29.
func chatKept() []string {
	return []string{"reasoning_details", "thinking_blocks", "reasoning_items", "reasoning_opaque", "reasoning_signature", "extra_content"}
}

// chatThought is what a message, or a piece of one, holds of reasoning.
type chatThought struct {
	text   string
	fields map[string]json.RawMessage // those of chatKept that are set
}

// UnmarshalJSON implements [json.Unmarshaler] over the whole message.
func (t *chatThought) UnmarshalJSON(raw []byte) error {
	var all map[string]json.RawMessage
	if err := json.Unmarshal(raw, &all); err != nil {
		return err
	}
	for _, name := range []string{"reasoning_content", "reasoning", "reasoning_text", "thinking"} { // DeepSeek and most, vLLM and OpenRouter, Copilot, others
		var s string
		if json.Unmarshal(orNull(all[name]), &s) == nil && s != "" {
			t.text = s
			break
		}
	}
	for _, name := range chatKept() {
		if isSet(all[name]) && !bytes.Equal(all[name], []byte("[]")) && !bytes.Equal(all[name], []byte(`""`)) {
			t.set(name, all[name])
		}
	}
	for _, name := range []string{"reasoning_details", "thinking_blocks"} {
		if t.text == "" {
			t.text = thoughtTexts(t.fields[name])
		}
	}
	return nil
}

// thoughtTexts joins what can be read of a list of reasoning.
func thoughtTexts(raw json.RawMessage) string {
	var list []struct {
		Text     string `json:"text"`
		Summary  string `json:"summary"`
		Thinking string `json:"thinking"`
	}
	if json.Unmarshal(orNull(raw), &list) != nil {
		return ""
	}
	var b strings.Builder
	for _, d := range list {
		b.WriteString(d.Text + d.Summary + d.Thinking)
	}
	return b.String()
}

// said says whether there is any.
func (t *chatThought) said() bool { return t.text != "" || len(t.fields) > 0 }

// part is the reasoning as a part; nil when there is none.
func (t *chatThought) part(model string) quire.Part {
	if !t.said() {
		return nil
	}
	return quire.Reasoning{Model: model, Text: t.text, Data: t.data()}
}

// data is the kept fields as one object; "" when there are none.
func (t *chatThought) data() string {
	if len(t.fields) == 0 {
		return ""
	}
	o := new(object)
	for _, name := range append(chatKept(), keptCalls) {
		if raw, ok := t.fields[name]; ok {
			o.raw(name, raw)
		}
	}
	return string(o.done())
}

func (t *chatThought) set(name string, raw json.RawMessage) {
	if t.fields == nil {
		t.fields = map[string]json.RawMessage{}
	}
	t.fields[name] = raw
}

// keptFields joins the fields that came with the reasoning of a message, to go back.
func keptFields(m quire.PromptMessage) chatThought {
	var t chatThought
	for _, part := range m.Parts {
		r, ok := part.(quire.Reasoning)
		if !ok || !strings.HasPrefix(r.Data, "{") {
			continue
		}
		var fields map[string]json.RawMessage
		if json.Unmarshal([]byte(r.Data), &fields) != nil {
			continue // stored by somebody else
		}
		for _, name := range append(chatKept(), keptCalls) {
			if raw, ok := fields[name]; ok {
				t.set(name, both(t.fields[name], raw))
			}
		}
	}
	return t
}

// both is a field of two messages in one: lists are joined, else the later one counts.
func both(a, b json.RawMessage) json.RawMessage {
	var list, more []json.RawMessage
	if len(a) == 0 || json.Unmarshal(a, &list) != nil || json.Unmarshal(b, &more) != nil {
		return b
	}
	return listed(append(list, more...))
}

// listed is a JSON list of what is JSON.
func listed(items []json.RawMessage) json.RawMessage {
	b := []byte{'['}
	for i, raw := range items {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, raw...)
	}
	return append(b, ']')
}

// echo writes the reasoning of a message that goes back, beside its content.
func (c chat) echo(o *object, m quire.PromptMessage, calls bool) {
	if c.d.Echo == "" {
		return
	}
	if c.d.EchoesText() && c.d.Echo != models.EchoParts {
		switch think := thoughts(m); {
		case think != "":
			o.str(c.d.Echo, think)
		case calls && c.d.EchoAlways:
			o.str(c.d.Echo, c.d.EchoEmpty)
		}
	}
	t := keptFields(m)
	for _, name := range chatKept() {
		if raw, ok := t.fields[name]; ok {
			o.raw(name, mended(raw))
		}
	}
}
