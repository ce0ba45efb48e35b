package transcript

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"

	"github.com/quire-dev/quire"
)

// number is a count of tokens. Some programs write it as text, or with a fraction.
type number int

func (n *number) UnmarshalJSON(b []byte) error {
	s := string(b)
	if len(b) > 1 && b[0] == '"' {
		if err := json.Unmarshal(b, &s); err != nil {
			return err
		}
	}
	if s == "null" || s == "" {
		return nil
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(v) || v > 1e12 {
		return fmt.Errorf("%.20q is no count of tokens", s)
	}
	*n = number(max(v, 0)) // negative ones count as none
	return nil
}

// details is what some reports have in an object beside a sum.
type details struct {
	Cached    number `json:"cached_tokens"`
	Reasoning number `json:"reasoning_tokens"`
}

// recordedUsage is what the vendors report of a call, and what programs record
// of that, in one struct: of names that mean different things only one is set.
type recordedUsage struct {
	Prompt            number  `json:"prompt_tokens"` // OpenAI's Chat Completions
	Completion        number  `json:"completion_tokens"`
	PromptDetails     details `json:"prompt_tokens_details"`
	CompletionDetails details `json:"completion_tokens_details"`

	Input         number  `json:"input_tokens"` // Anthropic: neither read nor written; Responses and Codex: all
	Output        number  `json:"output_tokens"`
	CacheRead     number  `json:"cache_read_input_tokens"`
	CacheCreation number  `json:"cache_creation_input_tokens"`
	InputDetails  details `json:"input_tokens_details"`
	OutputDetails details `json:"output_tokens_details"`
	Cached        number  `json:"cached_input_tokens"` // Codex
	Written       number  `json:"cache_write_input_tokens"`
	Reasoning     number  `json:"reasoning_output_tokens"`
	Lifetimes     struct {
		Hour number `json:"ephemeral_1h_input_tokens"`
	} `json:"cache_creation"`

	GeminiPrompt   number `json:"promptTokenCount"`
	GeminiCached   number `json:"cachedContentTokenCount"`
	GeminiOutput   number `json:"candidatesTokenCount"`
	GeminiThoughts number `json:"thoughtsTokenCount"`
	GeminiTools    number `json:"toolUsePromptTokenCount"`

	CLIInput    number `json:"input"` // Gemini CLI
	CLICached   number `json:"cached"`
	CLIOutput   number `json:"output"`
	CLIThoughts number `json:"thoughts"`
	CLITools    number `json:"tool"`

	OllamaPrompt number `json:"prompt_eval_count"`
	OllamaOutput number `json:"eval_count"`
}

// usage puts it in one form. A gateway may report one thing under two names:
// the larger is taken.
func (u recordedUsage) usage() quire.Usage {
	thoughts := max(u.GeminiThoughts, u.CLIThoughts) // beside the output, not within
	return quire.Usage{
		Input: int(max(u.Prompt, u.Input+u.CacheRead+u.CacheCreation, u.GeminiPrompt+u.GeminiTools,
			u.CLIInput+u.CLITools, u.OllamaPrompt)),
		CachedInput:    int(max(u.PromptDetails.Cached, u.InputDetails.Cached, u.CacheRead, u.Cached, u.GeminiCached, u.CLICached)),
		CacheWrite:     int(max(u.CacheCreation, u.Written)),
		CacheWriteLong: int(min(u.Lifetimes.Hour, u.CacheCreation)),
		Output:         int(max(u.Completion, u.Output, u.GeminiOutput+thoughts, u.CLIOutput+thoughts, u.OllamaOutput)),
		Reasoning:      int(max(u.CompletionDetails.Reasoning, u.OutputDetails.Reasoning, u.Reasoning, thoughts)),
	}
}

// decodeUsage reads a usage object; null and nothing are the zero value. What
// can be read of a damaged one comes with the error.
func decodeUsage(raw json.RawMessage) (quire.Usage, error) {
	var u recordedUsage
	if len(raw) == 0 {
		return quire.Usage{}, nil
	}
	err := json.Unmarshal(raw, &u)
	if err == nil {
		return u.usage(), nil
	}
	u = recordedUsage{}
	var all map[string]json.RawMessage
	if json.Unmarshal(raw, &all) == nil {
		for name, v := range all {
			if one, err := json.Marshal(map[string]json.RawMessage{name: v}); err == nil {
				_ = json.Unmarshal(one, &u) // the fields that are right
			}
		}
	}
	return u.usage(), err
}

// most merges two reports of one call: a stream repeats the usage with every
// piece, and the last one counts.
func most(a, b quire.Usage) quire.Usage {
	return quire.Usage{
		Input:          max(a.Input, b.Input),
		CachedInput:    max(a.CachedInput, b.CachedInput),
		CacheWrite:     max(a.CacheWrite, b.CacheWrite),
		CacheWriteLong: max(a.CacheWriteLong, b.CacheWriteLong),
		Output:         max(a.Output, b.Output),
		Reasoning:      max(a.Reasoning, b.Reasoning),
	}
}
