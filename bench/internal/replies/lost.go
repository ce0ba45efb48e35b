package replies

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers/wire"
)

// lost counts, by the path of a field, how many replies say something there that stands
// in no part of what was decoded: a way to find what nobody thought of.
type lost map[string]int

func (l lost) add(r *recording, v verdict) {
	s := shapeOf(r.body)
	var reply *quire.Reply
	var err error
	doc := s.body
	if v.stream {
		reply, err = streamed(s.api, s.sse)
		doc = any(s.events)
	} else {
		reply, err = wire.Decode(s.api, r.body)
	}
	if err != nil {
		return
	}
	var kept strings.Builder
	kept.WriteString(reply.ID + "\n" + reply.Model + "\n")
	for _, p := range reply.Parts {
		keep(&kept, p)
	}
	missing := map[string]bool{}
	leaves(doc, string(v.api), func(path, value string) {
		if len(value) >= 16 && !strings.Contains(kept.String(), value) {
			missing[path] = true
		}
	})
	for path := range missing {
		l[path]++
	}
}

// keep writes what a part holds.
func keep(to *strings.Builder, p quire.Part) {
	switch p := p.(type) {
	case quire.Text:
		to.WriteString(p.Text)
	case quire.Reasoning:
		to.WriteString(p.Text + "\n" + p.Signature + "\n" + p.Data + "\n" + p.ID)
	case quire.ToolCall:
		to.WriteString(p.ID + "\n" + p.Name + "\n" + p.Args + "\n" + p.Signature)
		if v, err := parse([]byte(p.Args)); err == nil {
			leaves(v, "", func(_, value string) { to.WriteString("\n" + value) })
		}
	case quire.Opaque:
		if v, err := parse(p.Raw); err == nil {
			leaves(v, "", func(_, value string) { to.WriteString("\n" + value) })
		}
	}
}

// leaves calls found with every string of a document and the path to it.
func leaves(v any, path string, found func(path, value string)) {
	switch v := v.(type) {
	case string:
		found(path, v)
	case []any:
		for _, e := range v {
			leaves(e, path+"[]", found)
		}
	case object:
		for k, e := range v {
			leaves(e, path+"."+k, found)
		}
	}
}

func (l lost) print(w io.Writer, n int) {
	paths := slices.SortedFunc(maps.Keys(l), func(a, b string) int {
		if l[a] != l[b] {
			return l[b] - l[a]
		}
		return strings.Compare(a, b)
	})
	for _, p := range paths[:min(n, len(paths))] {
		fmt.Fprintf(w, "%6d %s\n", l[p], p)
	}
}
