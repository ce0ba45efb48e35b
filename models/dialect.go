package models

import (
	"github.com/quire-dev/quire"
)

// LoopEvict says what may leave a prompt while a tool loop is open.
type LoopEvict string

// What may leave inside an open tool loop.
const (
	LoopNone    LoopEvict = "none"    // nothing of the open loop
	LoopResults LoopEvict = "results" // bodies of its older results, as stubs
	LoopGroups  LoopEvict = "groups"  // whole older groups of it
)

// ReasoningRule says what becomes of a model's reasoning in later calls.
type ReasoningRule string

// The rules.
const (
	ReasoningKeep     ReasoningRule = "keep"      // sent back as long as its group stands
	ReasoningTurn     ReasoningRule = "turn"      // the provider drops it at the end of a turn
	ReasoningNotTaken ReasoningRule = "not-taken" // the format has no place for it
)

// How messages of the chat format carry reasoning back, besides in a field of its own.
const (
	EchoParts  = "parts"  // Mistral: parts of the kind "thinking"
	EchoFields = "fields" // reasoning_details, thinking_blocks and the like, as they came
)

// Dialect is what a model's API takes: what composers and encoders go by.
type Dialect struct {
	Name      string        `json:"name"`
	API       quire.API     `json:"api"`
	LoopEvict LoopEvict     `json:"loopEvict"`
	Reasoning ReasoningRule `json:"reasoning"`
	// ReasoningBound: the provider checks that nothing before a piece of
	// reasoning has changed since it was made. After any change (an eviction, a
	// notice that is gone) it drops that reasoning and all that follows.
	ReasoningBound bool `json:"reasoningBound,omitzero"`
	NoticeInLoop   bool `json:"noticeInLoop,omitzero"` // the notice may stand behind tool results
	// NoticeClears: the notice is a message of the system's that the provider shows until the
	// next user's message, and that stays where it is: see [quire.PromptMessage] Notice.
	NoticeClears bool `json:"noticeClears,omitzero"`
	Marks        int  `json:"marks,omitzero"`     // cache marks a request may carry; 0: the cache is automatic
	LongMarks    bool `json:"longMarks,omitzero"` // a mark may ask OpenAI for 12 hours
	LongCache    bool `json:"longCache,omitzero"` // an automatic cache may be asked for 24 hours

	// Thinks says how a request asks for reasoning: by "budget", a number of tokens; by
	// "level", Gemini's words; by "effort", OpenAI's; "adaptive", where the model decides how
	// much; "" is not at all.
	Thinks        string `json:"thinks,omitzero"`
	LeastThinking int    `json:"leastThinking,omitzero"` // tokens that a budget has at least
	MostThinking  int    `json:"mostThinking,omitzero"`  // and at most; 0: no limit
	// Echo says how messages of the chat format carry reasoning back: in the field of that
	// name ("reasoning_content"), as [EchoParts] of the content, or only what came in fields
	// of its own, in those ([EchoFields]); "" is not at all. Fields of its own always go
	// back as they came.
	Echo string `json:"echo,omitzero"`
	// EchoAlways: the field stands beside calls also when nothing is kept for it; then it
	// holds EchoEmpty.
	EchoAlways bool   `json:"echoAlways,omitzero"`
	EchoEmpty  string `json:"echoEmpty,omitzero"`
	// CompletionTokens: the chat format's limit is max_completion_tokens, not max_tokens.
	CompletionTokens bool `json:"completionTokens,omitzero"`

	// In Chat Completions, beside tools: an effort is left out, "none" is sent, or the
	// request is refused.
	NoEffortWithTools bool `json:"noEffortWithTools,omitzero"`
	NoneWithTools     bool `json:"noneWithTools,omitzero"`
	NoTools           bool `json:"noTools,omitzero"`

	// CacheKey is where a request carries [quire.Prompt] CacheKey: the field
	// "prompt_cache_key", or a header of that name; "": nowhere, some servers refuse it.
	CacheKey string `json:"cacheKey,omitzero"`
	// NoSampling: temperature and the like can't be set; NoStop: nor can stop words.
	NoSampling bool `json:"noSampling,omitzero"`
	NoStop     bool `json:"noStop,omitzero"`
	// NoForce: a call can't be forced, since the model thinks before it.
	NoForce bool `json:"noForce,omitzero"`

	UserLast bool `json:"userLast,omitzero"` // a prompt may not end on the assistant
	// CallsSigned: Gemini refuses calls without a signature from here on, and takes
	// pictures inside of results and a format beside tools.
	CallsSigned bool `json:"callsSigned,omitzero"`

	Source string `json:"source"`
	Date   string `json:"date"` // of the source, YYYY-MM-DD
}
