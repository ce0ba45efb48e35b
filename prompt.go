package quire

import "time"

// Prompt is one model call, in no provider's format: package providers/wire
// turns it into request bytes. Its layout is tools, system, messages, notice,
// from the most to the least stable.
type Prompt struct {
	Model     string
	System    string
	Tools     []Tool // sorted by name
	Messages  []PromptMessage
	Notice    string // volatile; where it stands on the wire is the dialect's business
	Marks     []CacheMark
	MaxOutput int // tokens; 0 leaves it to the provider
	// CacheKey keeps the prompts of one conversation together: a provider whose cache goes by it
	// sends those of one key to one server. It is sent where the model takes one, see
	// package models; compose sets it from its Input.
	CacheKey string
	// Thinking is the tokens granted to the model's reasoning; 0 asks for none.
	Thinking int
}

// Role says who speaks in a [PromptMessage].
type Role string

// The roles of prompt messages.
const (
	RoleUser      Role = "user"
	RoleAssistant Role = "assistant"
	RoleTool      Role = "tool"
)

// PromptMessage is one message of a prompt. A RoleTool message holds all the
// results of the assistant message before it, as ToolResult parts.
type PromptMessage struct {
	Role  Role
	Parts []Part
	Seq   uint64 // of the group in the context that it shows; 0 for none
	// Notice is, of an assistant's message with reasoning, the notice that stood last in the
	// request that it answered. Where reasoning is bound to what stands before it, the
	// provider wants it back there, and shows it no more; elsewhere it is not sent.
	Notice string
}

// CacheMark asks the provider to keep the prefix that ends after the first
// After messages; After 0 is the end of tools and system.
type CacheMark struct {
	After int
	TTL   time.Duration // 0: the provider's default
}

// Tool is what a model may call. Schema is the JSON Schema of its arguments, as
// the bytes that are sent: they must not change from call to call.
type Tool struct {
	Name        string
	Description string
	Schema      []byte
}

// StopReason says why a model stopped.
type StopReason string

// The reasons.
const (
	StopEnd     StopReason = "end"     // it was done
	StopTools   StopReason = "tools"   // it wants tools to run
	StopLength  StopReason = "length"  // the output limit was reached
	StopRefused StopReason = "refused" // the provider or model declined, or stopped it on the way
	StopPaused  StopReason = "paused"  // the provider paused a long turn: sent back as it is, it goes on
	StopOther   StopReason = "other"   // for a reason that is not known, or that ended it too early
)

// Reply is what a model answered: Text, ToolCall, Reasoning and Opaque parts in
// the order in which they came.
type Reply struct {
	ID    string // the provider's; may be empty
	Model string // that answered, as the provider names it
	Parts []Part
	Stop  StopReason
	Usage Usage
	Marks []CacheMark // the marks that were really sent
	// Changed is what the provider did to the prompt before the model saw it.
	Changed []InputChange
}

// InputChange is one thing that a provider did to a prompt: Anthropic leaves reasoning out
// that no longer fits what stands before it.
type InputChange struct {
	What string `json:"what"`          // "thinking_dropped", in the provider's word
	Path string `json:"path,omitzero"` // where in the request: "messages.3.content.0"
	Why  string `json:"why,omitzero"`  // "prefix_binding_mismatch", in the provider's word
}

// Delta is a piece of a streamed reply. The last one of a stream carries the
// whole Reply; what came before it is provisional.
type Delta struct {
	Text      string
	Reasoning string
	ToolCall  *ToolCall // a finished call
	Reply     *Reply    // on the last delta only
}

// Usage is what the provider reported, in tokens. Input counts all input,
// cached and written tokens included. A provider that reports nothing leaves
// all at 0.
type Usage struct {
	Input       int `json:"input"`
	CachedInput int `json:"cachedInput,omitzero"`
	CacheWrite  int `json:"cacheWrite,omitzero"`
	// CacheWriteLong is the part of CacheWrite that is kept for longer than the
	// provider's shortest lifetime (Anthropic: an hour), and may cost more.
	CacheWriteLong int `json:"cacheWriteLong,omitzero"`
	Output         int `json:"output"`
	Reasoning      int `json:"reasoning,omitzero"` // part of Output
}

// Add returns the sum of two usages.
func (u Usage) Add(v Usage) Usage {
	return Usage{
		Input: u.Input + v.Input, CachedInput: u.CachedInput + v.CachedInput,
		CacheWrite: u.CacheWrite + v.CacheWrite, CacheWriteLong: u.CacheWriteLong + v.CacheWriteLong,
		Output: u.Output + v.Output, Reasoning: u.Reasoning + v.Reasoning,
	}
}
