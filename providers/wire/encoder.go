package wire

import (
	"bytes"
	"slices"
	"sync"

	"github.com/quire-dev/quire"
)

// Encoder makes the bodies of one request after another. It remembers the schemas of tools
// that it has checked, since most requests bring those of the one before. The zero value is
// ready to use, and it is safe for concurrent use.
type Encoder struct {
	mu      sync.Mutex
	schemas map[string]schema // by tool
}

// schema is a tool's schema, as it came and as it is sent.
type schema struct{ came, sent []byte }

// mostSchemas is how many an Encoder remembers.
const mostSchemas = 1 << 10

// Encode is [Encode] that also returns the marks which the body carries, as [SentMarks]
// would: an adapter then builds the request once.
func (e *Encoder) Encode(api quire.API, p *quire.Prompt, opts *Options) ([]byte, []quire.CacheMark, error) {
	return encode(api, p, opts, e.schema)
}

// schema is a schemaOf. The same bytes are sent as the same in every format.
func (e *Encoder) schema(api quire.API, t quire.Tool) ([]byte, error) {
	e.mu.Lock()
	known, ok := e.schemas[t.Name]
	e.mu.Unlock()
	if ok && bytes.Equal(known.came, t.Schema) {
		return known.sent, nil
	}
	sent, err := sentSchema(api, t)
	if err != nil {
		return nil, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.schemas == nil || len(e.schemas) >= mostSchemas {
		e.schemas = map[string]schema{}
	}
	e.schemas[t.Name] = schema{slices.Clone([]byte(t.Schema)), slices.Clip(slices.Clone(sent))}
	return sent, nil
}
