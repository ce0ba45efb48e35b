package promptcheck

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/quire-dev/quire"
)

// request is any provider's request in one form, as far as the rules need it.
type request struct {
	api    quire.API
	top    map[string]json.RawMessage
	tools  []tool
	system []block // where it stands apart from the messages
	msgs   []message
}

type tool struct {
	name, path string
	raw        json.RawMessage
	marked     bool
	ttl        string
}

// The roles of messages in every format.
const (
	system    = "system"
	user      = "user"
	assistant = "assistant"
	toolRole  = "tool"
)

type message struct {
	role, path string
	blocks     []block
	null       bool                       // content is null or missing
	str        bool                       // content is one string
	set        bool                       // behind a system's message that only sets something
	reasoning  bool                       // an item that is nothing but reasoning (Responses)
	fields     map[string]json.RawMessage // as they stand, in the chat format
}

type kind uint8

const (
	other kind = iota
	text
	image
	call
	result
	thinking
	compaction
)

type block struct {
	kind   kind
	path   string
	id     string // of a call, or of the call that a result answers
	name   string
	text   string // of a text, or all texts of a result
	proof  string // of reasoning: signature or opaque data; of a Gemini part: its signature
	data   string // of an image, base64
	media  string // its declared type
	marked bool
	ttl    string
	inner  []block // of a result
	raw    json.RawMessage
}

// parse reads a body.
func parse(api quire.API, body []byte) (*request, error) {
	if !utf8.Valid(body) {
		return nil, errors.New("not valid UTF-8")
	}
	r := &request{api: api}
	dec := json.NewDecoder(bytes.NewReader(body))
	if err := dec.Decode(&r.top); err != nil {
		return nil, err
	}
	if dec.More() {
		return nil, errors.New("more than one JSON value")
	}
	if r.top == nil {
		return nil, errors.New("not a JSON object")
	}
	parsers := map[quire.API]func(*request) error{
		quire.APIAnthropic:       parseAnthropic,
		quire.APIOpenAIChat:      parseChat,
		quire.APIStrict:          parseChat,
		quire.APIOllama:          parseChat,
		quire.APIOpenAIResponses: parseResponses,
		quire.APIGemini:          parseGemini,
	}
	p, ok := parsers[api]
	if !ok {
		return nil, fmt.Errorf("no such format: %q", api)
	}
	if err := p(r); err != nil {
		return nil, err
	}
	r.pairByName()
	return r, nil
}

// pairByName gives ids to calls and results that came without, in formats that
// pair them by order and name.
func (r *request) pairByName() {
	type waiting struct{ id, name string }
	var open []waiting
	n := 0
	for i := range r.msgs {
		for j := range r.msgs[i].blocks {
			switch b := &r.msgs[i].blocks[j]; {
			case b.kind == call && b.id == "" && (r.api == quire.APIOllama || r.api == quire.APIGemini):
				n++
				b.id = fmt.Sprintf("\x00%d", n)
				open = append(open, waiting{b.id, b.name})
			case b.kind == result && b.id == "":
				for k, w := range open {
					if b.name == "" || b.name == w.name {
						b.id = w.id
						open = append(open[:k:k], open[k+1:]...)
						break
					}
				}
			}
		}
	}
}

// shown is an id as a person reads it.
func shown(b block) string {
	if strings.HasPrefix(b.id, "\x00") || b.id == "" {
		return fmt.Sprintf("to %q", b.name)
	}
	return fmt.Sprintf("%q", b.id)
}

// blocks calls f for every block, results' inner ones included.
func (r *request) blocks(f func(m *message, b *block)) {
	for i := range r.msgs {
		m := &r.msgs[i]
		for j := range m.blocks {
			b := &m.blocks[j]
			f(m, b)
			for k := range b.inner {
				f(m, &b.inner[k])
			}
		}
	}
}

// blank says whether a provider takes s for empty text.
func blank(s string) bool { return strings.TrimSpace(s) == "" }

// unmarshal decodes a field that may be missing; only a wrong type is an error.
func unmarshal(raw json.RawMessage, path string, into any) error {
	if len(raw) == 0 {
		return nil
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

func isNull(raw json.RawMessage) bool { return len(raw) == 0 || string(raw) == "null" }

// mark is a cache mark on a block or tool, in any format.
type mark struct {
	CacheControl *struct {
		TTL string `json:"ttl"`
	} `json:"cache_control"`
	Breakpoint *struct {
		Mode string `json:"mode"`
	} `json:"prompt_cache_breakpoint"`
}

func (m mark) on() (marked bool, ttl string) {
	if m.CacheControl != nil {
		return true, m.CacheControl.TTL
	}
	return m.Breakpoint != nil, ""
}
