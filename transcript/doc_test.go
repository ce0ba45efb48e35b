package transcript_test

import (
	"context"

	"github.com/quire-dev/quire/transcript"
)

// What the documentation of the package shows. It is compiled, and not run.
var _ = func(ctx context.Context, compare func(prompt []transcript.Message, reply transcript.Message)) error {
	rec, err := transcript.Open(ctx, "session.jsonl", nil)
	if err != nil {
		return err
	}
	for _, s := range rec.Sessions {
		for _, c := range s.Calls {
			prompt := s.Messages[c.First:c.At] // what the program had sent
			reply := s.Messages[c.At]          // what the model answered
			compare(prompt, reply)
		}
	}
	return nil
}
