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
