// Package adopt composes the prompts of a client that is there already. It is an HTTP
// transport: the client keeps its loop and its list of messages, and what it sends is
// composed on the way out.
//
//	client := &http.Client{Transport: adopt.New(1000, nil)} // at most 1,000 tokens of input
//
// It knows requests to Anthropic's Messages, OpenAI's Chat Completions and Responses, and
// Gemini's generateContent, by their path, whoever serves them: Vertex and Bedrock too. A [compose.Session] for each
// conversation decides what of the list goes out and where the cache is marked. No tools
// are added, and no calls are answered, but for what the format wants: lines that say what was
// left out, a result that says "no result was recorded" behind a call that has none, and an
// object around arguments that are none. Fields of the request that
// are no system prompt, tool, message or mark pass byte for byte, and so does the answer,
// streamed or whole.
//
// The budget is in the provider's tokens, as far as its reports tell: without any, in those of
// the counter. A provider that reports less than it reads gets up to twice the budget.
//
// What it does not fully understand passes unchanged, and so does what can't be composed: a
// newer field inside of a message that can't be kept, a budget that does not hold what must
// stay, a conversation of which the provider holds a part, a body that is signed (AWS): sign
// it in [Options.Base]. The answer's headers tell:
// [HeaderLeftOut] of a request that was composed, [HeaderUnchanged] of one that was not, and
// goes out as long as the client made it; [Options.OnCall] tells both.
//
// # Conversations
//
// A list that goes on where an earlier one ended is of the same conversation, and its session
// knows what the provider's cache still holds. Where lists alone can't tell, a client says it
// with [HeaderConversation], which does not go out. A list that belongs to none is composed by
// itself alone, and just as validly: only what the cache holds is not known then.
package adopt
