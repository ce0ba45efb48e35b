package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/jsontext"
)

// maxSchemaDepth is how deep a tool's schema may be nested.
const maxSchemaDepth = 100

// completed is a tool with its schema as it is sent, if it can be.
func completed(t quire.Tool) quire.Tool {
	if schema, err := completeSchema(t.Schema); err == nil {
		t.Schema = schema
	}
	return t
}

// completeSchema returns a tool's schema as every provider takes it: an object with
// properties, each list with items, and no choice between whole objects, which is
// widened to an object that has the properties of all of them. A schema that needs
// nothing of that is returned byte for byte. A tool without one takes no arguments.
// The error says what can't be completed.
func completeSchema(schema []byte) ([]byte, error) {
	if len(schema) == 0 {
		return []byte(`{"type":"object","properties":{}}`), nil
	}
	raw := mended(schema)
	top, err := membersOf(raw)
	if err != nil {
		return nil, err
	}
	before := string(top.raw())
	if err := top.asObject(); err != nil {
		return nil, err
	}
	props, err := top.properties()
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"anyOf", "oneOf", "allOf", "not", "enum"} {
		top = top.without(name)
	}
	if string(top.get("required")) == "null" {
		top = top.without("required")
	}
	top.set("properties", props)
	if string(top.raw()) == before {
		return raw, nil
	}
	return top.raw(), nil
}

// asObject makes "object" of the type.
func (m *members) asObject() error {
	switch typ := m.get("type"); {
	case typ == nil:
		*m = slices.Insert(*m, 0, member{"type", []byte(`"object"`)})
	case slices.Contains(typesIn(typ), "object"):
		m.set("type", []byte(`"object"`))
	default:
		return fmt.Errorf("its type is %.60s, and arguments are an object", typ)
	}
	return nil
}

// member is one member of a JSON object, and members all of one, in their order.
type member struct {
	name string
	raw  []byte
}

type members []member

func membersOf(raw []byte) (members, error) {
	var out members
	s := &jsontext.Scanner{Text: raw, MaxDepth: maxSchemaDepth}
	if err := s.Object(func(name string, _ []byte) error {
		raw, err := s.Value()
		out = append(out, member{name, raw})
		return err
	}); err != nil {
		return nil, err
	}
	return out, s.End()
}

func (m members) get(name string) []byte {
	for _, x := range m {
		if x.name == name {
			return x.raw
		}
	}
	return nil
}

func (m *members) set(name string, raw []byte) {
	for i, x := range *m {
		if x.name == name {
			(*m)[i].raw = raw
			return
		}
	}
	*m = append(*m, member{name, raw})
}

func (m members) without(name string) members {
	return slices.DeleteFunc(slices.Clone(m), func(x member) bool { return x.name == name })
}

func (m members) raw() []byte {
	o := new(object)
	for _, x := range m {
		o.raw(x.name, x.raw)
	}
	return o.done()
}

// properties returns the properties of the object, with items in each list, or those of
// all objects that it is a choice between.
func (m members) properties() ([]byte, error) {
	own := m.get("properties")
	if own == nil || string(own) == "null" {
		var err error
		if own, err = m.choices(); err != nil {
			return nil, err
		}
	}
	if !isObject(own) {
		return nil, fmt.Errorf("its properties are %.60s, and no object", own)
	}
	fixed, _ := withItems(own, true)
	return fixed, nil
}

// choices returns the properties of all objects that a schema is a choice between.
func (m members) choices() ([]byte, error) {
	var all members
	for _, name := range []string{"anyOf", "oneOf", "allOf"} {
		var branches []json.RawMessage
		if raw := m.get(name); raw != nil && json.Unmarshal(raw, &branches) != nil {
			return nil, fmt.Errorf("its %s is no list", name)
		}
		for _, b := range branches {
			branch, err := membersOf(b)
			if err != nil || branch.get("properties") == nil {
				return nil, fmt.Errorf("its %s is not between objects with properties: make one object of them", name)
			}
			props, err := membersOf(branch.get("properties"))
			if err != nil {
				return nil, err
			}
			for _, p := range props {
				if all.get(p.name) == nil {
					all = append(all, p)
				}
			}
		}
	}
	return all.raw(), nil
}

// withItems gives every list in a schema items, which OpenAI and Google want. named
// says that raw is an object of schemas by name, and no schema itself.
func withItems(raw []byte, named bool) (fixed []byte, changed bool) {
	m, err := membersOf(raw)
	if err != nil {
		return raw, false
	}
	for i, x := range m {
		switch {
		case named, x.name == "items", x.name == "additionalProperties":
			if f, ok := withItems(x.raw, false); ok {
				m[i].raw, changed = f, true
			}
		case x.name == "properties", x.name == "$defs", x.name == "definitions":
			if f, ok := withItems(x.raw, true); ok {
				m[i].raw, changed = f, true
			}
		}
	}
	if !named && slices.Contains(typesIn(m.get("type")), "array") && m.get("items") == nil && m.get("prefixItems") == nil {
		m.set("items", []byte("{}"))
		changed = true
	}
	if !changed {
		return raw, false
	}
	return m.raw(), true
}

// typesIn reads a type: one, or a list of them.
func typesIn(raw []byte) []string {
	if n := len(raw); n >= 2 && raw[0] == '"' && !bytes.ContainsAny(raw[1:n-1], `"\\`) {
		return []string{string(raw[1 : n-1])}
	}
	var one string
	if json.Unmarshal(raw, &one) == nil {
		return []string{one}
	}
	var list []string
	_ = json.Unmarshal(raw, &list) // any other is no type
	return list
}
