package record

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"

	"github.com/quire-dev/quire/internal/jsontext"
)

// bodyFields are the three forms in which bytes stand in a line: at most one is
// set, none for no bytes.
type bodyFields struct {
	JSON   json.RawMessage `json:"json"`
	Text   *string         `json:"text"`
	Base64 []byte          `json:"base64"`
}

func (f *bodyFields) bytes() []byte {
	switch {
	case f.JSON != nil:
		return f.JSON
	case f.Text != nil:
		return []byte(*f.Text)
	}
	return f.Base64
}

// maxBodyDepth is how deep a body that stands as JSON may be; a deeper one stands
// as text. It is far less than what encoding/json reads.
const maxBodyDepth = 1000

// appendBody adds the form that shows most of b.
func appendBody(o *jsontext.Object, b []byte) {
	switch {
	case len(b) == 0:
	case isJSONLine(b):
		o.Raw("json", b)
	case utf8.Valid(b):
		o.String("text", string(b))
	default:
		o.Bytes("base64", b)
	}
}

// isJSONLine says whether b is an object or array that can stand in a line and
// comes back byte for byte.
func isJSONLine(b []byte) bool {
	if b[0] != '{' && b[0] != '[' || bytes.ContainsAny(b, "\r\n") {
		return false
	}
	s := &jsontext.Scanner{Text: b, MaxDepth: maxBodyDepth}
	v, err := s.Value()
	return err == nil && len(v) == len(b)
}
