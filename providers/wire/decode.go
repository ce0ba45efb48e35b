package wire

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/jsontext"
	"github.com/quire-dev/quire/models"
)

// Decode reads the body of a whole reply. Parts come in the order in which the
// provider sent them; the arguments of calls, signatures and encrypted content
// are the bytes that it sent, so that encoding them again changes nothing. What
// it does not know becomes a [quire.Opaque], which Encode gives back to the same
// API. Usage is brought to one form: Input counts cached and written tokens.
//
// A body that can't be read, or that reports a failure, gives an [*Error].
// Calls without an id (Gemini, Ollama) get one made from the reply.
func Decode(api quire.API, body []byte) (*quire.Reply, error) { return DecodeFor(api, nil, body) }

// DecodeFor is Decode for a reply whose request is at hand: calls without an id
// get one made from the request. So the same request gives the same ids, streamed
// or not, and no two of a conversation, which only grows, give the same, even if
// a server answers them with the same bytes. Reasoning says the name that was asked, where
// the model answered by another one.
func DecodeFor(api quire.API, request, body []byte) (*quire.Reply, error) {
	decoders := map[quire.API]func([]byte) (*quire.Reply, error){
		quire.APIAnthropic:       decodeAnthropic,
		quire.APIOpenAIChat:      decodeChat,
		quire.APIStrict:          decodeChat,
		quire.APIOpenAIResponses: decodeResponses,
		quire.APIGemini:          decodeGemini,
		quire.APIOllama:          decodeOllama,
	}
	decode, ok := decoders[api]
	if !ok {
		return nil, &Error{API: api, What: "no such format"}
	}
	body = []byte(jsontext.Clean(string(body)))
	if !isObject(body) {
		return nil, &Error{API: api, What: fmt.Sprintf("the reply is no JSON object: %.80q", body)}
	}
	r, err := decode(body)
	if err != nil {
		return nil, &Error{API: api, What: "the reply can't be read", Err: err}
	}
	r.Usage = sane(r.Usage)
	nameCalls(r, request, body)
	nameAsked(r, request)
	return r, nil
}

// nameAsked notes with reasoning by which name its model was asked, where that is another
// one than it answered by. Where a server does not say who answered, it was who was asked.
func nameAsked(r *quire.Reply, request []byte) {
	asked := ""
	for i, p := range r.Parts {
		p, ok := p.(quire.Reasoning)
		if !ok {
			continue
		}
		if asked == "" {
			var in struct {
				Model string `json:"model"`
			}
			if json.Unmarshal(request, &in) != nil || in.Model == "" {
				return // Gemini's requests don't say
			}
			asked = in.Model
		}
		switch {
		case p.Model == "":
			p.Model = asked
		case !models.Same(p.Model, asked):
			p.Asked = asked
		}
		r.Parts[i] = p
	}
}

// maxTokens is more than any call has; sums of it don't overflow.
const maxTokens = 1 << 40

// sane keeps numbers that can't be from whoever adds them up: a part is never more
// than the whole, and nothing is less than 0.
func sane(u quire.Usage) quire.Usage {
	u.Input, u.Output = min(max(0, u.Input), maxTokens), min(max(0, u.Output), maxTokens)
	u.CachedInput = min(max(0, u.CachedInput), u.Input)
	u.CacheWrite = min(max(0, u.CacheWrite), u.Input-u.CachedInput)
	u.CacheWriteLong = min(max(0, u.CacheWriteLong), u.CacheWrite)
	u.Reasoning = min(max(0, u.Reasoning), u.Output)
	return u
}

// nameCalls gives ids to the calls that have none: made from the request, else
// from the reply, and the same whenever that is decoded.
func nameCalls(r *quire.Reply, request, body []byte) {
	from := ""
	for i, p := range r.Parts {
		c, ok := p.(quire.ToolCall)
		if !ok || c.ID != "" {
			continue
		}
		if from == "" {
			if len(request) > 0 {
				// All that differs between asking for a stream and for a whole reply.
				body = bytes.Replace(request, []byte(`"stream":true`), []byte(`"stream":false`), 1)
			}
			sum := sha256.Sum256(body)
			from = hex.EncodeToString(sum[:8])
		}
		c.ID = fmt.Sprintf("%s%s_%d", madeID, from, i)
		r.Parts[i] = c
	}
}

// text appends a text part, unless it is empty.
func text(parts []quire.Part, s string) []quire.Part {
	if s == "" {
		return parts
	}
	return append(parts, quire.Text{Text: s})
}

// stopFor returns tools where a reply holds calls: some servers say "stop".
func stopFor(reason quire.StopReason, parts []quire.Part) quire.StopReason {
	if reason != quire.StopEnd {
		return reason
	}
	for _, p := range parts {
		if _, ok := p.(quire.ToolCall); ok {
			return quire.StopTools
		}
	}
	return reason
}

// argsOf returns arguments that came as JSON or as a string that holds JSON.
func argsOf(raw json.RawMessage) string {
	var s string
	if len(raw) > 0 && raw[0] == '"' && json.Unmarshal(raw, &s) == nil {
		return s
	}
	return string(raw)
}
