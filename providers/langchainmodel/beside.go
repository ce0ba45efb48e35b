package langchainmodel

import (
	"encoding/json"

	"github.com/quire-dev/quire"
)

// What quire's parts have no field for stands in an Opaque of langchaingo's own: of
// members behind the part that they belong to, or before all parts of a message.
const (
	kindMembers = "langchaingo/members" // package wire leaves out what ends so
	kindBinary  = "langchaingo/binary"
)

// extra are members.
type extra struct {
	Role   string `json:"role,omitempty"`
	Name   string `json:"name,omitempty"`
	Detail string `json:"detail,omitempty"`
	Type   string `json:"type,omitempty"`
	Typed  bool   `json:"typed,omitempty"` // the type is not the usual one
}

type binary struct {
	MIMEType string `json:"mimeType"`
	Data     []byte `json:"data"`
}

func beside(e extra) quire.Opaque { return opaque(kindMembers, e) }

func opaque(kind string, block any) quire.Opaque {
	raw, err := json.Marshal(struct {
		Kind  string `json:"kind"`
		Block any    `json:"block"`
	}{kind, block})
	if err != nil {
		panic(err) // texts and bytes can be encoded
	}
	return quire.Opaque{Kind: kind, Raw: raw}
}

// extraOf returns the members that part holds; ok says that it holds some.
func extraOf(parts []quire.Part, i int) (e extra, ok bool) {
	if i >= len(parts) {
		return e, false
	}
	o, ok := parts[i].(quire.Opaque)
	if !ok || o.Kind != kindMembers {
		return e, false
	}
	return e, blockOf(o, &e)
}

func blockOf(o quire.Opaque, v any) bool {
	var in struct {
		Block json.RawMessage `json:"block"`
	}
	return json.Unmarshal(o.Raw, &in) == nil && json.Unmarshal(in.Block, v) == nil
}
