package tokenizer

import "github.com/quire-dev/quire"

// The image rules are those of the providers' vision guides. Where a provider
// has several by model, the one that counts most.

// openAIImage is the rule of GPT-4o and GPT-4.1: 85, and 170 for each tile of
// 512 px, after scaling to 2048 px and to 768 px on the shorter side.
func openAIImage() ImageRule {
	return ImageRule{Base: 85, PerTile: 170, Tile: 512, MaxSide: 2048, ShortSide: 768, Unknown: 1105}
}

// anthropicImage is width times height by 750, after scaling to 1568 px; about
// 1600 at most.
func anthropicImage() ImageRule {
	return ImageRule{PixelsPerToken: 750, MaxSide: 1568, Max: 1600, Unknown: 1600}
}

// geminiImage is 258 for each tile of 768 px.
func geminiImage() ImageRule { return ImageRule{PerTile: 258, Tile: 768, Unknown: 1032} }

// Framings returns the table of all framings, in a fixed order. The caller may
// change the result.
//
// Only the numbers of openai-chat for messages and reply are published; those
// for calls and tools, and all of the others, are rounded up from what users
// report. They are small beside the content, and a [Calibration] takes them up.
func Framings() []Framing {
	const refBytes = 3
	return []Framing{
		{
			Name: string(quire.APIOpenAIChat), Version: 1, Date: "2026-11-23",
			Source:     "OpenAI cookbook, How to count tokens with tiktoken: 3 a message, 3 for the reply, 12 for tools; calls from forum reports of 14 for a call with its result",
			PerMessage: 3, PerToolCall: 8, PerToolResult: 3,
			System: 3, Tools: 12, PerTool: 8, Reply: 3,
			Rules: Rules{Image: openAIImage(), RefBytes: refBytes},
		},
		{
			Name: string(quire.APIOpenAIResponses), Version: 1, Date: "2026-11-23",
			Source:     "assumed to be rendered as openai-chat is; each item stands as a message",
			PerMessage: 3, PerPart: 1, PerToolCall: 8, PerToolResult: 3,
			System: 3, Tools: 12, PerTool: 8, Reply: 3,
			Rules: Rules{Image: openAIImage(), RefBytes: refBytes},
		},
		{
			Name: string(quire.APIAnthropic), Version: 1, Date: "2026-11-23",
			Source:     "tool use guide: 346 for tools with automatic choice (Claude 4); the rest is not published",
			PerMessage: 4, PerPart: 1, PerToolCall: 12, PerToolResult: 12,
			System: 4, Tools: 346, PerTool: 12, Reply: 3,
			Rules: Rules{Image: anthropicImage(), RefBytes: refBytes},
		},
		{
			Name: string(quire.APIGemini), Version: 1, Date: "2026-11-23",
			Source:     "token guide for images; the rest is not published",
			PerMessage: 3, PerPart: 1, PerToolCall: 6, PerToolResult: 6,
			System: 3, Tools: 8, PerTool: 8, Reply: 2,
			Rules: Rules{Image: geminiImage(), RefBytes: refBytes},
		},
		{
			Name: string(quire.APIOllama), Version: 1, Date: "2026-11-28",
			Source:     "the templates that strict is for; pictures differ by model (the server reckons with 768), so GPT-4o's rule stands in",
			PerMessage: 5, PerPart: 1, PerToolCall: 16, PerToolResult: 12,
			System: 5, Tools: 120, PerTool: 16, Reply: 4,
			Rules: Rules{Image: openAIImage(), RefBytes: refBytes},
		},
		{
			Name: string(quire.APIStrict), Version: 1, Date: "2026-11-23",
			Source:     "the chat templates of Llama 3 (header of 4 and end of 1), ChatML (5) and Mistral, the highest of them",
			PerMessage: 5, PerPart: 1, PerToolCall: 16, PerToolResult: 12,
			System: 5, Tools: 120, PerTool: 16, Reply: 4,
			Rules: Rules{Image: openAIImage(), RefBytes: refBytes},
		},
	}
}
