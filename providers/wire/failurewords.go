package wire

import (
	"strings"

	"github.com/quire-dev/quire/providers"
)

// failureCodes are the words for programs in which vendors name a kind of failure, in
// lower case: OpenAI and who copies it, Anthropic, Google's statuses, llama-server's
// types, Moonshot, Alibaba, Amazon's exceptions. Read 2026-11-28 in their references
// and clients.
func failureCodes() map[string]providers.Code {
	codes := map[string]providers.Code{}
	for code, words := range map[providers.Code]string{
		providers.CodeTooLong: "context_length_exceeded exceed_context_size_error request_too_large context_window_exceeded " +
			"contextwindowexceedederror model_max_prompt_tokens_exceeded prompt_too_long",
		providers.CodeRateLimited: "rate_limit_error rate_limit_exceeded rate_limit_reached_error too_many_requests throttlingexception " +
			"throttling toomanyrequestsexception throttling_error",
		providers.CodeOther: "insufficient_quota billing_error billing_not_active billing_hard_limit_reached exceeded_current_quota_error " +
			"insufficient_balance credit_balance_too_low arrearage",
		providers.CodeAuth: "authentication_error permission_error invalid_api_key invalid_authentication_error unauthenticated " +
			"permission_denied api_key_invalid incorrect_api_key_error",
		providers.CodeRefused:     "content_filter content_policy_violation responsibleaipolicyviolation data_inspection_failed content_filtered invalid_prompt",
		providers.CodeUnavailable: "overloaded_error engine_overloaded_error api_error server_error timeout_error unavailable internal deadline_exceeded unavailable_error",
	} {
		for word := range strings.FieldsSeq(words) {
			codes[word] = code
		}
	}
	return codes
}

// wording is what a vendor says to people. It is looked for in the message only, in
// lower case, and so exactly that a message which merely mentions a limit, a window
// or a policy is not taken for one that was met.
type wording struct {
	code   providers.Code
	all    string // its pieces, with an ellipsis between them, stand in the message in this order
	limit  string // what the number of tokens that fit stands behind
	source string
}

// in says whether a message is so worded.
func (w wording) in(message string) bool {
	for piece := range strings.SplitSeq(w.all, "…") {
		_, after, ok := strings.Cut(message, piece)
		if !ok {
			return false
		}
		message = after
	}
	return true
}

// plausible keeps words from overruling a status that says more.
func (w wording) plausible(status int) bool {
	switch w.code {
	case providers.CodeTooLong:
		return status != 429
	case providers.CodeRefused, providers.CodeAuth:
		return status < 500
	case providers.CodeInvalid:
		return status == 0 || status == 500
	}
	return true
}

// failureWords is the table: what limits a rate comes before what does not fit, since
// both speak of too many tokens. Wordings were collected 2026-11-28 from the vendors'
// references, from the sources of servers that are open, and from public reports.
func failureWords() []wording {
	var out []wording
	for _, table := range [][]wording{moneyWords(), rateWords(), overflowWords(), refusalWords(), faultWords()} {
		out = append(out, table...)
	}
	return out
}

func moneyWords() []wording {
	const other = providers.CodeOther
	return []wording{
		{other, "credit balance is too low", "", "Anthropic"},
		{other, "insufficient balance", "", "DeepSeek, Moonshot"},
		{other, "insufficient credits", "", "OpenRouter"},
		{other, "requires more credits", "", "OpenRouter"},
		{other, "check your plan and billing details", "", "OpenAI, Google"},
		{other, "billing hard limit has been reached", "", "OpenAI"},
		{other, "account is not active", "", "OpenAI"},
		{other, "requires billing to be enabled", "", "Google"},
		{other, "monthly spending limit", "", "xAI"},
	}
}

func rateWords() []wording {
	const rate = providers.CodeRateLimited
	var out []wording
	for _, what := range []string{"tokens", "requests", "token", "request", "calls"} {
		for _, span := range []string{"second", "min", "hour", "day"} {
			out = append(out, wording{rate, what + " per " + span, "", "OpenAI, Anthropic, Groq, Mistral and others"})
		}
	}
	return append(out,
		wording{rate, "too many requests", "", "HTTP's own phrase"},
		wording{rate, "too many tokens, please wait", "", "Amazon Bedrock"},
		wording{rate, "slow down", "", "OpenAI"},
		wording{rate, "rate limit exceeded", "", "Mistral, OpenRouter"},
		wording{rate, "rate limit reached", "", "OpenAI, Groq"},
		wording{rate, "exceed…rate limit", "", "Anthropic, GitHub"},
		wording{rate, "requests rate limit", "", "Mistral"},
	)
}

