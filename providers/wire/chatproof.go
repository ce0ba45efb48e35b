package wire

import (
	"encoding/json"

	"github.com/quire-dev/quire"
)

// chatCallProof are the fields of a call in the chat format that have to go back with it:
// extra_content is Google's (ai.google.dev/gemini-api/docs/thought-signatures, of the
// format of OpenAI), provider_specific_fields LiteLLM's, thought_signature that of other
// gateways. Read 2026-11-29.
type chatCallProof struct {
	Extra     json.RawMessage `json:"extra_content"`
	Provider  json.RawMessage `json:"provider_specific_fields"`
	Signature string          `json:"thought_signature"`
}

// add takes a piece of a stream: what is said later counts.
func (p *chatCallProof) add(piece *chatCallProof) {
	if isSet(piece.Extra) {
		p.Extra = piece.Extra
	}
	if isSet(piece.Provider) {
		p.Provider = piece.Provider
	}
	p.Signature = firstOf(piece.Signature, p.Signature)
}

// write writes the fields as they would have come unstreamed.
func (p *chatCallProof) write(o *object) {
	if isSet(p.Extra) {
		o.raw("extra_content", p.Extra)
	}
	if isSet(p.Provider) {
		o.raw("provider_specific_fields", p.Provider)
	}
	o.opt("thought_signature", p.Signature)
}

// google is the one thing that Google keeps in extra_content.
type google struct {
	Google struct {
		Signature string `json:"thought_signature"`
	} `json:"google"`
}

// fields is the proof as it came, as a JSON object; nil when there is none.
func (p *chatCallProof) fields() json.RawMessage {
	o := new(object)
	p.write(o)
	if o.b == nil {
		return nil
	}
	return o.done()
}

// signature is Google's, wherever it stands: what its own format wants back.
func (p *chatCallProof) signature() string {
	var extra google
	var other struct {
		Signature string `json:"thought_signature"`
	}
	if json.Unmarshal(orEmpty(p.Extra), &extra) == nil && extra.Google.Signature != "" {
		return extra.Google.Signature
	}
	if json.Unmarshal(orEmpty(p.Provider), &other) == nil && other.Signature != "" {
		return other.Signature
	}
	return p.Signature
}

// keepProofs keeps the proofs of a message's calls with its reasoning, which goes back to
// the model that made it and to no other: a call does not say who made it.
func (t *chatThought) keepProofs(calls []json.RawMessage) {
	proofs, any := make([]json.RawMessage, len(calls)), false
	for i, raw := range calls {
		var p chatCallProof
		proofs[i] = json.RawMessage("{}")
		if json.Unmarshal(raw, &p) != nil {
			continue
		}
		if f := p.fields(); f != nil {
			proofs[i], any = f, true
		}
	}
	if any {
		t.set(keptCalls, listed(proofs))
	}
}

// keptCalls is where the proofs of calls are kept, one for each call.
const keptCalls = "tool_calls"

// extraContent is a proof that holds Google's field.
func extraContent(signature string) []byte {
	in := new(object).raw("google", new(object).str("thought_signature", signature).done()).done()
	return new(object).raw("extra_content", in).done()
}

// proofs returns what is to stand beside each call of a message: what came with it or,
// where the model wants calls signed, Google's signature, and on the first call a stand-in
// for it when another model made the call.
func (c chat) proofs(m quire.PromptMessage) [][]byte {
	if c.d.Echo == "" {
		return nil
	}
	calls := callsOf(m)
	kept := keptFields(m)
	var came []json.RawMessage
	_ = json.Unmarshal(orNull(kept.fields[keptCalls]), &came) // what can't be read is none
	out := make([][]byte, len(calls))
	for i, call := range calls {
		switch {
		case i < len(came) && isObject([]byte(came[i])) && string(came[i]) != "{}":
			out[i] = mended(came[i])
		case c.d.CallsSigned && call.Signature != "":
			out[i] = extraContent(call.Signature)
		case c.d.CallsSigned && i == 0:
			out[i] = extraContent(skipSignature)
		}
	}
	return out
}
