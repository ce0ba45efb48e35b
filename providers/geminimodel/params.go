package geminimodel

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
	"strings"

	"google.golang.org/genai"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/exchange"
	"github.com/quire-dev/quire/providers/wire"
)

// Prompt returns what a call of genai's GenerateContent with these arguments asks, for a
// loop of one's own that keeps its list in the types of genai: the system prompt, the tools,
// and the messages, which [github.com/quire-dev/quire/compose.Session] takes. config may be
// nil. What quire has no field for, such as files, executable code and what a function
// returned beside its text, is kept beside it, and [Params] puts it back. Calls without an
// id get one made of their place. Settings, such as the temperature, stay in config. The
// error is a *[wire.Error] that names what can't be kept.
func Prompt(model string, contents []*genai.Content, config *genai.GenerateContentConfig) (*quire.Prompt, error) {
	r, err := exchange.Decode(quire.APIGemini, model, bodyOf(contents, config))
	if err != nil {
		return nil, err
	}
	return &r.Prompt, nil
}

// Params returns contents and config for a call of GenerateContent that says what p says: one
// that [Prompt] returned, or what a session composed of it. The system instruction and the
// tools of the config are p's, all other fields are those of config, which is not changed
// and may be nil. The error is a *[wire.Error]: p breaks a rule of Google's, or genai
// has no field for what p holds.
func Params(p *quire.Prompt, model string, config *genai.GenerateContentConfig) ([]*genai.Content, *genai.GenerateContentConfig, error) {
	_, fields, err := exchange.Recompose(quire.APIGemini, model, bodyOf(nil, config), p)
	if err != nil {
		return nil, nil, err
	}
	next := &genai.GenerateContentConfig{}
	if config != nil {
		*next = *config
	}
	if next.SystemInstruction = nil; fields["systemInstruction"] != nil {
		if next.SystemInstruction, err = content("systemInstruction", fields["systemInstruction"]); err != nil {
			return nil, nil, err
		}
	}
	if next.Tools, err = exchange.TypedList(fields["tools"], func(json.RawMessage) *genai.Tool { return nil }); err != nil {
		return nil, nil, err
	}
	for i, t := range next.Tools {
		if t == nil {
			return nil, nil, noField(fmt.Sprintf("tools[%d]", i))
		}
	}
	var list []json.RawMessage
	if err := json.Unmarshal(fields["contents"], &list); err != nil {
		return nil, nil, &wire.Error{API: quire.APIGemini, What: "contents", Err: err}
	}
	contents := make([]*genai.Content, len(list))
	for i, raw := range list {
		if contents[i], err = content(fmt.Sprintf("contents[%d]", i), raw); err != nil {
			return nil, nil, err
		}
	}
	return contents, next, nil
}

// Reply returns what an answer of genai says, with its usage, which a session is told:
// [github.com/quire-dev/quire/compose.Session.Sent].
func Reply(answer *genai.GenerateContentResponse) (*quire.Reply, error) {
	return exchange.Reply(quire.APIGemini, "", answer)
}

// bodyOf is what of a request a prompt is made of.
func bodyOf(contents []*genai.Content, config *genai.GenerateContentConfig) map[string]any {
	if contents == nil {
		contents = []*genai.Content{}
	}
	body := map[string]any{"contents": contents}
	if config == nil {
		return body
	}
	if config.SystemInstruction != nil {
		body["systemInstruction"] = config.SystemInstruction
	}
	if len(config.Tools) > 0 {
		body["tools"] = config.Tools
	}
	if config.CachedContent != "" {
		body["cachedContent"] = config.CachedContent
	}
	if config.MaxOutputTokens > 0 {
		body["generationConfig"] = map[string]any{"maxOutputTokens": config.MaxOutputTokens}
	}
	return body
}

// content decodes one as genai has it.
func content(path string, raw json.RawMessage) (*genai.Content, error) {
	var in struct {
		Role  string            `json:"role"`
		Parts []json.RawMessage `json:"parts"`
	}
	if err := json.Unmarshal(raw, &in); err != nil {
		return nil, &wire.Error{API: quire.APIGemini, What: path, Err: err}
	}
	out := &genai.Content{Role: in.Role}
	for i, raw := range in.Parts {
		p, err := part(fmt.Sprintf("%s.parts[%d]", path, i), raw)
		if err != nil {
			return nil, err
		}
		out.Parts = append(out.Parts, p)
	}
	return out, nil
}

func part(path string, raw json.RawMessage) (*genai.Part, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil {
		return nil, &wire.Error{API: quire.APIGemini, What: path, Err: err}
	}
	if string(fields["text"]) == `""` {
		delete(fields, "text") // genai does not send it
	}
	if s := fields["thoughtSignature"]; s != nil { // genai knows one of the two alphabets
		fields["thoughtSignature"] = []byte(strings.NewReplacer("-", "+", "_", "/").Replace(string(s)))
		if _, err := base64.StdEncoding.DecodeString(strings.Trim(string(fields["thoughtSignature"]), `"`)); err != nil {
			return nil, &wire.Error{API: quire.APIGemini, What: path + ".thoughtSignature", Err: err}
		}
	}
	if err := withoutEmptyArgs(fields); err != nil {
		return nil, &wire.Error{API: quire.APIGemini, What: path, Err: err}
	}
	raw, err := json.Marshal(fields)
	if err != nil {
		return nil, &wire.Error{API: quire.APIGemini, What: path, Err: err}
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	p := &genai.Part{}
	if err := d.Decode(p); err != nil {
		return nil, &wire.Error{API: quire.APIGemini, What: path, Err: err}
	}
	if p.FunctionCall != nil {
		p.FunctionCall.Args = floats(p.FunctionCall.Args)
	}
	if p.FunctionResponse != nil {
		p.FunctionResponse.Response = floats(p.FunctionResponse.Response)
	}
	again, err := json.Marshal(p)
	if err != nil || !exchange.SameJSON(raw, again) {
		return nil, noField(path)
	}
	return p, nil
}

// withoutEmptyArgs leaves out the arguments of a call without any, as genai does.
func withoutEmptyArgs(fields map[string]json.RawMessage) error {
	if fields["functionCall"] == nil {
		return nil
	}
	var call map[string]json.RawMessage
	err := json.Unmarshal(fields["functionCall"], &call)
	if err == nil && string(call["args"]) == "{}" {
		delete(call, "args")
		fields["functionCall"], err = json.Marshal(call)
	}
	return err
}

func noField(path string) error {
	return &wire.Error{API: quire.APIGemini, What: path + ": genai has no field for all that stands there"}
}

// floats makes numbers as json.Unmarshal does, where that keeps their value.
func floats(m map[string]any) map[string]any {
	out := maps.Clone(m)
	for k, v := range out {
		out[k] = float(v)
	}
	return out
}

func float(v any) any {
	switch v := v.(type) {
	case json.Number:
		f, err := v.Float64()
		if err == nil && strconv.FormatFloat(f, 'f', -1, 64) == string(v) {
			return f
		}
	case map[string]any:
		return floats(v)
	case []any:
		for i := range v {
			v[i] = float(v[i])
		}
	}
	return v
}
