package wire

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/quire-dev/quire"
)

// Decode reads the body of a whole reply. Parts come in the order in which the
// provider sent them; the arguments of calls, signatures and encrypted content
// are the bytes that it sent, so that encoding them again changes nothing. What
// it does not know becomes a [quire.Opaque], which Encode gives back to the same
// API. Usage is brought to one form: Input counts cached and written tokens.
//
// A body that can't be read, or that reports a failure, gives an [*Error].
// Calls without an id (Gemini) get one made from the reply.
func Decode(api quire.API, body []byte) (*quire.Reply, error) {
	decoders := map[quire.API]func([]byte) (*quire.Reply, error){
		quire.APIAnthropic:       decodeAnthropic,
		quire.APIOpenAIChat:      decodeChat,
		quire.APIStrict:          decodeChat,
		quire.APIOpenAIResponses: decodeResponses,
		quire.APIGemini:          decodeGemini,
	}
	decode, ok := decoders[api]
	if !ok {
		return nil, &Error{API: api, What: "no such format"}
	}
	body = []byte(quire.Clean(string(body)))
	if !isObject(body) {
		return nil, &Error{API: api, What: fmt.Sprintf("the reply is no JSON object: %.80q", body)}
	}
	r, err := decode(body)
	if err != nil {
		return nil, &Error{API: api, What: "the reply can't be read", Err: err}
	}
	for i, p := range r.Parts {
		if c, ok := p.(quire.ToolCall); ok && c.ID == "" {
			c.ID = makeID(body, i)
			r.Parts[i] = c
		}
	}
	return r, nil
}

// makeID makes an id for the call at index i of a reply, the same whenever that
// reply is decoded.
func makeID(body []byte, i int) string {
	sum := sha256.Sum256(body)
	return fmt.Sprintf("%s%s_%d", madeID, hex.EncodeToString(sum[:8]), i)
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
