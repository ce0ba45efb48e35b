package quire

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestPlainText(t *testing.T) {
	cases := []struct {
		parts []Part
		want  string
	}{
		{nil, ""},
		{[]Part{Text{Text: "  a\n"}}, "  a\n"},
		{[]Part{Text{Text: "a"}, Text{Text: ""}, Text{Text: "b"}}, "a\nb"},
		{[]Part{ToolCall{Name: "ls", Args: `{"p":1}`}}, `ls {"p":1}`},
		{[]Part{ToolResult{Name: "ls", Parts: []Part{Text{Text: "x"}, Image{URL: "u"}, Blob{Head: "h", Tail: "t"}}}, Text{Text: "y"}}, "x\nh\nt\ny"},
		{[]Part{Image{URL: "u"}, Ref{UID: 1}, Reasoning{Text: "hidden"}, Opaque{"k", []byte("{}")}, nil}, ""},
	}
	for _, c := range cases {
		assert.Equal(t, c.want, PlainText(c.parts))
	}
}
