package replies

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"strconv"
)

// parse reads JSON as plain values, with numbers as they are written.
func parse(data []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errMore
	}
	return v, nil
}

// in goes down a path of names and indexes; nil where there is no such thing.
func in(v any, path ...any) any {
	for _, step := range path {
		switch step := step.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[step]
		case int:
			l, _ := v.([]any)
			if step >= len(l) {
				return nil
			}
			v = l[step]
		}
	}
	return v
}

func word(v any, path ...any) string {
	s, _ := in(v, path...).(string)
	return s
}

func list(v any, path ...any) []any {
	l, _ := in(v, path...).([]any)
	return l
}

// number is a figure of usage: whole, and 0 for what is none.
func number(v any, path ...any) int {
	switch n := in(v, path...).(type) {
	case json.Number:
		f, err := n.Float64()
		if err != nil {
			return 0
		}
		return int(math.Ceil(f))
	case string:
		i, _ := strconv.Atoi(n)
		return i
	}
	return 0
}

// jsonOf writes a value anew, with the keys in order.
func jsonOf(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(raw)
}

// label is a word, or a number in place of one.
func label(v any, path ...any) string {
	if n, ok := in(v, path...).(json.Number); ok {
		return n.String()
	}
	return word(v, path...)
}
