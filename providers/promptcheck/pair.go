package promptcheck

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/quire-dev/quire"
)

// The sentences of the two rules about requests that follow each other.
const (
	p1 = "with nothing in between, the next request has the same bytes up to the volatile tail"
	p2 = "the request up to its volatile tail is the beginning of the next one"
)

// goesOn is what package wire puts behind a prompt that may not end on the assistant;
// like a notice it is gone in the next request.
const goesOn = "(the conversation goes on)"

// CheckPair compares a request with the next one of the same conversation:
// whether a prefix cache can read before, without its tail, when it gets after.
// Cache marks don't count, and what closes a list or a string doesn't either.
// notice is the volatile text at the end of before; "" when it has none. The
// result is nil when all is well; otherwise it names the first difference.
func CheckPair(api quire.API, before, after []byte, notice string) []Violation {
	a, err := readForm(api, before)
	if err != nil {
		return []Violation{{Code: "A6", Path: "before", Sentence: "the request can be read: " + err.Error()}}
	}
	b, err := readForm(api, after)
	if err != nil {
		return []Violation{{Code: "A6", Path: "after", Sentence: "the request can be read: " + err.Error()}}
	}
	a.cut(notice)
	a.cut(goesOn)
	code, sentence := "P1", p1
	if len(b.msgs) > len(a.msgs) {
		code, sentence = "P2", p2
	}
	if path, what := a.prefixOf(b); path != "" {
		return []Violation{{Code: code, Path: path, Sentence: sentence + ": " + what}}
	}
	return nil
}

// form is a request as a prefix cache sees it.
type form struct {
	fields map[string]string // tools and system
	field  string            // of the messages
	msgs   []msgForm
}

type msgForm struct {
	rest    string   // all fields but the content and the calls
	calls   string   // tool_calls, which stand behind the content
	list    bool     // content is a list; otherwise one string
	content []string // as raw JSON, or the one string
}

var markField = regexp.MustCompile(`,?"(cache_control|prompt_cache_breakpoint)":\{[^{}]*\}`)

func readForm(api quire.API, body []byte) (*form, error) {
	r, err := parse(api, markField.ReplaceAll(body, nil))
	if err != nil {
		return nil, err
	}
	f := &form{fields: map[string]string{}, field: messagesField(r)}
	for _, name := range []string{"tools", "system", "systemInstruction", "instructions", "model"} {
		f.fields[name] = string(r.top[name])
	}
	var raws []map[string]json.RawMessage
	if err := unmarshal(r.top[f.field], f.field, &raws); err != nil {
		var s string
		if json.Unmarshal(r.top[f.field], &s) != nil {
			return nil, err
		}
		f.msgs = []msgForm{{content: []string{s}}}
		return f, nil
	}
	for _, raw := range raws {
		f.msgs = append(f.msgs, readMessage(raw))
	}
	return f, nil
}

func readMessage(raw map[string]json.RawMessage) msgForm {
	var m msgForm
	var keys []string
	for k := range raw {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		if k == "content" || k == "parts" || k == "output" {
			var list []json.RawMessage
			var s string
			if json.Unmarshal(raw[k], &list) == nil {
				m.list = true
				for _, c := range list {
					m.content = append(m.content, string(c))
				}
			} else if json.Unmarshal(raw[k], &s) == nil {
				m.content = []string{s}
			}
			continue
		}
		if k == "tool_calls" {
			m.calls = string(raw[k])
			continue
		}
		m.rest += k + "=" + string(raw[k]) + "\n"
	}
	return m
}

// cut takes the notice off the end.
func (f *form) cut(notice string) {
	if notice == "" || len(f.msgs) == 0 {
		return
	}
	m := &f.msgs[len(f.msgs)-1]
	if len(m.content) == 0 {
		return
	}
	last := &m.content[len(m.content)-1]
	if m.list {
		var part struct {
			Text string `json:"text"`
		}
		if json.Unmarshal([]byte(*last), &part) == nil && part.Text == notice {
			m.content = m.content[:len(m.content)-1]
		}
	} else if s, ok := strings.CutSuffix(*last, notice); ok {
		*last = strings.TrimSuffix(strings.TrimSuffix(s, "\n"), "\n")
		if *last == "" {
			m.content = nil
		}
	}
	if len(m.content) == 0 {
		f.msgs = f.msgs[:len(f.msgs)-1]
	}
}

// prefixOf returns where and how f is not the beginning of g; "" when it is.
func (f *form) prefixOf(g *form) (path, what string) {
	for _, name := range []string{"model", "tools", "system", "systemInstruction", "instructions"} {
		if f.fields[name] != g.fields[name] {
			return name, "it changed"
		}
	}
	for i, m := range f.msgs {
		path := fmt.Sprintf("%s[%d]", f.field, i)
		if i >= len(g.msgs) {
			return path, "it is gone"
		}
		n := g.msgs[i]
		if m.rest != n.rest {
			return path, "another message stands here"
		}
		last := i == len(f.msgs)-1
		if !m.startsWith(n, last) {
			return path, "its content changed"
		}
	}
	return "", ""
}

// startsWith says whether m's content is the beginning of n's; unless it is the
// last message, all of it.
func (m msgForm) startsWith(n msgForm, last bool) bool {
	if m.calls != n.calls && !(last && m.calls == "") {
		return false
	}
	if m.list != n.list || len(m.content) > len(n.content) || !last && len(m.content) != len(n.content) {
		return false
	}
	for k, c := range m.content {
		if c == n.content[k] {
			continue
		}
		if !(last && !m.list && strings.HasPrefix(n.content[k], c)) {
			return false
		}
	}
	return true
}
