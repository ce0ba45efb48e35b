// Package ollamamodel answers prompts with a model that runs on one's own machine,
// through an Ollama server. It needs no key, which makes it the model to begin with:
//
//	ollama serve
//	ollama pull qwen3:8b
//
//	m, err := ollamamodel.New("qwen3:8b", &ollamamodel.Options{Window: 32768})
//
// The server is at OLLAMA_HOST, as for Ollama's own programs, else at its usual
// port on this machine. Nothing connects before the first call. If the server does
// not run, or the model is not there, the error says what to do.
//
// # The window
//
// Say how large it is. A server that is not told takes a small one, by its memory,
// often 4,096 tokens. Options.Window goes out with every request, and so does that
// nothing may be cut: a prompt that does not fit is an error with CodeTooLong, where
// Ollama by itself drops the oldest messages and says nothing.
//
// # What the format can't carry
//
//   - A tool choice, or a limit to one call: an error.
//   - Pictures, for a model that can't see. The model asks the server once, before
//     it sends the first one (Options.Images); a note stands in their place.
//   - Pictures by URL: a note.
//   - Cache marks: none are sent, and Reply.Marks is empty. The server keeps the
//     prefix of what it read last, and does not say how much of it served.
//
// It is plain net/http over Ollama's own /api/chat. Its endpoint in OpenAI's format
// takes neither a window nor the order to cut nothing; Ollama's Go client comes in
// one module with the server and what that needs. Decision 0022 has the figures.
package ollamamodel
