package wire

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/jsontext"
)

// bodyReader takes one JSON object of a request apart: what nobody took is left, and is
// kept or refused by whoever reads the object, never dropped.
type bodyReader struct {
	api  quire.API
	path string // "messages[3].content[1]"; "" for the body itself
	m    members
	err  error // the first
}

// readBody begins to read an object.
func readBody(api quire.API, path string, raw []byte) *bodyReader {
	r := &bodyReader{api: api, path: path}
	m, err := membersOf(raw)
	if err != nil {
		r.fail("", "it is no JSON object that can be read: %v", err)
		return r
	}
	names := make(map[string]bool, len(m))
	for _, x := range m {
		if names[x.name] {
			r.fail(x.name, "it stands there twice")
			return r
		}
		names[x.name] = true
	}
	r.m = m
	return r
}

// fail keeps the first error: what can't be carried, and where it is.
func (r *bodyReader) fail(name, format string, args ...any) {
	if r.err != nil {
		return
	}
	where := strings.Trim(r.path+"."+name, ".")
	if where == "" {
		where = "the request"
	}
	r.err = &Error{API: r.api, What: where + ": " + fmt.Sprintf(format, args...)}
}

// join keeps the error of what stands inside.
func (r *bodyReader) join(err error) {
	if r.err == nil && err != nil {
		r.err = err
	}
}

// take removes a member and returns its value; nil where it is not there, or null.
func (r *bodyReader) take(name string) json.RawMessage {
	for i, x := range r.m {
		if x.name == name {
			r.m = append(r.m[:i:i], r.m[i+1:]...)
			if string(x.raw) == "null" {
				return nil
			}
			return x.raw
		}
	}
	return nil
}

// into takes a member and decodes it; a value of another kind is an error.
func (r *bodyReader) into(name string, v any) bool {
	raw := r.take(name)
	if raw == nil {
		return false
	}
	if err := json.Unmarshal(raw, v); err != nil {
		r.fail(name, "%v", err)
		return false
	}
	return true
}

func (r *bodyReader) str(name string) string {
	raw := r.take(name)
	if raw == nil {
		return ""
	}
	s, ok := stringOf(raw)
	if !ok {
		r.fail(name, "%v", json.Unmarshal(raw, &s))
	}
	return s
}

// list takes a member that holds a list.
func (r *bodyReader) list(name string) []json.RawMessage {
	raw := r.take(name)
	if raw == nil {
		return nil
	}
	all, err := listOf(raw)
	if err != nil {
		r.fail(name, "%v", err)
	}
	return all
}

// stringOf reads a string of a body, which is known to be JSON and UTF-8: most have nothing in
// them that stands for something else.
func stringOf(raw []byte) (s string, ok bool) {
	switch {
	case len(raw) < 2 || raw[0] != '"':
		return "", false
	case bytes.IndexByte(raw, '\\') < 0:
		return string(raw[1 : len(raw)-1]), true
	}
	return s, json.Unmarshal(raw, &s) == nil
}

// listOf takes a list of a body apart. What is no list is an error in the words of
// encoding/json.
func listOf(raw []byte) (all []json.RawMessage, err error) {
	s := &jsontext.Scanner{Text: raw, MaxDepth: maxSchemaDepth}
	if s.Array(func() error {
		v, err := s.Value()
		all = append(all, v)
		return err
	}) == nil && s.End() == nil {
		return all, nil
	}
	all = nil
	return all, json.Unmarshal(raw, &all)
}

// at is the path of an element of a list.
func (r *bodyReader) at(name string, i int) string {
	return strings.TrimPrefix(fmt.Sprintf("%s.%s[%d]", r.path, name, i), ".")
}

// left returns what nobody took. Null says nothing, as an empty list of what was cited
// does not.
func (r *bodyReader) left() members {
	var out members
	for _, x := range r.m {
		switch {
		case string(x.raw) == "null":
		case string(x.raw) == "[]" && (x.name == "citations" || x.name == "annotations" || x.name == "logprobs"):
		default:
			out = append(out, x)
		}
	}
	return out
}

// nothingLeft refuses what there is no place for.
func (r *bodyReader) nothingLeft() {
	if left := r.left(); len(left) > 0 {
		r.fail(left[0].name, "there is no place for it in a prompt")
	}
}

// keep appends a part, and behind it what nobody took of its object.
func (r *bodyReader) keep(parts []quire.Part, part quire.Part) []quire.Part {
	parts = append(parts, part)
	if left := r.left(); len(left) > 0 {
		parts = append(parts, beside(r.api, left))
	}
	return parts
}

// name takes the name of a tool, which every encoder writes as it is.
func (r *bodyReader) name(member string) string {
	name := r.str(member)
	if safeName(name) != name {
		r.fail(member, "the name %q of a tool: use at most 64 letters, digits, _ and -", name)
	}
	return name
}

// pictureOf returns a picture whose block would be made again as it is.
func pictureOf(api quire.API, mediaType, data string) (quire.Image, bool) {
	raw, err := base64.StdEncoding.DecodeString(data)
	if err != nil || base64.StdEncoding.EncodeToString(raw) != data {
		return quire.Image{}, false
	}
	img := quire.Image{MediaType: mediaType, Data: raw}
	pic := imageLimitsFor(api).look(img)
	if pic.why != "" || pic.MediaType != mediaType {
		return quire.Image{}, false
	}
	_, img.Width, img.Height = sniff(raw)
	return img, true
}

// pictureAt is pictureOf for one by its address, which may hold the picture itself.
func pictureAt(api quire.API, url string) (quire.Image, bool) {
	if data, ok := strings.CutPrefix(url, "data:"); ok {
		mediaType, data, ok := strings.Cut(data, ";base64,")
		if !ok {
			return quire.Image{}, false
		}
		return pictureOf(api, mediaType, data)
	}
	img := quire.Image{URL: url}
	return img, url != "" && imageLimitsFor(api).look(img).why == ""
}
