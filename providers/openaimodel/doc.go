// Package openaimodel answers quire's prompts through OpenAI's own client: over the
// Responses API, or over Chat Completions for everything that speaks it (vLLM,
// llama.cpp, Ollama, gateways). It is a module of its own, so that the client's
// dependencies stay out of programs that don't use it.
//
//	m, err := openaimodel.New("gpt-6", nil)
//	if err != nil {
//		return nil, err // without a key: says which variable to set
//	}
//	return m.Generate(ctx, prompt)
//
// A server of one's own needs its address, and a key only where it asks for one:
//
//	m, err := openaimodel.New("qwen3", &openaimodel.Options{API: quire.APIStrict, BaseURL: "http://localhost:11434/v1"})
//
// The bytes of every request are those of package wire; the SDK's client gives
// them an address, a key and a connection. So the same plan is always the same
// bytes, and what the provider's cache will make of them is known beforehand. The
// client's other variables count too (OPENAI_ORG_ID, OPENAI_PROJECT_ID,
// OPENAI_CUSTOM_HEADERS).
//
// Nothing is stored at OpenAI: every request says so, and reasoning comes back
// encrypted and goes out again with the item that it led to. What the model can't
// take is a *providers.Error with CodeInvalid before anything is sent, a note in
// the prompt that the model reads ([wire.Options].NoImages, pictures of other kinds,
// pictures in results of the chat format), or a mark that Reply.Marks does not have.
//
// # Websocket
//
// With [Options].Websocket a model keeps one connection open: make one model for
// each agent, and close it. A call then sends only what is new since the last
// one, where the prompt begins with exactly the bytes that the server holds (see
// [wire.Chain]); after a cut, an edit, other tools or another model it is sent in
// full. A call with a notice is sent in full, and so is the one after it: the
// server would keep the notice for ever. Agents that are shown one at every first
// call of a turn gain from the second call after it on.
//
// Calls of one model queue for the connection, also a call from inside the loop of
// a stream that is not over. What happens to a connection costs time only: where it
// is lost before anything of the reply was shown, where its hour is over, or where
// the server has forgotten the last reply, the call is sent again, in full, over a
// new connection and then over HTTP. Where a stream had shown something already, it
// ends with CodeUnavailable, as over HTTP. Cancelling a call, or leaving its stream,
// closes the connection; the next call opens another.
//
// # A loop on the client itself
//
// A program that calls openai-go's Chat.Completions.New or Responses.New keeps its list as it is: [Prompt]
// reads it for a compose.Session, [Params] puts what was composed in its place, and [Reply]
// reads the answer. Nothing that stands in it is dropped.
package openaimodel
