package telemetry

// The names of OpenTelemetry's semantic conventions for generative AI, version 0.1.0:
// github.com/open-telemetry/semantic-conventions-genai, tag v0.1.0, docs/gen-ai. Its pages
// client-inference.md and gen-ai-token-metrics.md have the span, the durations and the
// tokens of a model's calls, gen-ai-agent-spans.md and gen-ai-metrics.md those of agents,
// execute-tool.md those of tools, and gen-ai-spans.md, under Memory, that of a search. All of
// them are of status "development", so the names stand here and are nobody's API.
const (
	operationName = "gen_ai.operation.name"
	providerName  = "gen_ai.provider.name"
	errorType     = "error.type" // of the general conventions

	conversationID        = "gen_ai.conversation.id"
	conversationCompacted = "gen_ai.conversation.compacted" // true, or not set
	agentName             = "gen_ai.agent.name"

	requestModel     = "gen_ai.request.model"
	requestMaxTokens = "gen_ai.request.max_tokens"
	requestStream    = "gen_ai.request.stream" // true, or not set
	responseID       = "gen_ai.response.id"
	responseModel    = "gen_ai.response.model"
	finishReasons    = "gen_ai.response.finish_reasons"
	timeToFirstChunk = "gen_ai.response.time_to_first_chunk" // in seconds

	usageInput      = "gen_ai.usage.input_tokens" // those of the cache among them
	usageCacheRead  = "gen_ai.usage.cache_read.input_tokens"
	usageCacheWrite = "gen_ai.usage.cache_write.input_tokens"
	usageOutput     = "gen_ai.usage.output_tokens" // those of reasoning among them
	usageReasoning  = "gen_ai.usage.reasoning.output_tokens"
	tokenModality   = "gen_ai.token.modality"

	toolName   = "gen_ai.tool.name"
	toolCallID = "gen_ai.tool.call.id"
	toolType   = "gen_ai.tool.type"

	memoryRecordCount = "gen_ai.memory.record.count"
)

// Operations. Spans are named after them, and after what they are on.
const (
	opChat         = "chat"
	opInvokeAgent  = "invoke_agent"
	opExecuteTool  = "execute_tool"
	opSearchMemory = "search_memory"
)

// Metrics, with their units.
const (
	metricInference       = "gen_ai.client.inference.duration"            // s
	metricFirstChunk      = "gen_ai.client.inference.time_to_first_chunk" // s
	metricInput           = "gen_ai.client.inference.usage.input_tokens"  // {token}
	metricCacheRead       = "gen_ai.client.inference.usage.cache_read.input_tokens"
	metricCacheWrite      = "gen_ai.client.inference.usage.cache_write.input_tokens"
	metricOutput          = "gen_ai.client.inference.usage.output_tokens"
	metricReasoning       = "gen_ai.client.inference.usage.reasoning.output_tokens"
	metricOperationInput  = "gen_ai.client.inference.operation.input_tokens"
	metricOperationOutput = "gen_ai.client.inference.operation.output_tokens"
	metricAgent           = "gen_ai.invoke_agent.duration"        // s
	metricAgentCalls      = "gen_ai.invoke_agent.inference_calls" // {inference_call}
	metricAgentTools      = "gen_ai.invoke_agent.tool_calls"      // {tool_call}
	metricTool            = "gen_ai.execute_tool.duration"        // s
	metricOperation       = "gen_ai.client.operation.duration"    // s, of what has no metric of its own
)

// The bounds of histograms that the conventions ask for.
var (
	secondsOfCalls  = []float64{0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92}
	secondsOfAgents = []float64{0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 51.2, 102.4, 204.8, 409.6}
	numbersOfCalls  = []float64{1, 2, 4, 8, 16, 32, 64, 128}
	numbersOfTokens = []float64{1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864}
)

// What the conventions have no name for is under this library's.
const (
	eventEvicted = "quire.evicted" // a message left, or a shorter form of it stays
	eventRefault = "quire.refault" // a message that had left was pulled again

	messageUID   = "quire.message.uid"
	messageKind  = "quire.message.kind"
	messageFate  = "quire.message.fate"   // "out", "stub" or "excerpt"
	tokensLeft   = "quire.tokens.left"    // that stood and do not any more
	callsAway    = "quire.calls.away"     // since it left
	timesAway    = "quire.times"          // that this happened to it
	promptUsed   = "quire.prompt.tokens"  // as counted before the call
	promptKept   = "quire.prompt.kept"    // of them, in the bytes of the call before
	promptBudget = "quire.prompt.budget"  // in tokens
	turnNumber   = "quire.turn"           // from 1
	evicted      = "quire.evicted.count"  // messages, of a call
	refaulted    = "quire.refault.count"  // messages, of a call
	metricLeft   = "quire.evicted.tokens" // {token}
	metricBack   = "quire.refaults"       // {message}
)

// providerNames are the conventions' names of vendors, by those of package models. Others
// stand as they are.
var providerNames = map[string]string{
	"google":   "gcp.gemini",
	"mistral":  "mistral_ai",
	"moonshot": "moonshot_ai",
	"xai":      "x_ai",
}
