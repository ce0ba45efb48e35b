// Package record keeps what a real run sent to a model and got back in a file,
// and plays it back: in tests, without a key, without a network, and with the
// same bytes each time.
//
// There are two levels, and one file may hold both:
//
//   - [Recording.Model] stands round any [providers.Model] and keeps prompts,
//     replies, deltas in their order and typed errors. It knows nothing of HTTP.
//   - [Recording.Transport] is an [http.RoundTripper] for the client of an
//     adapter, and keeps the bytes of requests and responses, a streamed body
//     read by read. So the adapter, and the vendor's SDK in it, is tested too.
//
// A test plays by default; who wants to record says so:
//
//	rec, err := record.Open("testdata/ask.jsonl", &record.Options{Mode: mode})
//	if err != nil {
//		return nil, err
//	}
//	client := &http.Client{Transport: rec.Transport(nil)}
//
// # What is matched
//
// A request is answered by what was recorded for the same one: method, path,
// what is kept of the query, and body for HTTP; for a model the whole prompt, but
// for [quire.PromptMessage] Seq, which no provider sees. The same request twice is
// answered in the order of the recording. Hosts don't count, so that a local
// server may have another port each time. An unknown request is an
// [*UnknownError] that shows where it first differs from the nearest one.
//
// Prompts with the time, or with random ids, are other prompts at every run: give
// the agent a clock that stands still, or take such things out with
// [Options.Redact], which goes over what is compared as well as over what is kept.
//
// # What is not kept
//
// Of headers and of query parameters only what stands on a list is kept, since no
// list of secrets is ever complete: see [Headers] and [Query]. User names and
// passwords in URLs never are. Secrets in a path, a body or a prompt are known
// to the user alone, who takes them out with [Options.Redact]. Look at a recording
// before it is published: models repeat what they are told.
//
// # The file
//
// A recording is JSON Lines, the first of which names the version. An exchange is
// a few lines, the parts of a prompt and the pieces of a stream one each, so that
// a changed recording can be read as a diff. Bodies stand in it as they are: JSON
// as JSON, other text as a string, the rest in base 64. There are no times in it
// unless [Options.Now] is given. An exchange is written when it ended, in one
// piece; what a crash left of one at the end of a file is ignored, and
// [Recording.Notes] says so.
package record
