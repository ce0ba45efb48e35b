// Package emulate plays the prompt caches of the providers, byte for byte: given
// the requests that were really sent, it says what each of them read from the
// cache, wrote to it and paid. It is what the predictions of [ledger.Ledger] are
// held against. It knows nothing of how a request was made: only its bytes, in
// [Segment]s, with their tokens and cache marks, and the time.
//
// A cache keeps entries under the digest of all bytes from the beginning of a
// request to a position, together with the scope that the provider keeps caches
// apart by. Nothing is estimated: what two requests have in common is what their
// bytes have in common, segment by segment. Within a segment nothing is read,
// because the tokens of half of one are not known; where a provider reads any
// common prefix, the real figure may be higher by less than a segment.
//
// # Rules and sources
//
// Read on 2026-11-23. A rule that no source states is an option of [Unstated],
// so that it can be priced both ways.
//
// All of them: a request can read what an earlier one left once the answer to
// that had begun, and until its life, from the start of the last request that
// wrote or read it, is over. At the very end of its life an entry is gone.
//
// [Marked], Anthropic (platform.claude.com build-with-claude/prompt-caching;
// github.com/anthropics/skills claude-api/shared/prompt-caching.md):
//   - order tools, system, messages; at most 4 marks, more are refused; the
//     automatic one of a request takes a slot; a longer life before a shorter one,
//     or the request is refused;
//   - a mark leaves one entry: the prefix up to its block. Nothing earlier;
//   - a read looks at the last mark's block and backward, at 20 positions, the mark
//     included, then goes on at the mark before. A block is a position; a run of
//     tool calls is one, so is a run of results;
//   - a prefix shorter than the model's minimum leaves nothing, without an error;
//   - life is 5 minutes, or an hour for a mark that asks for it, from the start of
//     the request that wrote or read; reading is a free refresh;
//   - of a request with marks of both kinds, what lies between the hit and the last
//     mark of an hour is written at the price of an hour, the rest up to the last
//     mark at that of 5 minutes.
//
// [Breakpoints], OpenAI from GPT-5.6 on (developers.openai.com
// api/docs/guides/prompt-caching):
//   - exact match at candidates only: the first 2 and the latest 50 explicit
//     breakpoints of the request, and in implicit mode the one that OpenAI places,
//     up to 20 earlier message ends of its kind and the end of the first
//     developer messages;
//   - the one that it places: at the end of the last user message, of the last
//     result of a group of results, or of the first developer messages;
//   - at most 4 are written: the latest; in implicit mode 3 and the placed one;
//   - from 1,024 tokens on; 30 minutes from the last write or read.
//
// [Common], OpenAI before GPT-5.6 (same guide), Gemini's implicit cache
// (ai.google.dev gemini-api/docs/caching) and engines that keep blocks (vLLM,
// docs.vllm.ai automatic prefix caching):
//   - the longest prefix that an alive request had too, down to a multiple of the
//     interval: 128 tokens, 2,048 for GPT-5.5, 16 for a block; counted from the
//     beginning of what OpenAI puts before the request, where that is known, and
//     then reported down to a multiple of 128;
//   - all that a request holds is left, the volatile tail included;
//   - at least the last token is computed anew, since the answer begins from it
//     (vLLM says so of itself);
//   - writes are not billed apart. To compare bills, what is not read counts as
//     written up to the first volatile segment, and as uncached from there on.
//
// [Units], DeepSeek (api-docs.deepseek.com guides/kv_cache):
//   - only whole units can be read: the end of a request's input, the end of its
//     output, multiples of an interval that is not published, and what a request
//     was seen to have in common with an earlier one, from the next on;
//   - the guide says of a life only that it is hours to days: the row's is counted
//     from the last write or read;
//   - nothing is billed for writing.
//
// Not emulated: routing between machines, load, entries that are pushed out
// before their time, and what a server takes out of a request before it reads it
// (thinking of earlier turns on older Claude models: leave it out of the
// segments).
package emulate
