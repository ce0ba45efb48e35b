package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/quire-dev/quire"
)

// Func makes a tool of a Go function. Its arguments are the fields of Args, a struct, by
// their JSON names; a field tag jsonschema:"..." says what one means, and a field with
// omitempty may be left out. What the model writes is held to that before f runs: what
// does not fit is a result that says why, and f is not called.
//
// A string is shown to the model as it is, quire.Part and []quire.Part as what they are,
// nothing as "done", and all else as JSON. A tool that can't be made (an Args that is no
// struct, or has a channel in it) makes [New] fail. f finds the call, and with it the
// key by which a repeat is known, by [CallOf].
//
// Set Repeatable on the tool where a second run does no harm, as with all that only
// reads: without it a call that was cut off is not run again, and the model is told that
// its outcome is unknown.
func Func[Args, Result any](name, description string, f func(context.Context, Args) (Result, error)) Tool {
	t := Tool{Name: name, Description: description}
	schema, check, err := schemaOf[Args]()
	if err != nil {
		t.err = fmt.Errorf("agent: tool %s: %w", name, err)
		return t
	}
	t.Schema = schema
	t.Run = func(ctx context.Context, c Call) ([]quire.Part, error) {
		var args Args
		if err := decodeArgs(check, c.Args, &args); err != nil {
			return nil, err
		}
		result, err := f(context.WithValue(ctx, callKey{}, c), args)
		if err != nil {
			return nil, err
		}
		return partsOf(result)
	}
	return t
}

type callKey struct{}

// CallOf is the call that the function of a tool made by [Func] is run for; the zero Call
// outside of one.
func CallOf(ctx context.Context) Call {
	c, _ := ctx.Value(callKey{}).(Call)
	return c
}

// schemaOf is the JSON Schema of a struct, and what holds arguments to it.
func schemaOf[Args any]() ([]byte, *jsonschema.Resolved, error) {
	if t := reflect.TypeFor[Args](); t.Kind() != reflect.Struct {
		return nil, nil, fmt.Errorf("its arguments are a %s: make them a struct", t)
	}
	s, err := jsonschema.For[Args](&jsonschema.ForOptions{TypeSchemas: map[reflect.Type]*jsonschema.Schema{
		reflect.TypeFor[json.RawMessage](): {}, // any value, not the list of bytes that Go keeps it in
		reflect.TypeFor[[]byte]():          {Type: "string", ContentEncoding: "base64"},
	}})
	if err != nil {
		return nil, nil, err
	}
	if s.Type != "object" { // a time.Time, say
		return nil, nil, fmt.Errorf("its arguments are a %s, which JSON has no fields for: make them a struct of your own", reflect.TypeFor[Args]())
	}
	if s.Properties == nil { // OpenAI refuses an object that has none
		s.Properties = map[string]*jsonschema.Schema{}
	}
	check, err := s.Resolve(nil)
	if err != nil {
		return nil, nil, err
	}
	b, err := json.Marshal(s)
	return b, check, err
}

// decodeArgs reads what the model wrote; no text at all, or null, is no arguments.
func decodeArgs(check *jsonschema.Resolved, text string, into any) error {
	if t := strings.TrimSpace(text); t == "" || t == "null" {
		text = "{}"
	}
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		return fmt.Errorf("the arguments are no JSON: %w", err)
	}
	if err := check.Validate(v); err != nil {
		if why := errors.Unwrap(err); why != nil {
			err = why
		}
		said := err.Error() // it repeats what is wrong, however long, and says why at the end
		if len(said) > 400 {
			said = strings.ToValidUTF8(said[:200]+" … "+said[len(said)-200:], "")
		}
		return fmt.Errorf("the arguments do not fit: %s", said)
	}
	if err := json.Unmarshal([]byte(text), into); err != nil {
		return fmt.Errorf("the arguments do not fit: %w", err)
	}
	return nil
}

// partsOf is what the model sees of a result.
func partsOf(result any) ([]quire.Part, error) {
	switch r := result.(type) {
	case nil, struct{}:
		return say("done"), nil
	case string:
		return []quire.Part{quire.Text{Text: r}}, nil
	case []quire.Part:
		return r, nil
	case quire.Part:
		return []quire.Part{r}, nil
	}
	b, err := json.Marshal(result)
	if err != nil {
		return nil, fmt.Errorf("what it returned is no JSON: %w", err)
	}
	return []quire.Part{quire.Text{Text: string(b)}}, nil
}
