// Package anthropicmodel answers prompts through Anthropic's Messages API, with
// Anthropic's own client (anthropic-sdk-go) for the address, the key, the version of
// the API, the retries and the connection.
//
//	m, err := anthropicmodel.New("claude-opus-5", nil)
//
// The key is Options.Key, or ANTHROPIC_API_KEY in the environment. Without one, New
// says so; nothing connects before the first call. Of the environment only that key
// and ANTHROPIC_BASE_URL are read.
//
// # The bytes
//
// What goes out is what package wire made, byte for byte: arguments keep their order
// of keys and their big integers, thinking and its signatures are as they came, cache
// marks stand where the plan has them. What comes back is read by wire as well, so
// that nothing is lost that the client has no type for.
//
// # What Anthropic does otherwise
//
//   - Up to four cache marks, of five minutes or an hour; Reply.Marks says which went
//     out. Usage says what was read (CachedInput), written (CacheWrite) and written for
//     an hour (CacheWriteLong).
//   - Models from Claude Opus 4.6 on decide themselves how much they think:
//     Prompt.Thinking turns it on and leaves room for it. The newest always think.
//   - Where thinking is bound to what stands before it (models.Dialect.ReasoningBound), the beta
//     header goes out with which the server drops thinking that does not fit any more,
//     instead of refusing the request; Reply.Changed lists what it dropped. A notice is a
//     message of the system's there that clears itself (models.Dialect.NoticeClears).
//   - A model that thinks can't be made to call a tool: wire.ToolsAny is an error then.
//   - A refusal is a reply with StopRefused; a turn that the server pauses in the middle
//     of its own tools ends with StopPaused, and goes on when its reply is sent back.
//   - wire.Format is always enforced; its name has no field.
//   - Blocks of the server's own tools are carried as quire.Opaque and go back as they
//     came.
//
// # A loop on the client itself
//
// A program that calls anthropic-sdk-go's Messages.New keeps its list as it is: [Prompt]
// reads it for a compose.Session, [Params] puts what was composed in its place, and [Reply]
// reads the answer. Nothing that stands in it is dropped.
package anthropicmodel
