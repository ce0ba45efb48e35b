package record

import (
	"context"
	"errors"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers"
)

// errLeft is what a reader gets who reads on where the recorded one stopped.
var errLeft = errors.New("the recording ends here: whoever read it then had seen enough")

// errNothing is played for a model that gave neither a reply nor an error.
var errNothing = errors.New("the recording holds neither a reply nor an error")

// broken returns why an exchange with a model has no answer.
func (x *exchange) broken(ctx context.Context) error {
	switch {
	case x.err != nil:
		return x.err
	case x.end == endCancelled:
		<-ctx.Done() // as in the recorded call
		return ctx.Err()
	case x.end == endLeft:
		return fail(providers.CodeOther, errLeft)
	}
	return fail(providers.CodeBadReply, errNothing)
}

// reply plays a call as a whole.
func (x *exchange) reply(ctx context.Context) (*quire.Reply, error) {
	if r := x.answer(); r != nil {
		return r, nil
	}
	return nil, x.broken(ctx)
}

// answer returns the reply, wherever it stands, or nil.
func (x *exchange) answer() *quire.Reply {
	if n := len(x.call.deltas); n > 0 && x.call.deltas[n-1].Reply != nil {
		return x.call.deltas[n-1].Reply
	}
	return x.call.reply
}

// stream plays a call as a stream.
func (x *exchange) stream(ctx context.Context, yield func(quire.Delta, error) bool) {
	deltas := x.call.deltas
	if x.call.reply != nil {
		deltas = pieces(x.call.reply)
	}
	for _, d := range deltas {
		if err := ctx.Err(); err != nil {
			yield(quire.Delta{}, err)
			return
		}
		if !yield(d, nil) {
			return
		}
	}
	if x.answer() == nil {
		yield(quire.Delta{}, x.broken(ctx))
	}
}

// pieces makes a stream of a reply that came whole: a delta for each part.
func pieces(r *quire.Reply) []quire.Delta {
	var out []quire.Delta
	for _, part := range r.Parts {
		switch part := part.(type) {
		case quire.Text:
			out = append(out, quire.Delta{Text: part.Text})
		case quire.Reasoning:
			out = append(out, quire.Delta{Reasoning: part.Text})
		case quire.ToolCall:
			out = append(out, quire.Delta{ToolCall: &part})
		}
	}
	return append(out, quire.Delta{Reply: r})
}

// count plays a count.
func (x *exchange) count(ctx context.Context) (int, error) {
	if x.end == endWhole {
		return x.tokens, nil
	}
	return 0, x.broken(ctx)
}