func overflowWords() []wording {
	const long = providers.CodeTooLong
	return []wording{
		{long, "prompt is too long", "tokens > ", "Anthropic, Fireworks"},
		{long, "exceed context limit", " > ", "Anthropic"},
		{long, "maximum context length is", "maximum context length is ", "OpenAI, vLLM, DeepSeek, OpenRouter"},
		{long, "longer than the maximum model length", "maximum model length of ", "vLLM"},
		{long, "exceeds the context window", "", "OpenAI"},
		{long, "context window exceeds limit", "", "MiniMax"},
		{long, "context window limit exceeded", "", "gateways"},
		{long, "exceeds the available context size", "context size (", "llama.cpp"},
		{long, "is too large to process. increase the physical batch size", "", "llama.cpp: a text to be made a vector of"},
		{long, "must have less than…tokens. given", "must have less than ", "Hugging Face text-embeddings-inference"},
		{long, "exceeds the context length", "", "Ollama"},
		{long, "exceeds maximum context length", "", "Ollama"},
		{long, "exceed the context length", "", "gateways"},
		{long, "context the overflows", "", "LM Studio"},
		{long, "input token count…exceeds the maximum", "maximum number of tokens allowed (", "Google"},
		{long, "input token count…only supports up to", "only supports up to ", "Google Vertex AI"},
		{long, "maximum prompt length is…request contains", "maximum prompt length is ", "xAI"},
		{long, "exceeded model token limit", "token limit: ", "Moonshot"},
		{long, "input length…exceeds the maximum allowed input length", "maximum allowed input length of ", "OpenRouter"},
		{long, "tokens…too large for model with…maximum context length", "too large for model with ", "Mistral"},
		{long, "reduce the length of the messages", "while limit is ", "Groq, Cerebras"},
		{long, "input is too long for requested model", "", "Amazon Bedrock"},
		{long, "too many tokens: total number of tokens in the prompt", "cannot exceed ", "Cohere"},
		{long, "too many tokens: size limit exceeded", "", "Cohere"},
		{long, "range of input length should be", "", "Alibaba"},
		{long, "prompt exceeds max length", "", "Zhipu"},
		{long, "prompt 超长", "", "Zhipu"},
		{long, "inputs` tokens + `max_new_tokens` must be <=", "must be <= ", "Hugging Face TGI"},
		{long, "prompt token count of…exceeds the limit of", "exceeds the limit of ", "GitHub Copilot"},
		{long, "prompt contains…characters…exceed…maximum", "", "Moonshot"},
		{long, "string too long…maximum length 10485760", "", "OpenAI: of a whole input, not of a field"},
	}
}

func refusalWords() []wording {
	const refused = providers.CodeRefused
	return []wording{
		{refused, "prompt was blocked", "", "Google, as DecodeFailure words it"},
		{refused, "content management policy", "", "Azure"},
		{refused, "content filtering policy", "", "Anthropic"},
		{refused, "flagged as potentially violating", "", "OpenAI"},
		{refused, "safety system", "", "OpenAI"},
		{refused, "against our policy", "", "gateways"},
		{refused, "violates our usage polic", "", "OpenAI, xAI"},
		{refused, "violate our usage polic", "", "Anthropic"},
		{refused, "content exists risk", "", "DeepSeek"},
		{refused, "requires moderation…flagged", "", "OpenRouter"},
		{refused, "inappropriate content", "", "Alibaba"},
		{refused, "不安全或敏感内容", "", "Zhipu"},
	}
}

func faultWords() []wording {
	const auth, invalid = providers.CodeAuth, providers.CodeInvalid
	return []wording{
		{auth, "api key not valid", "", "Google"},
		{auth, "api key expired", "", "Google"},
		{auth, "invalid api key", "", "Groq, Together"},
		{auth, "incorrect api key", "", "OpenAI, xAI"},
		{auth, "no auth credentials found", "", "OpenRouter"},
		// llama-server answers HTTP 500 for what no later try changes.
		{invalid, "jinja exception", "", "llama.cpp"},
		{invalid, "roles must alternate", "", "llama.cpp: templates of Mistral and Gemma"},
		{invalid, "input is not supported", "", "llama.cpp: pictures and sound"},
		{invalid, "requires --jinja flag", "", "llama.cpp"},
		{invalid, "failed to parse grammar", "", "llama.cpp"},
		{invalid, "json schema conversion failed", "", "llama.cpp"},
		{invalid, "failed to parse…messages", "", "llama.cpp"},
		{invalid, "does not support tools", "", "Ollama"},
		{invalid, "model…not found", "", "Ollama, gateways"},
	}
}
