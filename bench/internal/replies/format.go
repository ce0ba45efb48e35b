package replies

import (
	"bytes"
	"errors"
	"net/url"
	"strings"

	"github.com/quire-dev/quire"
)

var errMore = errors.New("more than one value")

// shape is what a body looks like.
type shape struct {
	api    quire.API // "" for what is no reply of a model that quire reads
	body   any       // of a whole reply
	events []any     // of a stream
	sse    []byte    // the stream as package wire takes it; nil for a whole reply
}

// shapeOf finds out what a body is by what stands in it. Lines of JSON that are events of
// a format with server-sent ones (how vercel/ai keeps them) become those.
func shapeOf(body []byte) shape {
	body = bytes.TrimSpace(body)
	if v, err := parse(body); err == nil {
		return shape{api: wholeAPI(v), body: v}
	}
	if bytes.HasPrefix(body, []byte("{")) {
		return linesShape(body)
	}
	var s shape
	for _, data := range sseData(body) {
		if v, err := parse(data); err == nil {
			s.events = append(s.events, v)
		}
	}
	s.api, s.sse = streamAPI(s.events), append(body, "\n\n"...)
	return s
}

func linesShape(body []byte) shape {
	var s shape
	var sse bytes.Buffer
	for line := range bytes.Lines(body) {
		v, err := parse(line)
		if err != nil {
			return shape{}
		}
		s.events = append(s.events, v)
		sse.WriteString("data: " + string(bytes.TrimSpace(line)) + "\n\n")
	}
	if s.api = streamAPI(s.events); s.api == quire.APIOllama {
		s.sse = body
	} else {
		s.sse = sse.Bytes()
	}
	return s
}

// sseData splits server-sent events.
func sseData(body []byte) [][]byte {
	var out [][]byte
	var data []byte
	text := bytes.ReplaceAll(body, []byte("\r\n"), []byte("\n"))
	for line := range bytes.SplitSeq(append(text, '\n'), []byte("\n")) {
		if rest, ok := bytes.CutPrefix(line, []byte("data:")); ok {
			data = append(data, bytes.TrimPrefix(rest, []byte(" "))...)
			continue
		}
		if len(line) == 0 && len(data) > 0 {
			out, data = append(out, data), nil
		}
	}
	return out
}

func wholeAPI(v any) quire.API {
	switch {
	case word(v, "type") == "message" && in(v, "content") != nil && in(v, "stop_reason") != nil:
		return quire.APIAnthropic
	case word(v, "object") == "response" && in(v, "output") != nil:
		return quire.APIOpenAIResponses
	case in(v, "candidates", 0) != nil:
		return quire.APIGemini
	case in(v, "choices", 0, "message") != nil, word(v, "object") == "chat.completion" && in(v, "choices", 0) != nil:
		return quire.APIOpenAIChat
	case in(v, "message", "role") != nil && in(v, "done") == true:
		return quire.APIOllama
	}
	return ""
}

func streamAPI(events []any) quire.API {
	for _, e := range events {
		switch {
		case word(e, "type") == "message_start":
			return quire.APIAnthropic
		case strings.HasPrefix(word(e, "type"), "response."):
			return quire.APIOpenAIResponses
		case in(e, "candidates") != nil:
			return quire.APIGemini
		case in(e, "choices", 0, "delta") != nil:
			return quire.APIOpenAIChat
		case in(e, "message", "role") != nil && in(e, "done") != nil:
			return quire.APIOllama
		}
	}
	return ""
}

// vendors are whose servers answer at an address, by a piece of its host, the more
// particular first. Where no address was kept, the name of a file often says it.
var vendors = [][2]string{
	{"openrouter", "OpenRouter"}, {"azure", "Azure"}, {"bedrock", "Bedrock"}, {"aiplatform", "Vertex AI"}, {"vertex", "Vertex AI"},
	{"anthropic", "Anthropic"}, {"generativelanguage", "Google"}, {"google", "Google"}, {"gemini", "Google"},
	{"mistralrs", "mistral.rs"}, {"mistral", "Mistral"}, {"x.ai", "xAI"}, {"xai", "xAI"}, {"grok", "xAI"}, {"deepseek", "DeepSeek"}, {"groq", "Groq"}, {"moonshot", "Moonshot"},
	{"together", "Together"}, {"fireworks", "Fireworks"}, {"cerebras", "Cerebras"}, {"perplexity", "Perplexity"},
	{"alibaba", "Alibaba"}, {"dashscope", "Alibaba"}, {"huggingface", "Hugging Face"}, {"cohere", "Cohere"}, {"zai", "Z.ai"}, {"z.ai", "Z.ai"},
	{"minimax", "MiniMax"}, {"ai-gateway.vercel", "Vercel"}, {"vercel.sh", "Vercel"}, {"watsonx", "IBM"}, {"sambanova", "SambaNova"}, {"github", "GitHub"},
	{"gpustack", "GPUStack"}, {"ollama", "Ollama"}, {"11434", "Ollama"}, {"lmstudio", "LM Studio"}, {"writer", "Writer"}, {"doubleword", "Doubleword"}, {"llamacpp", "llama.cpp"}, {"venice", "Venice"}, {"copilot", "GitHub"},
	{"cloudflare", "Cloudflare"}, {"snowflake", "Snowflake"}, {"heroku", "Heroku"}, {"novita", "Novita"},
	{"localhost", "local servers"}, {"127.0.0.1", "local servers"}, {"openai", "OpenAI"},
}

func vendorOf(r *recording) string {
	_, where, _ := strings.Cut(r.file, "/") // not the project's own name
	where = r.url + " " + where
	if u, err := url.Parse(r.url); err == nil && u.Host != "" {
		where = u.Host
	}
	where = strings.ToLower(where)
	for _, v := range vendors {
		if strings.Contains(where, v[0]) {
			return v[1]
		}
	}
	return "others"
}
