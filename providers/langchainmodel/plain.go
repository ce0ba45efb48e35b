package langchainmodel

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"

	"github.com/tmc/langchaingo/llms"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/wire"
)

// mapped is a prompt in langchaingo's types.
type mapped struct {
	messages []llms.MessageContent
	options  []llms.CallOption
	tools    bool
	marks    []quire.CacheMark // that reach the wire
}

func (q *mapped) add(role llms.ChatMessageType, parts ...llms.ContentPart) {
	q.messages = append(q.messages, llms.MessageContent{Role: role, Parts: parts})
}

// plainMap turns p into langchaingo's types by way of wire's request, so that
// rules, notes, fillers and the notice are the same on both ways. What
// langchaingo would garble is refused.
func (m *Model) plainMap(p *quire.Prompt) (*mapped, error) {
	body, err := wire.Encode(m.opts.API, p, nil)
	if err != nil {
		return nil, invalid(m.opts.Provider, err)
	}
	if m.opts.API == quire.APIAnthropic {
		return m.mapAnthropic(p, body)
	}
	return m.mapChat(p, body)
}

// plain calls langchaingo with its own types. deliver, when not nil, gets text
// while it comes in; it returns an error to stop.
func (m *Model) plain(ctx context.Context, p *quire.Prompt, deliver func(context.Context, []byte) error) (*quire.Reply, error) {
	q, err := m.plainMap(p)
	if err != nil {
		return nil, err
	}
	options := append(q.options, llms.WithModel(p.Model))
	if deliver != nil && !q.tools {
		options = append(options, llms.WithStreamingFunc(deliver))
	}
	res, err := m.llm.GenerateContent(ctx, q.messages, options...)
	if err != nil {
		return nil, m.plainError(ctx, err)
	}
	r, err := m.plainReply(p, res)
	if err != nil {
		return nil, err
	}
	r.Marks = q.marks
	return r, nil
}

// streamPlain yields the deltas of a plain call. langchaingo calls back from
// goroutines of its own, so the call runs in one that this function waits for.
func (m *Model) streamPlain(ctx context.Context, p *quire.Prompt, yield func(quire.Delta, error) bool) {
	ctx, cancel := context.WithCancel(ctx)
	texts := make(chan string)
	var reply *quire.Reply
	var err error
	go func() {
		defer close(texts)
		reply, err = m.plain(ctx, p, func(ctx context.Context, b []byte) error {
			if len(b) == 0 {
				return nil
			}
			select {
			case texts <- string(b):
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	}()
	defer func() { // also when the loop breaks or panics: nothing is left running
		cancel()
		for range texts {
		}
	}()
	shown := false
	for t := range texts {
		shown = true
		if !yield(quire.Delta{Text: t}, nil) {
			return
		}
	}
	if err != nil {
		yield(quire.Delta{}, err)
		return
	}
	if d := unshown(reply, shown); d != (quire.Delta{}) && !yield(d, nil) {
		return
	}
	if deliverCalls(reply, func(d quire.Delta) bool { return yield(d, nil) }) {
		yield(quire.Delta{Reply: reply}, nil)
	}
}

// unshown is what of a reply was not streamed: thinking never is, and text not
// when there are tools.
func unshown(r *quire.Reply, text bool) (d quire.Delta) {
	for _, part := range r.Parts {
		switch part := part.(type) {
		case quire.Text:
			if !text {
				d.Text += part.Text
			}
		case quire.Reasoning:
			d.Reasoning += part.Text
		}
	}
	return d
}

var statusIn = regexp.MustCompile(`unexpected status code: (\d{3})(?:: (.*))?`)

// plainError types an error of langchaingo's: from its own codes, from the
// status that its texts name, or from their words.
func (m *Model) plainError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	e := &providers.Error{Provider: m.opts.Provider, Err: err}
	var lc *llms.Error
	found := statusIn.FindStringSubmatch(err.Error())
	switch {
	case found != nil:
		e.Status, _ = strconv.Atoi(found[1]) // three digits
		e.Code = wire.DecodeFailure(m.opts.API, e.Status, "", []byte(found[2])).Code
	case errors.As(err, &lc) && plainCodes[lc.Code] != "":
		e.Code = plainCodes[lc.Code]
	case isDecodeError(err), errors.Is(err, io.ErrUnexpectedEOF), strings.Contains(err.Error(), "no response"), strings.Contains(err.Error(), "empty response"),
		strings.Contains(err.Error(), "token too long"), strings.Contains(err.Error(), "unknown content"):
		e.Code = providers.CodeBadReply
	default:
		e.Code = wire.DecodeFailure(m.opts.API, 0, "", []byte(err.Error())).Code
	}
	return e
}

var plainCodes = map[llms.ErrorCode]providers.Code{
	llms.ErrCodeAuthentication:      providers.CodeAuth,
	llms.ErrCodeRateLimit:           providers.CodeRateLimited,
	llms.ErrCodeInvalidRequest:      providers.CodeInvalid,
	llms.ErrCodeResourceNotFound:    providers.CodeInvalid,
	llms.ErrCodeNotImplemented:      providers.CodeInvalid,
	llms.ErrCodeTimeout:             providers.CodeUnavailable,
	llms.ErrCodeQuotaExceeded:       providers.CodeOther,
	llms.ErrCodeContentFilter:       providers.CodeRefused,
	llms.ErrCodeTokenLimit:          providers.CodeTooLong,
	llms.ErrCodeProviderUnavailable: providers.CodeUnavailable,
}

func isDecodeError(err error) bool {
	var syntax *json.SyntaxError
	var typ *json.UnmarshalTypeError
	return errors.As(err, &syntax) || errors.As(err, &typ)
}
