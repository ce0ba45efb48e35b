package mcp

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/quire-dev/quire/internal/jsontext"
)

// form is what a server wants to know, as a question of quire's.
type form struct {
	message string
	url     string // that the owner is to open; "": he is to fill something in
	fields  []field
	check   *jsonschema.Resolved // nil: nothing is to be filled in
	options []string             // what can be answered; nil: words
}

// field is one thing to fill in.
type field struct {
	name     string
	schema   *jsonschema.Schema
	required bool
}

// maxMessage is how much of what a server says a question shows, in bytes.
const maxMessage = 8 << 10

func formOf(p *sdk.ElicitParams) (*form, error) {
	f := &form{message: jsontext.Clean(p.Message), url: p.URL}
	if len(f.message) > maxMessage {
		f.message = strings.ToValidUTF8(f.message[:maxMessage], "") + "…"
	}
	if f.url == "" && p.RequestedSchema != nil {
		if err := f.fill(p.RequestedSchema); err != nil {
			return nil, err
		}
	}
	switch only := f.only(); {
	case len(f.fields) == 0:
		f.options = []string{actionAccept, actionDecline}
	case only != nil && only.Type == "boolean":
		f.options = []string{"true", "false", actionDecline}
	case only != nil && len(choices(only)) > 0:
		f.options = append(choices(only), actionDecline)
	}
	return f, nil
}

// fill reads the schema. The SDK has held it to what the protocol lets a server ask.
func (f *form) fill(requested any) error {
	b, err := json.Marshal(requested)
	if err != nil {
		return err
	}
	var schema *jsonschema.Schema
	if err := json.Unmarshal(b, &schema); err != nil || schema == nil {
		return fmt.Errorf("the requested schema can't be read: %w", err)
	}
	if f.check, err = schema.Resolve(nil); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(schema.Properties)) {
		f.fields = append(f.fields, field{name, schema.Properties[name], slices.Contains(schema.Required, name)})
	}
	return nil
}

// only is the schema of the one field; nil when there are none, or more.
func (f *form) only() *jsonschema.Schema {
	if len(f.fields) != 1 {
		return nil
	}
	return f.fields[0].schema
}

// choices are the values that a string may have; nil: any.
func choices(s *jsonschema.Schema) []string {
	var out []string
	for _, v := range s.Enum {
		if s, ok := v.(string); ok {
			out = append(out, s)
		}
	}
	for _, one := range s.OneOf {
		if one != nil && one.Const != nil {
			if s, ok := (*one.Const).(string); ok {
				out = append(out, s)
			}
		}
	}
	if slices.ContainsFunc(out, func(s string) bool { return s == "" || s == actionDecline || s == actionCancel }) {
		return nil // the owner could not decline: he answers in words
	}
	return out
}

// text is the question's. What the server says stands behind marks, line by line, so that
// it can't pass for words of the agent's or of ours.
func (f *form) text(server, tool, why string) string {
	var b strings.Builder
	if why != "" {
		fmt.Fprintf(&b, "Your answer did not fit: %s\n\n", oneLine(why, 2*maxLine))
	}
	fmt.Fprintf(&b, "The MCP server %q asks while it works on a call of %s. ", server, tool)
	b.WriteString("What you answer goes to that server: give it no password and no key. It says:\n\n")
	for line := range strings.Lines(f.message) {
		b.WriteString("> " + printable(strings.TrimRight(line, "\r\n")) + "\n")
	}
	switch {
	case f.url != "":
		fmt.Fprintf(&b, "\nIt wants you to open this address: %s\nAnswer accept when you are willing to, or decline.\n", oneLine(f.url, 4*maxLine))
	case f.options != nil && len(f.fields) == 1:
		fmt.Fprintf(&b, "\nIt wants to know %s\n", f.fields[0].line())
	case len(f.fields) == 1:
		fmt.Fprintf(&b, "\nIt wants to know %s\nAnswer with the value, or decline.\n", f.fields[0].line())
	case len(f.fields) > 1:
		b.WriteString("\nAnswer with a line for each of these, as in \"name: value\"; accept alone takes what is the default; or decline.\n")
		for _, x := range f.fields {
			b.WriteString("- " + x.line() + "\n")
		}
	}
	return b.String()
}

