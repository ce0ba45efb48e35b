package exchange

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/jsontext"
	"github.com/quire-dev/quire/providers/wire"
)

// Decode reads what a vendor's client would send for params, its own type for the
// parameters of a call. model is who is asked, where params do not say it.
func Decode(api quire.API, model string, params any) (*wire.Request, error) {
	body, err := json.Marshal(params)
	if err != nil {
		return nil, &wire.Error{API: api, What: "the parameters can't be encoded", Err: err}
	}
	return wire.DecodeRequest(api, model, body)
}

// Recompose returns the body of the request for params with what p says in place of what
// they said, and its fields.
func Recompose(api quire.API, model string, params any, p *quire.Prompt) (body []byte, fields map[string]json.RawMessage, err error) {
	r, err := Decode(api, model, params)
	if err != nil {
		return nil, nil, err
	}
	if body, _, err = r.Encode(p, nil); err != nil {
		return nil, nil, err
	}
	err = json.Unmarshal(body, &fields)
	return body, fields, err
}

// Typed decodes raw as a vendor's type, and returns false where that would lose anything
// that stands there.
func Typed[T any](raw json.RawMessage) (v T, whole bool) {
	if json.Unmarshal(raw, &v) != nil {
		return v, false
	}
	again, err := json.Marshal(v)
	return v, err == nil && SameJSON(raw, again)
}

// TypedList is Typed for each element of a list; lossy makes one that keeps what its type
// has no field for.
func TypedList[T any](raw json.RawMessage, lossy func(json.RawMessage) T) ([]T, error) {
	if raw == nil {
		return nil, nil
	}
	var list []json.RawMessage
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, fmt.Errorf("not a list: %w", err)
	}
	out := make([]T, len(list))
	for i, raw := range list {
		v, whole := Typed[T](raw)
		if !whole {
			v = lossy(raw)
		}
		out[i] = v
	}
	return out, nil
}

// SameJSON says whether two texts are one JSON value; numbers are compared as they are written.
func SameJSON(a, b []byte) bool {
	x, err := canonical(a)
	if err != nil {
		return false
	}
	y, err := canonical(b)
	return err == nil && bytes.Equal(x, y)
}

func canonical(b []byte) ([]byte, error) {
	s := &jsontext.Scanner{Text: b, MaxDepth: 200}
	return s.AppendCanonical(nil)
}

// Reply reads a reply from a vendor's own type: its bytes as they came, or, where it was put
// together from a stream and has none, what the type says.
func Reply(api quire.API, raw string, v any) (*quire.Reply, error) {
	body := []byte(raw)
	if raw == "" {
		var err error
		if body, err = json.Marshal(v); err != nil {
			return nil, &wire.Error{API: api, What: "the reply can't be encoded", Err: err}
		}
	}
	return wire.Decode(api, body)
}
