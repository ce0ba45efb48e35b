package record

import (
	"context"
	"errors"
	"iter"
	"strconv"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers"
)

// Model returns a model that records what m is asked and answers, or plays it
// back, as [Options.Mode] says. It streams and counts if m does. Where nothing is
// sent m may be nil; the model then streams, and counts if the file holds a count.
// A call may be recorded whole and played as a stream, and the other way round.
//
// A call that its caller cancelled is recorded too, but not by [ReplayOrRecord]:
// played back it gives what came until then, and waits for its own context to
// end. What the recording can't answer is a [*providers.Error] of the provider
// "record" with [providers.CodeInvalid], which wraps an [*UnknownError].
func (r *Recording) Model(m providers.Model) providers.Model {
	base := &model{r, m}
	_, streams := m.(providers.Streamer)
	_, counts := m.(providers.TokenCounter)
	if m == nil {
		streams, counts = true, r.holds(kindCount)
	}
	switch {
	case streams && counts:
		return &streamingCounter{streamer{base}}
	case streams:
		return &streamer{base}
	case counts:
		return &counter{base}
	}
	return base
}

func (r *Recording) holds(kind string) bool {
	for _, x := range r.known { // which never changes
		if x.key.kind == kind {
			return true
		}
	}
	return false
}

// Prompts returns the prompts of the model calls that the file held when it was
// opened, in their order. What they hold must not be modified.
func (r *Recording) Prompts() []*quire.Prompt {
	var out []*quire.Prompt
	for _, x := range r.known {
		if x.key.kind == kindPrompt {
			p := *x.prompt
			out = append(out, &p)
		}
	}
	return out
}

type (
	model struct {
		r    *Recording
		next providers.Model
	}
	streamer         struct{ *model }
	counter          struct{ *model }
	streamingCounter struct{ streamer }
)

var (
	_ providers.Streamer     = (*streamingCounter)(nil)
	_ providers.TokenCounter = (*streamingCounter)(nil)
	_ providers.TokenCounter = (*counter)(nil)
)

var errNoModel = errors.New("there is no model to ask: give one to Recording.Model")

// fail makes the error of a model from one of the recording.
func fail(code providers.Code, err error) error {
	return &providers.Error{Provider: "record", Code: code, Err: err}
}

// failed makes the error of a model from what [Recording.find] says.
func failed(err error) error {
	var unknown *UnknownError
	if errors.As(err, &unknown) {
		return fail(providers.CodeInvalid, err)
	}
	return fail(providers.CodeOther, err)
}

// find looks for the answer to a prompt. Neither an answer nor an error means that
// the model is to be asked.
func (m *model) find(ctx context.Context, kind string, p *quire.Prompt) (*exchange, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	doc, err := promptDoc(p)
	if err == nil {
		doc, err = m.r.redactJSON(doc)
	}
	if err != nil {
		return nil, fail(providers.CodeInvalid, err)
	}
	x, err := m.r.find(newKey(kind, "", doc), promptName(p), doc)
	switch {
	case err != nil:
		return nil, failed(err)
	case x == nil && m.next == nil:
		return nil, fail(providers.CodeInvalid, errNoModel)
	}
	return x, nil
}

// begin makes the lines of the request.
func (m *model) begin(kind string, p *quire.Prompt) *lines {
	l := &lines{r: m.r}
	l.prompt(kind, p)
	return l
}

// Generate implements [providers.Model].
func (m *model) Generate(ctx context.Context, p *quire.Prompt) (*quire.Reply, error) {
	x, err := m.find(ctx, kindPrompt, p)
	if err != nil {
		return nil, err
	}
	if x != nil {
		return x.reply(ctx)
	}
	l := m.begin(kindPrompt, p)
	reply, err := m.next.Generate(ctx, p)
	switch {
	case err != nil:
		m.failed(ctx, l, err)
	case reply == nil: // a model that breaks its contract
		l.end(endWhole)
		l.keep()
	default:
		b, err := appendReply(nil, reply)
		l.clean("reply", b, err)
		l.keep()
	}
	return reply, err
}

// failed keeps a call that failed, or was cancelled.
func (m *model) failed(ctx context.Context, l *lines, err error) {
	if ctx.Err() == nil || !errors.Is(err, ctx.Err()) {
		l.clean("error", m.r.appendError(nil, err), nil)
		l.keep()
		return
	}
	if m.r.opts.Mode != ReplayOrRecord {
		l.end(endCancelled)
		l.keep()
	}
}

// Stream implements [providers.Streamer].
func (m *streamer) Stream(ctx context.Context, p *quire.Prompt) iter.Seq2[quire.Delta, error] {
	return func(yield func(quire.Delta, error) bool) {
		x, err := m.find(ctx, kindPrompt, p)
		switch {
		case err != nil:
			yield(quire.Delta{}, err)
		case x != nil:
			x.stream(ctx, yield)
		default:
			m.record(ctx, p, yield)
		}
	}
}

// record streams from the model and keeps what came.
func (m *streamer) record(ctx context.Context, p *quire.Prompt, yield func(quire.Delta, error) bool) {
	l := m.begin(kindPrompt, p)
	var came []quire.Delta
	var failure error
	how := endWhole
	for d, err := range providers.Stream(ctx, m.next, p) {
		if err != nil {
			failure = err
		} else {
			came = append(came, copyDelta(d))
		}
		if !yield(d, err) {
			how = endLeft
			break
		}
	}
	if how == endLeft && len(came) > 0 && came[len(came)-1].Reply != nil {
		how = endWhole // nothing could follow
	}
	for _, d := range m.r.redactDeltas(came) {
		b, err := m.r.appendDelta(nil, &d)
		l.put("delta", b, err)
	}
	if failure != nil {
		m.failed(ctx, l, failure)
		return
	}
	l.end(how)
	l.keep()
}

// copyDelta copies what the reader of a stream may change.
func copyDelta(d quire.Delta) quire.Delta {
	if d.ToolCall != nil {
		c := *d.ToolCall
		d.ToolCall = &c
	}
	if d.Reply != nil {
		r := *d.Reply
		r.Parts = append([]quire.Part(nil), r.Parts...)
		r.Marks = append([]quire.CacheMark(nil), r.Marks...)
		d.Reply = &r
	}
	return d
}

// CountTokens implements [providers.TokenCounter].
func (m *counter) CountTokens(ctx context.Context, p *quire.Prompt) (int, error) {
	return m.count(ctx, p)
}

// CountTokens implements [providers.TokenCounter].
func (m *streamingCounter) CountTokens(ctx context.Context, p *quire.Prompt) (int, error) {
	return m.count(ctx, p)
}

func (m *model) count(ctx context.Context, p *quire.Prompt) (int, error) {
	x, err := m.find(ctx, kindCount, p)
	if err != nil {
		return 0, err
	}
	if x != nil {
		return x.count(ctx)
	}
	l := m.begin(kindCount, p)
	n, err := m.next.(providers.TokenCounter).CountTokens(ctx, p)
	if err != nil {
		m.failed(ctx, l, err)
		return n, err
	}
	l.put("tokens", strconv.AppendInt(nil, int64(n), 10), nil)
	l.keep()
	return n, nil
}
