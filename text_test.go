package quire

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPlainText(t *testing.T) {
	cases := []struct {
		parts []Part
		want  string
	}{
		{nil, ""},
		{[]Part{Text{"  a\n"}}, "  a\n"},
		{[]Part{Text{"a"}, Text{""}, Text{"b"}}, "a\nb"},
		{[]Part{ToolCall{Name: "ls", Args: `{"p":1}`}}, `ls {"p":1}`},
		{[]Part{ToolResult{Name: "ls", Parts: []Part{Text{"x"}, Image{URL: "u"}, Blob{Head: "h", Tail: "t"}}}, Text{"y"}}, "x\nh\nt\ny"},
		{[]Part{Image{URL: "u"}, Ref{UID: 1}, Reasoning{Text: "hidden"}, Opaque{"k", []byte("{}")}, nil}, ""},
	}
	for _, c := range cases {
		assert.Equal(t, c.want, PlainText(c.parts))
	}
}

func TestClean(t *testing.T) {
	for _, s := range []string{"", "é漢🙂", "a\xffb", "\xf0\x9f\x99", "\xed\xa0\x80", "�"} {
		b, err := json.Marshal(s)
		require.NoError(t, err)
		var want string
		require.NoError(t, json.Unmarshal(b, &want))
		assert.Equal(t, want, Clean(s), "%q", s)
	}
}
