package quire

// API names a wire format.
type API string

// The wire formats that package providers/wire speaks.
const (
	APIAnthropic       API = "anthropic"
	APIOpenAIChat      API = "openai-chat"
	APIOpenAIResponses API = "openai-responses"
	APIGemini          API = "gemini"
	APIStrict          API = "strict" // chat format of strict templates (Mistral, Qwen, vLLM)
	APIOllama          API = "ollama" // Ollama's own /api/chat
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

// Row is what the composer and the encoders must know of a provider and model
// family. It is data: the table is in package providers/wire.
type Row struct {
	Name      string
	API       API
	LoopEvict LoopEvict
	Reasoning ReasoningRule
	// ReasoningBound: the provider checks that nothing before a piece of
	// reasoning has changed since it was made. After any change (an eviction, a
	// notice that is gone) it drops that reasoning and all that follows.
	ReasoningBound bool
	NoticeInLoop   bool // the notice may stand behind tool results
	Marks          int  // cache marks a request may carry; 0: the cache is automatic
	Source         string
	Date           string // of the source, YYYY-MM-DD
}

// ModelInfo is the model that a prompt is for.
type ModelInfo struct {
	Name      string
	Row       Row
	Window    int // tokens of input and output together; 0: unknown
	MaxOutput int // tokens reserved for the answer
	Thinking  int // tokens reserved for reasoning
}
