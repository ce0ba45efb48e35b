package transcript

import (
	"encoding/json"

	"github.com/quire-dev/quire"
)

// recordedUsage is what OpenAI and Anthropic report of a call, in one struct:
// their field names do not collide.
type recordedUsage struct {
	Prompt        int `json:"prompt_tokens"`
	Completion    int `json:"completion_tokens"`
	PromptDetails struct {
		Cached int `json:"cached_tokens"`
	} `json:"prompt_tokens_details"`
	CompletionDetails struct {
		Reasoning int `json:"reasoning_tokens"`
	} `json:"completion_tokens_details"`

	Input         int `json:"input_tokens"` // Anthropic: neither read nor written
	CacheRead     int `json:"cache_read_input_tokens"`
	CacheCreation int `json:"cache_creation_input_tokens"`
	Lifetimes     struct {
		Hour int `json:"ephemeral_1h_input_tokens"`
	} `json:"cache_creation"`
	Output int `json:"output_tokens"`
}

// usage puts it in one form. Negative numbers count as none.
func (u recordedUsage) usage() quire.Usage {
	read, write := max(u.CacheRead, 0), max(u.CacheCreation, 0)
	return quire.Usage{
		Input:          max(u.Prompt, 0) + max(u.Input, 0) + read + write,
		CachedInput:    max(u.PromptDetails.Cached, 0) + read,
		CacheWrite:     write,
		CacheWriteLong: min(max(u.Lifetimes.Hour, 0), write),
		Output:         max(u.Completion, 0) + max(u.Output, 0),
		Reasoning:      max(u.CompletionDetails.Reasoning, 0),
	}
}

// decodeUsage reads a usage object; null and nothing are the zero value.
func decodeUsage(raw json.RawMessage) (quire.Usage, error) {
	var u recordedUsage
	if len(raw) == 0 {
		return quire.Usage{}, nil
	}
	err := json.Unmarshal(raw, &u)
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
