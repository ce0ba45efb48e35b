package openaimodel

import (
	"encoding/json"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/packages/param"
	"github.com/openai/openai-go/v3/responses"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/exchange"
)

// Prompt returns what params ask, for a loop of one's own that keeps its list in the types
// of openai-go: the system prompt, the tools, and the messages, which
// [github.com/quire-dev/quire/compose.Session] takes. What quire has no field for, such as
// the ids of items, sound, files and the calls of OpenAI's own tools, is kept beside it, and
// [Params] puts it back; cache marks are in Marks. Reasoning is taken for params.Model's.
// Settings, such as the temperature, stay in params. The error is a
// *[github.com/quire-dev/quire/providers/wire.Error] that names what can't be kept: calls
// in the form of functions, which have no id, and a conversation of which a part is at
// OpenAI (PreviousResponseID, Conversation).
func Prompt[P openai.ChatCompletionNewParams | responses.ResponseNewParams](params P) (*quire.Prompt, error) {
	r, err := exchange.Decode(apiOf(params), "", params)
	if err != nil {
		return nil, err
	}
	return &r.Prompt, nil
}

// Params returns params with what p says in place of what they said: the system prompt, the
// tools, the messages and the cache marks. p is one that [Prompt] returned, or what a
// session composed of it. All other fields are those of params, the model among them; params
// are not changed. The error is a *[github.com/quire-dev/quire/providers/wire.Error]: p
// breaks a rule of OpenAI's.
func Params[P openai.ChatCompletionNewParams | responses.ResponseNewParams](p *quire.Prompt, params P) (P, error) {
	body, fields, err := exchange.Recompose(apiOf(params), "", params, p)
	if err != nil {
		var none P
		return none, err
	}
	switch v := any(&params).(type) {
	case *openai.ChatCompletionNewParams:
		err = setChat(v, body, fields)
	case *responses.ResponseNewParams:
		err = setResponse(v, body, fields)
	}
	return params, err
}

// Reply returns what an answer of openai-go says (of several choices the first), with its
// usage, which a session is told: [github.com/quire-dev/quire/compose.Session.Sent].
func Reply[A openai.ChatCompletion | responses.Response](answer *A) (*quire.Reply, error) {
	if v, ok := any(answer).(*responses.Response); ok {
		return exchange.Reply(quire.APIOpenAIResponses, v.RawJSON(), v)
	}
	return exchange.Reply(quire.APIOpenAIChat, any(answer).(*openai.ChatCompletion).RawJSON(), answer)
}

func apiOf(params any) quire.API {
	if _, ok := params.(responses.ResponseNewParams); ok {
		return quire.APIOpenAIResponses
	}
	return quire.APIOpenAIChat
}

// raw keeps what a type has no field for.
func raw[T param.ParamStruct, P param.InferPtr[T]](b json.RawMessage) T {
	return param.Override[T, P](b)
}

func setChat(params *openai.ChatCompletionNewParams, body []byte, fields map[string]json.RawMessage) (err error) {
	if _, is := params.Overrides(); is {
		*params = raw[openai.ChatCompletionNewParams](body)
		return nil
	}
	if params.Messages, err = exchange.TypedList(fields["messages"], raw[openai.ChatCompletionMessageParamUnion]); err != nil {
		return err
	}
	if params.Tools, err = exchange.TypedList(fields["tools"], raw[openai.ChatCompletionToolUnionParam]); err != nil {
		return err
	}
	if o := fields["prompt_cache_options"]; o != nil {
		params.PromptCacheOptions = raw[openai.ChatCompletionNewParamsPromptCacheOptions](o)
	}
	return nil
}

func setResponse(params *responses.ResponseNewParams, body []byte, fields map[string]json.RawMessage) (err error) {
	if _, is := params.Overrides(); is {
		*params = raw[responses.ResponseNewParams](body)
		return nil
	}
	items, err := exchange.TypedList(fields["input"], raw[responses.ResponseInputItemUnionParam])
	if err != nil {
		return err
	}
	params.Input = responses.ResponseNewParamsInputUnion{OfInputItemList: items}
	if fields["instructions"] == nil {
		params.Instructions = param.Opt[string]{}
	}
	if params.Tools, err = exchange.TypedList(fields["tools"], raw[responses.ToolUnionParam]); err != nil {
		return err
	}
	if o := fields["prompt_cache_options"]; o != nil {
		params.PromptCacheOptions = raw[responses.ResponseNewParamsPromptCacheOptions](o)
	}
	return nil
}
