package replies

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/wire"
)

// verdict is what became of one recording.
type verdict struct {
	vendor string
	api    quire.API // "" of a refusal
	stream bool
	// outcome is "same", "differs" or "fails"; of what is not compared it is "".
	outcome string
	field   string // that differs
	ours    string
	theirs  string // of the decoder in this package
}

const (
	same    = "same"
	differs = "differs"
	fails   = "fails"
)

// judge decodes a recording twice. ok is false for what is no answer of a model.
func judge(r *recording) (v verdict, ok bool) {
	v.vendor = vendorOf(r)
	if r.status >= 400 {
		return judgeRefusal(r, v)
	}
	s := shapeOf(r.body)
	if s.api == "" {
		return v, false
	}
	v.api, v.stream = s.api, s.sse != nil
	read := readers()[s.api]
	var reply *quire.Reply
	var err error
	var plain said
	if v.stream {
		reply, err = streamed(s.api, s.sse)
		plain = read.whole(read.joined(s.events))
	} else {
		reply, err = wire.Decode(s.api, r.body)
		plain = read.whole(s.body)
	}
	var reported *wire.ReportedError
	switch {
	case errors.As(err, &reported) && bytes.Contains(r.body, []byte(`"error"`)):
		v.outcome = same // the server gave up in the middle
		return v, true
	case errors.Is(err, errDeltas):
		v.outcome, v.field, v.ours, v.theirs = differs, "deltas", err.Error(), plain.text
		return v, true
	case err != nil:
		v.outcome, v.ours, v.theirs = fails, err.Error(), plain.text
		return v, true
	}
	v.outcome = same
	if v.field, v.ours, v.theirs = ofReply(reply).difference(plain); v.field != "" {
		v.outcome = differs
	}
	return v, true
}

var errDeltas = errors.New("the deltas do not add up to the reply")

// streamed reads a stream, and holds its deltas to the reply at its end.
func streamed(api quire.API, body []byte) (*quire.Reply, error) {
	var text string
	for d, err := range wire.DecodeStream(api, bytes.NewReader(body)) {
		if err != nil {
			return nil, err
		}
		text += d.Text
		if d.Reply != nil {
			if whole := ofReply(d.Reply); text != whole.text {
				return nil, fmt.Errorf("%w: %.60q, %.60q", errDeltas, text, whole.text)
			}
			return d.Reply, nil
		}
	}
	return nil, errDeltas
}

// judgeRefusal compares the code of a failure with what its status lets it be.
func judgeRefusal(r *recording, v verdict) (verdict, bool) {
	may := map[int][]providers.Code{
		400: {providers.CodeInvalid, providers.CodeTooLong, providers.CodeRefused, providers.CodeAuth, providers.CodeOther},
		401: {providers.CodeAuth}, 402: {providers.CodeOther}, 403: {providers.CodeAuth, providers.CodeRefused, providers.CodeOther},
		404: {providers.CodeInvalid}, 413: {providers.CodeTooLong}, 422: {providers.CodeInvalid, providers.CodeTooLong},
		429: {providers.CodeRateLimited, providers.CodeOther, providers.CodeUnavailable},
		500: {providers.CodeUnavailable, providers.CodeInvalid}, 502: {providers.CodeUnavailable}, 503: {providers.CodeUnavailable}, 529: {providers.CodeUnavailable},
	}[r.status]
	if may == nil {
		return v, false
	}
	e := wire.DecodeFailure(quire.APIOpenAIChat, r.status, "", r.body)
	v.outcome, v.ours = differs, fmt.Sprintf("%s: %v", e.Code, e.Err)
	v.field, v.theirs = "code", fmt.Sprintf("HTTP %d", r.status)
	for _, code := range may {
		if e.Code == code {
			v.outcome, v.field = same, ""
		}
	}
	return v, true
}
