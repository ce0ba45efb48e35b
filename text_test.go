package quire

import (
	"encoding/json"
	"testing"
	"time"

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

func TestWorkingSetRoundTrip(t *testing.T) {
	ws := WorkingSet{
		Rev: 3, Through: 41, Seen: "e:7",
		Head: []Entry{{Seq: 1, Spans: []Span{{Message: "m", Class: ClassPinned, Role: RoleUser, Pinned: true}}}},
		Log: []Entry{
			{Seq: 2, Tombstone: &Tombstone{First: 2, Last: 9, Messages: 4, Tokens: 12}},
			{Seq: 3, Open: true, CallIDs: []string{"c1"}, Render: 1, Spans: []Span{
				{
					Message: "m2", UID: 10, Kind: KindResult, Role: RoleTool, From: "ada", Class: ClassPulled, Shows: []UID{4},
					Tool: "t", Call: "c1", Key: "k", Form: FormExcerpt, Keep: 100, Mark: MarkStale, Tokens: 5, Stub: 2,
					Digest: DigestOf([]byte("x")), Entered: 1, LastUse: 2, Turn: 3, Refaults: 4, Rent: 0.1, Priority: -1,
					Until: time.Unix(1, 5).UTC(),
				},
			}},
		},
	}
	b, err := json.Marshal(ws)
	require.NoError(t, err)
	var got WorkingSet
	require.NoError(t, json.Unmarshal(b, &got))
	assert.Equal(t, ws, got)
	assert.True(t, got.Log[1].Spans[0].Dead())
	empty, err := json.Marshal(WorkingSet{})
	require.NoError(t, err)
	assert.Equal(t, `{"rev":0,"through":0,"seen":""}`, string(empty))
}
