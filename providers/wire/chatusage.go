package wire

import (
	"github.com/quire-dev/quire"
)

// chatUsage reads what servers of the chat format report. What was read from the cache has
// many names: OpenAI's and most others' in details, DeepSeek's prompt_cache_hit_tokens,
// Moonshot's cached_tokens and Mistral's num_cached_tokens beside them, and those of
// gateways that keep Anthropic's. xAI and Google's chat format leave reasoning out of the
// output, and count it in the total. Read 2026-11-29.
func chatUsage(u figures) quire.Usage {
	in := u.in("prompt_tokens_details")
	read := 0
	for _, n := range []int{in.num("cached_tokens"), u.num("prompt_cache_hit_tokens"), u.num("cached_tokens"), u.num("num_cached_tokens"), u.num("cache_read_input_tokens")} {
		read = max(read, n)
	}
	out := quire.Usage{
		Input: u.num("prompt_tokens"), CachedInput: read, CacheWrite: max(in.num("cache_write_tokens"), u.num("cache_creation_input_tokens")),
		Output: u.num("completion_tokens"), Reasoning: u.in("completion_tokens_details").num("reasoning_tokens"),
	}
	out.Output = wholeOutput(out, u.num("total_tokens"))
	return out
}

// wholeOutput is the output with the reasoning that a server left out of it: what the total
// has beside the input, where that is more. Some leave it out of the total, too (Gemini behind
// Vercel's gateway): an output that is less than its reasoning does not have it.
func wholeOutput(u quire.Usage, total int) int {
	if u.Reasoning > u.Output {
		u.Output += u.Reasoning
	}
	return max(u.Output, total-u.Input)
}
