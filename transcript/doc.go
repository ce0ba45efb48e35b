// Package transcript reads the records of other programs into messages, so
// that past work can be searched in a mailbox or replayed under another budget
// or policy. It reads
//
//   - sessions of Claude Code (.jsonl): threads, branches, subagents,
//     compactions, several sessions in one file, and one
//     model call that is spread over several lines;
//   - sessions of Codex (rollout-*.jsonl) and of Gemini CLI (session-*.jsonl, .json, its
//     checkpoints and logs.json), with what was summarised, forked and taken back;
//   - chats in the form of OpenAI's (Chat Completions and Responses), Anthropic's
//     or Gemini's APIs: a list of messages, an
//     object that holds one under "messages", "traj", "trajectory",
//     "history", "conversation", "contents" or "items", a list of such objects, or any of these one to a line
//     (the runs of mini-swe-agent and tau-bench are such files);
//   - calls that a gateway or a batch logged, a request and its response on each line: calls that
//     go on with each other become one session;
//   - mail folders in mbox form.
//
// Each may be compressed with gzip, and be UTF-8 or UTF-16, with a byte order mark or without. What
// a file is, is seen from its content, line by line; its name does not matter.
//
//	rec, err := transcript.Open(ctx, "session.jsonl", nil)
//	if err != nil {
//		return err
//	}
//	for _, s := range rec.Sessions {
//		for _, c := range s.Calls {
//			prompt := s.Messages[c.First:c.At] // what the program had sent
//			reply := s.Messages[c.At]          // what the model answered
//			compare(prompt, reply)
//		}
//	}
//
// Recorded files are often damaged: cut off, edited, mixed, with lines that were written into
// each other, or full of zeros. What can't be read
// is left out and reported with its line in [Record.Problems]; it never fails
// the rest and is never silent. Only a file in which nothing can be read is an
// error. Damage of a document (one JSON value over many lines) is passed over up to its next whole message.
//
// Reading takes memory: about seven times the longest line, and about a kilobyte for each message
// beside what it holds. [Options] limits lines, messages and the whole.
//
// Reading is deterministic: the same bytes and options give the same messages
// with the same ids, so that importing a file twice, or again after it grew,
// sends nothing twice.
package transcript
