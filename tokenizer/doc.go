// Package tokenizer says how many tokens content takes, and how sure that is.
//
// # Counters
//
// A [Counter] counts a text, and [CountParts] the parts of a message by one. Which
// one to take:
//
//   - [Encoding] is exact for the models whose vocabulary is public. Package
//     tokenizer/tiktoken has those of OpenAI, offline:
//     tiktoken.O200k().CountText("…"). Importing it is what links the
//     vocabularies in; this package alone stays light.
//   - [Estimate] is for models without one: another counter's number times a
//     factor for the kind of text.
//   - [Approx] needs no vocabulary at all.
//   - Package tokenizer/tiktokengo adapts an encoding of
//     github.com/pkoukk/tiktoken-go.
//   - Anything else with two methods.
//
// A counter's Name is part of the key under which counts are stored (see
// [Key]), since a count is only ever made once: composing adds up numbers.
//
// # From content to a prompt
//
// Providers add tokens around the content: roles, ids, schemas. A [Framing]
// holds what is known of that for each wire format, and adds it:
// [Framing.Message] for a message, [Framing.Prompt] for a whole prompt.
//
// What is left of an error shows in the usage that providers report. The composer
// learns from it how far off the counts of each model are, and bounds its budgets
// by that.
//
// # Cutting
//
// [Encoding.Head] and [Encoding.Tail] shorten a text to a number of tokens, at
// the end of a word; [Encoding.CountUpTo] stops counting when it knows enough.
//
// # Hostile text
//
// Counting takes time in proportion to the text, whatever the text is: a
// megabyte without a place to split takes a fifth of a second at most, not minutes,
// and some 20 KB of room. It allocates nothing in the steady state, replaces bad UTF-8 as encoding/json would, and
// takes what looks like a special token for the plain text that it is.
package tokenizer
