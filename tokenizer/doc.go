// Package tokenizer says how many tokens content takes, and how sure that is.
//
// # Counters
//
// A [Counter] counts the parts of a message. Which one to take:
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
//   - Anything else with two methods: CountParts does the parts.
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
// What is left of an error shows in the usage that providers report. A
// [Calibration] learns from it, for each class of content ([Mix]):
// [Calibration.Apply] corrects a sum, and [Calibration.Upper] bounds it with a
// stated confidence, which is what a budget is checked with:
//
//	mix := framing.MixFixed(fixed, system, prompt.Tools) // what stands before the messages
//	for _, m := range prompt.Messages {
//		mix = mix.Add(framing.Mix(framing.Message(counter, m.Parts), m.Parts))
//	}
//	if calibration.Upper(mix, 0.99) > window {
//		return calibration, errTooLong
//	}
//	reply, err := model.Generate(ctx, prompt)
//	if err != nil {
//		return calibration, err
//	}
//	calibration = calibration.Observe(mix, reply.Usage.Input)
//
// # Cutting
//
// [Encoding.Head] and [Encoding.Tail] shorten a text to a number of tokens, at
// the end of a word; [Encoding.CountUpTo] stops counting when it knows enough.
//
// # Hostile text
//
// Counting takes time in proportion to the text, whatever the text is: a
// megabyte of one letter takes a fifth of a second, not minutes. It allocates
// nothing in the steady state, replaces bad UTF-8 as encoding/json would, and
// takes what looks like a special token for the plain text that it is.
package tokenizer
