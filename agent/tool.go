package agent

import (
	"context"
	"fmt"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/jsontext"
)

// Tool is something that the model may call besides the mail tools. [Func] makes one of
// a Go function.
type Tool struct {
	Name        string // 1 to 64 letters, digits, _ or -
	Description string
	Schema      []byte // JSON Schema of the arguments; nil: an object without properties
	// Repeatable: running the same call twice does no harm. A call of any other
	// tool that was cut off by a crash is not run again; the model is told that
	// its outcome is unknown.
	Repeatable bool
	// Run does the work. An error becomes a result that the model sees, marked
	// as an error, as does a panic. Run gets the step's context and must end
	// soon after it ends, and within Limits.ToolFor. One that does not is left to itself:
	// the model is told that its outcome is unknown.
	Run func(ctx context.Context, c Call) ([]quire.Part, error)

	err error // why Func could not make it
}

// Call is one call of a tool.
type Call struct {
	// Key is the same when the call is run again after a crash: an idempotency
	// key for whatever the tool talks to.
	Key   string
	Agent quire.Address
	Name  string
	Args  string // the exact bytes that the model wrote; checked to be JSON
}

// run calls the tool and turns an error or a panic into a result. The error is the tool's
// too: it says whether it may have been cut off.
func (t *Tool) run(ctx context.Context, c Call) (parts []quire.Part, isError bool, err error) {
	defer func() {
		if r := recover(); r != nil {
			parts = say("The tool %s crashed: %v", t.Name, r)
			isError = true
		}
	}()
	out, err := t.Run(ctx, c)
	if err != nil {
		return append(results(out), quire.Text{Text: jsontext.Clean("error: " + err.Error())}), true, err
	}
	return results(out), false, nil
}

// results keeps the parts that a tool result may hold.
func results(parts []quire.Part) []quire.Part {
	var out []quire.Part
	for _, p := range parts {
		switch p := p.(type) {
		case quire.Text:
			out = append(out, quire.Text{Text: jsontext.Clean(p.Text)})
		case quire.Image, quire.Blob, quire.Ref, quire.Opaque:
			out = append(out, p)
		}
	}
	return out
}

// say is a result of one line.
func say(format string, args ...any) []quire.Part {
	return []quire.Part{quire.Text{Text: jsontext.Clean(fmt.Sprintf(format, args...))}}
}
