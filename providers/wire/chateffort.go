package wire

import "github.com/quire-dev/quire"

// OpenAI's Chat Completions and reasoning beside tools, by prefixes of bare names.
// From GPT-5.4 on a request with both is refused (github.com/openai/openai-openapi
// issue 541); GPT-5.6 reasons unless told not to, so that it refuses tools without an
// effort too (github.com/BerriAI/litellm pull request 34569). The last ones can't be
// told: they take tools in the Responses format only (docs.laozhang.ai, 2026-11-04).
// Read 2026-11-28.
var (
	chatSilent = []string{"gpt-5.4", "gpt-5.5"}
	chatNone   = []string{"gpt-5.6", "gpt-5.7", "gpt-5.8", "gpt-5.9", "gpt-6"}
	chatNever  = []string{"gpt-6-astra", "gpt-6.1-sol"}
)

// chatEffort returns the effort that a request asks for, "" for none.
func chatEffort(p *quire.Prompt, f family) string {
	switch {
	case f.think != thinkEffort:
		return ""
	case len(p.Tools) > 0 && !f.echo && startsWithAny(p.Model, chatNone):
		return "none"
	case p.Thinking <= 0, len(p.Tools) > 0 && startsWithAny(p.Model, chatSilent):
		return ""
	}
	return effort(p.Thinking)
}

// validateChat refuses what no setting of the format makes good.
func validateChat(p *quire.Prompt) error {
	if len(p.Tools) > 0 && startsWithAny(p.Model, chatNever) {
		return broken(quire.APIOpenAIChat, "C8", "model %q takes no tools on Chat Completions: use the Responses format", p.Model)
	}
	return nil
}
