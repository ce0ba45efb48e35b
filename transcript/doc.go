// Package transcript reads the records of other programs into messages, so
// that past work can be searched in a mailbox or replayed under another budget
// or policy. It reads
//
//   - sessions of Claude Code (.jsonl): threads, branches, subagents, and one
//     model call that is spread over several lines;
//   - chats in the form of OpenAI's or Anthropic's APIs: a list of messages, an
//     object that holds one under "messages", "traj", "trajectory" or
//     "history", a list of such objects, or any of these one to a line
//     (the runs of mini-swe-agent and tau-bench are such files);
//   - mail folders in mbox form.
//
// Each may be compressed with gzip. What a file is, is seen from its content;
// its name does not matter.
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
// Recorded files are often damaged: cut off, edited, mixed. What can't be read
// is left out and reported with its line in [Record.Problems]; it never fails
// the rest and is never silent. Only a file in which nothing can be read is an
// error.
//
// Reading is deterministic: the same bytes and options give the same messages
// with the same ids, so that importing a file twice, or again after it grew,
// sends nothing twice.
package transcript
