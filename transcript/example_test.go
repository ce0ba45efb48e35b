package transcript_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/quire-dev/quire/transcript"
)

func Example() {
	file := strings.NewReader(`{"role":"user","content":"Which pier?"}
{"role":"assistant","content":"Pier 4.","usage":{"prompt_tokens":31,"completion_tokens":4}}
{"role":"user","con`)
	rec, err := transcript.Read(context.Background(), file, "pier.jsonl", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range rec.Sessions {
		for _, c := range s.Calls {
			fmt.Printf("%s: %d message sent, %d tokens in\n", s.ID, c.At-c.First, c.Usage.Input)
		}
	}
	for _, p := range rec.Problems {
		fmt.Println(p)
	}
	// Output:
	// pier: 1 message sent, 31 tokens in
	// line 3: unreadable: unexpected EOF
}
