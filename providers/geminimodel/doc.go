// Package geminimodel answers prompts through Google's Gemini API, with Google's
// own client (google.golang.org/genai) for the address, the key and the connection.
//
//	m, err := geminimodel.New("gemini-3-pro", nil)
//
// The key is Options.Key, or GEMINI_API_KEY or GOOGLE_API_KEY in the environment.
// Without one, New says so; nothing connects before the first call. Google Cloud's
// way to the same models (Vertex AI) has other addresses and other credentials, and
// is not spoken here.
//
// # The bytes
//
// What goes out is what package wire made, byte for byte, and what comes back is
// read by it: arguments keep their order of keys and their big integers, and every
// thought signature goes back where it came from. The client makes a short message
// of its own, which is never sent (see package exchange). Its automatic continuation
// is off, and so is its trying again, which does not wait as long as the server asks:
// that is for the caller, who finds the delay in the error.
//
// # What Gemini does otherwise
//
//   - A prompt that its filters block is an error with CodeRefused; an answer that
//     they stop is a reply with StopRefused, and what came of it.
//   - A call of the model's that Google's server can't read is an error with
//     CodeBadReply: nothing of it comes back, and to try again helps.
//   - Its limits say in the body how long to wait; that is RetryAfter.
//   - Its cache is automatic. Marks are not sent, and Reply.Marks is empty.
//   - Models from 3 on take pictures inside of results; for older ones, and for
//     pictures by URL, a result holds a note.
//
// # A loop on the client itself
//
// A program that calls genai's GenerateContent keeps its list as it is: [Prompt]
// reads it for a compose.Session, [Params] puts what was composed in its place, and [Reply]
// reads the answer. Nothing that stands in it is dropped.
package geminimodel
