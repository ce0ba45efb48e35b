package sent

import (
	"bytes"
	"fmt"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/emulate"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/providers/wire"
)

// Tokens says what the pieces of a request count. A message's tokens belong to
// its last segment: counts are known for whole messages, and what is read of a
// message that is not there as a whole is nothing that a prediction could know.
type Tokens struct {
	Fixed    int   // what stands before the first message, framing included
	Messages []int // of each message of the prompt
	Notice   int
}

// Request cuts the request that [wire.Encode] makes of p. It fails as Encode
// does, and when tokens are not those of as many messages. Time and outcome of
// the call are for the caller to fill in.
func Request(api quire.API, p *quire.Prompt, n Tokens) (*emulate.Request, error) {
	if len(n.Messages) != len(p.Messages) {
		return nil, fmt.Errorf("sent: tokens of %d messages for a prompt of %d", len(n.Messages), len(p.Messages))
	}
	segs, err := wire.Segments(api, p)
	if err != nil {
		return nil, err
	}
	r := &emulate.Request{Scope: fmt.Sprintf("%s\n%s\n%d", api, p.Model, p.Thinking), Segments: make([]emulate.Segment, 0, len(segs)+1)}
	if len(segs) == 0 || segs[0].Level == wire.LevelMessages {
		r.Segments = append(r.Segments, emulate.Segment{Message: -1}) // framing alone
	}
	for i := range segs {
		r.Segments = append(r.Segments, segment(p, &segs[i]))
	}
	count(r.Segments, n)
	r.Implicit = implicit(api, p)
	return r, nil
}

// implicit says whether the provider places a mark by itself: OpenAI does where
// a model takes marks, unless wire asks for explicit ones alone.
func implicit(api quire.API, p *quire.Prompt) bool {
	openAI := api == quire.APIOpenAIResponses || api == quire.APIOpenAIChat
	return openAI && models.FindOver(api, p.Model).Dialect.Marks > 0 && len(p.Marks) == 0 && p.Notice == ""
}

func segment(p *quire.Prompt, s *wire.Segment) emulate.Segment {
	return emulate.Segment{
		Level: emulate.Level(s.Level), Kind: kind(p, s), Bytes: s.Bytes, Message: s.Message,
		Volatile: s.Volatile, Mark: s.Mark, TTL: s.TTL,
	}
}

// kind says what a segment is. That a block is a call is in its bytes alone:
// assistant messages hold several kinds of blocks.
func kind(p *quire.Prompt, s *wire.Segment) emulate.Kind {
	if s.Message < 0 {
		return emulate.KindOther
	}
	switch p.Messages[s.Message].Role {
	case quire.RoleUser:
		return emulate.KindUser
	case quire.RoleTool:
		return emulate.KindResult
	}
	block := bytes.TrimPrefix(bytes.TrimPrefix(s.Bytes, []byte(`{"role":"assistant","content":[`)), []byte(","))
	for _, call := range []string{`{"type":"tool_use"`, `{"type":"function_call"`} {
		if bytes.HasPrefix(block, []byte(call)) {
			return emulate.KindCall
		}
	}
	return emulate.KindOther
}

// count gives the segments their tokens. What an encoder adds by itself counts
// nothing.
func count(segs []emulate.Segment, n Tokens) {
	fixed, notice := -1, -1
	last := make(map[int]int, len(n.Messages)) // of each message
	for i := range segs {
		switch s := &segs[i]; {
		case s.Volatile:
			notice = i
		case s.Message >= 0:
			last[s.Message] = i
		case s.Level != emulate.LevelMessages:
			fixed = i
		}
	}
	if fixed >= 0 {
		segs[fixed].Tokens = n.Fixed
	}
	if notice >= 0 {
		segs[notice].Tokens = n.Notice
	}
	for m, i := range last {
		segs[i].Tokens = n.Messages[m]
	}
}
