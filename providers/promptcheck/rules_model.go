package promptcheck

import (
	"encoding/json"
	"fmt"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/models"
)

// modelRules hold a request to what the shipped catalogue says of the model that it names:
// of a model that has a name of its own they know nothing.
func modelRules() []rule {
	chat := []quire.API{quire.APIOpenAIChat, quire.APIStrict}
	return []rule{
		{"A10", documented, "a model that always thinks is asked for no temperature but the usual one, and takes no stop words where it has none", allAPIs(), checkSampling},
		{"A11", documented, "a model that always thinks is not made to call a tool", allAPIs(), checkForced},
		{"C11", seen, "the key of the cache is sent where it is taken", []quire.API{quire.APIOpenAIChat, quire.APIStrict, quire.APIOpenAIResponses}, checkCacheKey},
		{"C8", seen, "beside tools a reasoning effort is none, or left out, where the model wants that; some take no tools in this format", []quire.API{quire.APIOpenAIChat}, checkEffort},
		{"C9", documented, "reasoning comes back beside calls, where the model wants it", chat, checkEcho},
		{"C10", documented, "the first call of a message of Gemini's is signed", []quire.API{quire.APIOpenAIChat}, checkSigned},
	}
}

// dialect is what the catalogue says of the request's model.
func (r *request) dialect() *models.Dialect {
	var model string
	_ = json.Unmarshal(r.top["model"], &model) // one that can't be read is any model
	d := models.FindOver(r.api, model).Dialect
	return &d
}

func checkEffort(r *request) []finding {
	var effort string
	_ = json.Unmarshal(r.top["reasoning_effort"], &effort)
	d := r.dialect()
	switch {
	case len(r.tools) == 0:
	case d.NoTools:
		return []finding{{"tools", "the model takes them in the Responses format"}}
	case d.NoneWithTools && effort != "none", d.NoEffortWithTools && effort != "" && effort != "none":
		return []finding{{"reasoning_effort", fmt.Sprintf("%q beside tools", effort)}}
	}
	return nil
}

func checkEcho(r *request) []finding {
	d := r.dialect()
	if !d.EchoAlways {
		return nil
	}
	var out []finding
	for _, m := range r.msgs {
		if !hasCalls(m) {
			continue
		}
		var said *string
		if json.Unmarshal(m.fields[d.Echo], &said) != nil || said == nil || *said == "" && d.EchoEmpty != "" {
			out = append(out, finding{m.path, "no " + d.Echo + " beside calls"})
		}
	}
	return out
}

func checkSigned(r *request) []finding {
	if !r.dialect().CallsSigned {
		return nil
	}
	var out []finding
	for _, m := range r.msgs {
		var calls []struct {
			Extra    json.RawMessage `json:"extra_content"`
			Provider json.RawMessage `json:"provider_specific_fields"`
			Plain    string          `json:"thought_signature"`
		}
		if json.Unmarshal(m.fields["tool_calls"], &calls) != nil || len(calls) == 0 || !isNull(m.fields["reasoning_details"]) {
			continue
		}
		if isNull(calls[0].Extra) && isNull(calls[0].Provider) && calls[0].Plain == "" {
			out = append(out, finding{m.path + ".tool_calls[0]", "no signature"})
		}
	}
	return out
}

func checkSampling(r *request) []finding {
	d, top := r.dialect(), r.top
	var out []finding
	for _, name := range []string{"temperature", "top_p", "top_k", "stop", "stop_sequences"} {
		stops := name == "stop" || name == "stop_sequences"
		usual := (name == "temperature" || name == "top_p") && number(top[name]) == 1 // which is taken everywhere
		if !isNull(top[name]) && !usual && (d.NoStop && stops || d.NoSampling && !stops) {
			out = append(out, finding{name, "the model refuses it"})
		}
	}
	return out
}

// number is a member's value; 0 of what is none.
func number(raw json.RawMessage) (n float64) {
	_ = json.Unmarshal(raw, &n)
	return n
}

func checkCacheKey(r *request) []finding {
	if isNull(r.top["prompt_cache_key"]) || r.dialect().CacheKey == "prompt_cache_key" {
		return nil
	}
	return []finding{{"prompt_cache_key", "the server may refuse it: Groq's, Cerebras's and NVIDIA's do"}}
}

func checkForced(r *request) []finding {
	choice := r.top["tool_choice"]
	if isNull(choice) || !r.dialect().NoForce {
		return nil
	}
	var word string
	var in struct {
		Type string `json:"type"`
	}
	if json.Unmarshal(choice, &word) != nil {
		_ = json.Unmarshal(choice, &in) // what can't be read forces nothing
		word = in.Type
	}
	if word == "auto" || word == "none" {
		return nil
	}
	return []finding{{"tool_choice", fmt.Sprintf("%q", word)}}
}
