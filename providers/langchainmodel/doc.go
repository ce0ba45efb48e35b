// Package langchainmodel lets langchaingo's clients answer quire's prompts. It
// is a module of its own, so that langchaingo's dependencies stay out of
// programs that don't use it.
//
//	m, err := langchainmodel.Open("anthropic:claude-opus-5", nil)
//	if err != nil {
//		return nil, err // without a key: says which variable to set
//	}
//	return m.Generate(ctx, prompt)
//
// # Two ways to carry a prompt
//
// langchaingo's own mapping of messages loses things: parallel tool calls,
// cache marks, thinking, big integers (docs/rough-edges.md has the list). So a
// model made by [Open] is exact: langchaingo's client makes the request, with
// its address, key and headers, and an http.RoundTripper of this package puts
// the bytes of package wire in its place just before it leaves, and reads the
// answer, whole or streamed. Nothing of prompt or reply passes through
// langchaingo's types. A client that was made elsewhere can be exact too, when
// it was given [HTTPClient]:
//
//	llm, err := openai.New(openai.WithAPIType(openai.APITypeAzure), openai.WithBaseURL(url),
//		openai.WithHTTPClient(langchainmodel.HTTPClient(nil)))
//	if err != nil {
//		return nil, err
//	}
//	return langchainmodel.New(llm, &langchainmodel.Options{Exact: true})
//
// Any other llms.Model goes through langchaingo's mapping. What that mapping
// would garble is refused before the call, with a [*LossError]; what it can't
// carry and does no harm (cache marks) is missing from Reply.Marks.
//
// # Ollama
//
// An exact Ollama model speaks /api/chat: with tools, with the window that was
// asked for, and with truncation turned off, so that a prompt that does not fit
// is an error and never loses its beginning silently. Ollama's endpoint in
// OpenAI's format can do neither; Open("openai:NAME") with its BaseURL reaches it.
//
// # The other way round
//
// A loop of one's own on langchaingo keeps its list in langchaingo's types: [Prompt] reads it for a
// compose.Session, [Messages] says what was composed, [Reply] reads the answer. [NewLLM]
// makes an llms.Model that composes, and [NewHistory] a chat history that does, for loops, agents and
// memories that know nothing of quire.
//
// Foreign types in this package's signatures are langchaingo's: they are what
// the package adapts.
package langchainmodel
