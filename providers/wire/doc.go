// Package wire turns prompts into the request bytes of each provider, and reply
// bytes into replies. Everything here is pure: no network, no clock, no state;
// the same prompt gives the same bytes.
//
//   - [Encode] makes the body of a request, [Headers] the headers that it needs.
//   - [Decode] reads the body of a reply that was not streamed.
//   - [DecodeRequest] takes the body of a request of another program's apart, and its
//     Encode puts what was composed of it in its place.
//   - [Segments] gives the same content piece by piece, which is how providers'
//     prefix caches see it.
//   - [Options.Dialect] is what a model takes: see package models.
//
// # What an encoder promises
//
// A prompt that breaks a rule of its provider gives an [*Error] with the rule's
// code, never a request that the provider would refuse. What a format has no
// place for goes out as a short, readable note, never silently:
//
//   - an image where only text may stand: "[image/png, 640x480, 1234 bytes: not shown]";
//   - a [quire.Blob] or [quire.Ref] that nobody resolved: its head and tail, or a note;
//   - a [quire.Opaque] of another format: "[anthropic/web_search: not shown]". One that
//     only says more of the part before it (citations, say) is left out there.
//
// Left out without a note is only what is not content: empty text, and the
// reasoning of another model. A message with nothing left says [Empty].
//
// Arguments of tool calls go out byte for byte when they are a JSON object:
// key order and big integers survive. Empty arguments are {}, and anything else
// is {"_raw": "…"}. Names and ids that a provider would refuse are replaced by a
// pure function of themselves, the same at the call and at its result.
//
// Texts of one message stay separate blocks where the format has blocks, and
// are joined by a line break where content is one string. Messages of one role
// are merged where the provider wants roles to alternate (Anthropic, Gemini,
// strict templates and Ollama; there with an empty line between).
package wire
