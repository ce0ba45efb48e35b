package anthropicmodel

import (
	"encoding/json"

	"github.com/anthropics/anthropic-sdk-go/v2"
	"github.com/anthropics/anthropic-sdk-go/v2/packages/param"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/exchange"
)

// Prompt returns what params ask, for a loop of one's own that keeps its list in the types
// of anthropic-sdk-go: the system prompt, the tools, and the messages, which
// [github.com/quire-dev/quire/compose.Session] takes. What quire has no field for, such as
// citations, documents and the blocks of Anthropic's own tools, is kept beside it, and
// [Params] puts it back; cache marks are in Marks. Thinking is taken for params.Model's.
// Settings, such as the temperature, stay in params. The error is a *[github.com/quire-dev/quire/providers/wire.Error] that names
// what can't be kept.
func Prompt(params anthropic.MessageNewParams) (*quire.Prompt, error) {
	r, err := exchange.Decode(quire.APIAnthropic, "", params)
	if err != nil {
		return nil, err
	}
	return &r.Prompt, nil
}

// Params returns params with what p says in place of what they said: the system prompt, the
// tools, the messages and the cache marks. p is one that [Prompt] returned, or what a
// session composed of it. All other fields are those of params, the model among them; params
// are not changed. The error is a *[github.com/quire-dev/quire/providers/wire.Error]: p breaks a rule of Anthropic's.
func Params(p *quire.Prompt, params anthropic.MessageNewParams) (anthropic.MessageNewParams, error) {
	body, fields, err := exchange.Recompose(quire.APIAnthropic, "", params, p)
	if err != nil {
		return anthropic.MessageNewParams{}, err
	}
	if _, is := params.Overrides(); is {
		return raw[anthropic.MessageNewParams](body), nil
	}
	if params.Messages, err = exchange.TypedList(fields["messages"], raw[anthropic.MessageParam]); err != nil {
		return anthropic.MessageNewParams{}, err
	}
	if params.System, err = exchange.TypedList(fields["system"], raw[anthropic.TextBlockParam]); err != nil {
		return anthropic.MessageNewParams{}, err
	}
	params.Tools, err = exchange.TypedList(fields["tools"], raw[anthropic.ToolUnionParam])
	return params, err
}

// raw keeps what a type has no field for.
func raw[T param.ParamStruct, P param.InferPtr[T]](b json.RawMessage) T {
	return param.Override[T, P](b)
}

// Reply returns what a message of anthropic-sdk-go says, with its usage, which a session is
// told: [github.com/quire-dev/quire/compose.Session.Sent].
func Reply(m *anthropic.Message) (*quire.Reply, error) {
	return exchange.Reply(quire.APIAnthropic, m.RawJSON(), m)
}