// line says what a field is.
func (x *field) line() string {
	s := oneLine(x.name, 200) + " (" + x.schema.Type
	if c := choices(x.schema); len(c) > 0 {
		s += ": " + oneLine(strings.Join(c, " | "), maxLine)
	}
	if x.schema.Items != nil {
		s += " of " + oneLine(strings.Join(itemChoices(x.schema.Items), " | "), maxLine) + ", with commas"
	}
	if len(x.schema.Default) > 0 {
		s += "; default " + oneLine(string(x.schema.Default), 200)
	}
	if x.required {
		s += "; required"
	}
	s += ")"
	if about := oneLine(x.schema.Title+" "+x.schema.Description, maxLine); about != "" {
		s += ": " + about
	}
	return s
}

func itemChoices(s *jsonschema.Schema) []string {
	c := choices(s)
	for _, one := range s.AnyOf {
		c = append(c, choices(&jsonschema.Schema{OneOf: []*jsonschema.Schema{one}})...)
	}
	return c
}

// read makes a result of what the owner wrote. An error says what does not fit.
func (f *form) read(answer string) (*sdk.ElicitResult, error) {
	answer = strings.TrimSpace(answer)
	switch strings.ToLower(strings.Trim(answer, ".! ")) {
	case actionDecline:
		return &sdk.ElicitResult{Action: actionDecline}, nil
	case actionCancel:
		return &sdk.ElicitResult{Action: actionCancel}, nil
	case actionAccept:
		if len(f.fields) != 1 || len(f.fields[0].schema.Default) > 0 || !f.fields[0].required {
			return f.accepted(map[string]any{})
		}
	}
	if len(f.fields) == 0 {
		return nil, errors.New("answer accept or decline")
	}
	content, err := f.values(answer)
	if err != nil {
		return nil, err
	}
	return f.accepted(content)
}

// accepted checks what is given to the server.
func (f *form) accepted(content map[string]any) (*sdk.ElicitResult, error) {
	if f.url != "" {
		return &sdk.ElicitResult{Action: actionAccept}, nil // it takes no content
	}
	if f.check != nil {
		filled := maps.Clone(content)
		if err := f.check.ApplyDefaults(&filled); err != nil {
			return nil, err
		}
		if err := f.check.Validate(filled); err != nil {
			return nil, err
		}
		content = filled
	}
	return &sdk.ElicitResult{Action: actionAccept, Content: content}, nil
}

// values reads a JSON object, lines "name: value", or, of one field, the value alone.
func (f *form) values(answer string) (map[string]any, error) {
	var content map[string]any
	if strings.HasPrefix(answer, "{") {
		if err := json.Unmarshal([]byte(answer), &content); err != nil {
			return nil, fmt.Errorf("it is no JSON: %w", err)
		}
		return content, nil
	}
	content = map[string]any{}
	if len(f.fields) == 1 {
		x := &f.fields[0]
		if rest, ok := strings.CutPrefix(answer, x.name+":"); ok {
			answer = strings.TrimSpace(rest)
		}
		v, err := x.value(answer)
		content[x.name] = v
		return content, err
	}
	for line := range strings.Lines(answer) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		name, value, ok := strings.Cut(strings.TrimPrefix(line, "- "), ":")
		i := slices.IndexFunc(f.fields, func(x field) bool { return x.name == strings.TrimSpace(name) })
		if !ok || i < 0 {
			return nil, fmt.Errorf("%q is no line of the kind \"name: value\", with one of the names", line)
		}
		v, err := f.fields[i].value(strings.TrimSpace(value))
		if err != nil {
			return nil, err
		}
		content[f.fields[i].name] = v
	}
	return content, nil
}

// value reads what a person wrote as what the field wants.
func (x *field) value(s string) (any, error) {
	switch x.schema.Type {
	case "number", "integer":
		if f, err := strconv.ParseFloat(s, 64); err == nil && !math.IsNaN(f) && !math.IsInf(f, 0) {
			return f, nil
		}
		return nil, fmt.Errorf("%s wants a number, not %q", x.name, s)
	case "boolean":
		switch strings.ToLower(s) {
		case "true", "yes":
			return true, nil
		case "false", "no":
			return false, nil
		}
		return nil, fmt.Errorf("%s wants true or false, not %q", x.name, s)
	case "array":
		list := []any{}
		for _, one := range strings.Split(s, ",") {
			if one = strings.TrimSpace(one); one != "" {
				list = append(list, one)
			}
		}
		return list, nil
	}
	return s, nil
}
