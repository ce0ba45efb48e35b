package codec

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/jsontext"
)

func TestPartsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := genParts(2).Draw(t, "parts")
		b, err := EncodeParts(parts)
		require.NoError(t, err)
		got, err := DecodeParts(b)
		require.NoError(t, err, "%s", b)
		require.Equal(t, parts, got, "%s", b)
		assert.Equal(t, quire.DigestOf(b), PartsDigest(got))
	})
}

func TestEncodePartsBytes(t *testing.T) {
	cases := []struct {
		part quire.Part
		want string
	}{
		{quire.Text{Text: "a<\n\x01\xff"}, `{"kind":"text","text":"a<\n\u0001�"}`},
		{quire.Text{}, `{"kind":"text","text":""}`},
		{quire.ToolCall{ID: "1", Name: "ls", Args: `{"b":1, "a":2}`}, `{"args":"{\"b\":1, \"a\":2}","id":"1","kind":"toolCall","name":"ls"}`},
		{quire.ToolResult{CallID: "1", IsError: true, Parts: []quire.Part{quire.Text{Text: "no"}}}, `{"callID":"1","isError":true,"kind":"toolResult","parts":[{"kind":"text","text":"no"}]}`},
		{quire.Image{MediaType: "image/png", Data: []byte{1, 2}, Width: 3}, `{"data":"AQI=","kind":"image","mediaType":"image/png","width":3}`},
		{quire.Blob{Size: 7, Head: "h"}, `{"head":"h","kind":"blob","size":7}`},
		{quire.Ref{Message: "m", UID: 41, Part: -1, To: 9}, `{"kind":"ref","message":"m","part":-1,"to":9,"uid":41}`},
		{quire.Reasoning{Model: "m", Signature: "s"}, `{"kind":"reasoning","model":"m","signature":"s"}`},
		{quire.Opaque{Kind: "video", Raw: []byte(`{ "z":1.0, "kind":"video" }`)}, `{ "z":1.0, "kind":"video" }`},
		{quire.Opaque{Kind: "other", Raw: []byte(`{"kind":"video"}`)}, `{"kind":"opaque","of":"other","raw":{"kind":"video"}}`},
		{quire.Opaque{Kind: "text", Raw: []byte(`{"kind":"text","text":"a"}`)}, `{"kind":"opaque","of":"text","raw":{"kind":"text","text":"a"}}`},
		{quire.Opaque{Kind: "v", Raw: []byte("no")}, `{"data":"bm8=","kind":"opaque","of":"v"}`},
	}
	for _, c := range cases {
		b, err := EncodeParts([]quire.Part{c.part})
		require.NoError(t, err)
		assert.Equal(t, "["+c.want+"]", string(b))
	}
	b, err := EncodeParts(nil)
	require.NoError(t, err)
	assert.Equal(t, "[]", string(b))
}

// Whatever a later version adds must come back as it was.
func TestDecodePartsKeepsWhatItDoesNotKnow(t *testing.T) {
	cases := map[string]string{ // text, kind
		`{"kind":"hologram","depth":3}`:                        "hologram",
		`{ "kind" :"hologram" , "a":[ 1,2 ] }`:                 "hologram",
		`{}`:                                                   "",
		`{"kind":7}`:                                           "",
		`{"kind":"text","kind":"text"}`:                        "",
		`{"kind":"text","text":"a","lang":"en"}`:               "text",
		`{"kind":"text","text":"a","text":"b"}`:                "text",
		`{"kind":"text","text":null}`:                          "text",
		`{"kind":"text","Text":"a"}`:                           "text",
		`{"kind":"text","text":"\ud83d"}`:                      "text",
		`{"kind":"text","text":"a","\ud83d":1}`:                "text",
		`{"kind":"image","data":"%%"}`:                         "image",
		`{"kind":"image","data":"AQJ="}`:                       "image",
		`{"kind":"image","width":1.5}`:                         "image",
		`{"kind":"image","width":99999999999999999999}`:        "image",
		`{"kind":"blob","digest":"abc"}`:                       "blob",
		`{"kind":"ref","uid":-1}`:                              "ref",
		`{"kind":"toolResult","isError":"true"}`:               "toolResult",
		`{"kind":"toolResult","parts":{}}`:                     "toolResult",
		`{"kind":"toolResult","parts":[1]}`:                    "toolResult",
		`{"kind":"opaque","of":"v","raw":1,"data":""}`:         "opaque",
		`{"kind":"opaque","of":"v","data":"bm8=","more":true}`: "opaque",
	}
	for raw, kind := range cases {
		text := "[ " + raw + "\n]"
		parts, err := DecodeParts([]byte(text))
		require.NoError(t, err, raw)
		require.Equal(t, []quire.Part{quire.Opaque{Kind: kind, Raw: []byte(raw)}}, parts, raw)
		b, err := EncodeParts(parts)
		require.NoError(t, err)
		assert.Equal(t, "["+raw+"]", string(b))
	}
	inner, err := DecodeParts([]byte(`[{"kind":"toolResult","callID":"1","parts":[{"kind":"new",  "x":1}]}]`))
	require.NoError(t, err)
	assert.Equal(t, []quire.Part{quire.ToolResult{CallID: "1", Parts: []quire.Part{quire.Opaque{Kind: "new", Raw: []byte(`{"kind":"new",  "x":1}`)}}}}, inner)
}

func TestDecodePartsKeepsNoReference(t *testing.T) {
	b := []byte(`[{"kind":"text","text":"hello"},{"kind":"new"}]`)
	parts, err := DecodeParts(b)
	require.NoError(t, err)
	clear(b)
	assert.Equal(t, []quire.Part{quire.Text{Text: "hello"}, quire.Opaque{Kind: "new", Raw: []byte(`{"kind":"new"}`)}}, parts)
}

func TestDecodePartsErrors(t *testing.T) {
	cases := []struct {
		text   string
		offset int64
		err    error
	}{
		{"", 0, jsontext.ErrSyntax},
		{"null", 0, jsontext.ErrSyntax},
		{"{}", 0, jsontext.ErrSyntax},
		{"[", 1, ErrNoPart},
		{"[1]", 1, ErrNoPart},
		{"[{}", 3, jsontext.ErrSyntax},
		{"[{},]", 4, ErrNoPart},
		{"[{}] x", 5, jsontext.ErrSyntax},
		{"[{\"a\":01}]", 7, jsontext.ErrSyntax},
		{"[{\"a\":\"\x01\"}]", 7, jsontext.ErrSyntax},
		{"[{\"a\":\"\xff\"}]", 7, jsontext.ErrUTF8},
		{`[{"a":"\x"}]`, 7, jsontext.ErrSyntax},
		{`[{"a":"\u12g4"}]`, 7, jsontext.ErrSyntax},
		{`[{"a":tru}]`, 6, jsontext.ErrSyntax},
		{`[{"a":1.}]`, 8, jsontext.ErrSyntax},
		{`[{"a":1e}]`, 8, jsontext.ErrSyntax},
		{`[{"a" 1}]`, 6, jsontext.ErrSyntax},
		{`[{a:1}]`, 2, jsontext.ErrSyntax},
		{`[{"a":"`, 7, jsontext.ErrSyntax},
		{`[{"a":"\`, 7, jsontext.ErrSyntax},
		{`[{"a":` + strings.Repeat("[", 1<<20), 6 + MaxDepth - 2, jsontext.ErrDepth},
		{"[" + strings.Repeat("{},", MaxParts) + "{}]", 1 + 3*MaxParts, ErrTooManyParts},
	}
	for _, c := range cases {
		parts, err := DecodeParts([]byte(c.text))
		name := c.text[:min(20, len(c.text))]
		var e *DecodeError
		require.ErrorAs(t, err, &e, name)
		assert.Nil(t, parts, name)
		assert.Equal(t, c.offset, e.Offset, name)
		assert.ErrorIs(t, err, c.err, name)
		assert.Contains(t, err.Error(), "quire: parts: at byte ", name)
	}
}

func TestEncodePartsErrors(t *testing.T) {
	deep := quire.Part(quire.Text{Text: "a"})
	for range MaxNesting + 1 {
		deep = quire.ToolResult{Parts: []quire.Part{deep}}
	}
	for name, parts := range map[string][]quire.Part{
		"nil":     {quire.Text{Text: "a"}, nil},
		"pointer": {&quire.Text{Text: "a"}},
		"inside":  {quire.ToolResult{Parts: []quire.Part{nil}}},
		"deep":    {deep},
		"many":    make([]quire.Part, MaxParts+1),
	} {
		b, err := EncodeParts(parts)
		var e *DecodeError
		assert.True(t, errors.As(err, &e), name)
		assert.Nil(t, b, name)
		assert.NotZero(t, PartsDigest(parts), name)
	}
	assert.NotEqual(t, PartsDigest([]quire.Part{nil}), PartsDigest(nil))
	b, err := EncodeParts(deep.(quire.ToolResult).Parts)
	require.NoError(t, err, "%s", b)
	got, err := DecodeParts(b)
	require.NoError(t, err)
	assert.Equal(t, deep.(quire.ToolResult).Parts, got)
}

// Results inside results beyond the limit are carried, not read: they could not
// be written again.
func TestDecodePartsNesting(t *testing.T) {
	text := "[" + strings.Repeat(`{"kind":"toolResult","parts":[`, 9) + strings.Repeat("]}", 9) + "]"
	parts, err := DecodeParts([]byte(text))
	require.NoError(t, err)
	b, err := EncodeParts(parts)
	require.NoError(t, err)
	assert.Equal(t, text, string(b))
	inner := parts[0]
	for range MaxNesting - 1 {
		inner = inner.(quire.ToolResult).Parts[0]
	}
	assert.IsType(t, quire.Opaque{}, inner.(quire.ToolResult).Parts[0])
}

// What is encoded at the limit of depth can be read again, in a list and in a
// draft; one deeper, it is carried as bytes.
func TestOpaqueAtTheLimitOfDepth(t *testing.T) {
	for _, depth := range []int{MaxDepth - 3, MaxDepth - 2, MaxDepth - 1, MaxDepth} {
		raw := `{"kind":"deep","a":` + strings.Repeat("[", depth) + strings.Repeat("]", depth) + "}"
		parts := []quire.Part{quire.Opaque{Kind: "deep", Raw: []byte(raw)}, quire.ToolResult{CallID: "1", Parts: []quire.Part{quire.Opaque{Kind: "deep", Raw: []byte(raw)}, quire.Opaque{Kind: "wrapped", Raw: []byte(raw)}}}}
		b, err := EncodeParts(parts)
		require.NoError(t, err)
		got, err := DecodeParts(b)
		require.NoError(t, err)
		assert.Equal(t, parts, got)
		b, err = EncodeDraft(&quire.Draft{Parts: parts})
		require.NoError(t, err)
		d, err := DecodeDraft(b)
		require.NoError(t, err)
		assert.Equal(t, parts, d.Parts)
	}
}

// FuzzDecodeParts: no panic, and what was decoded is stable from then on.
func FuzzDecodeParts(f *testing.F) {
	f.Add([]byte(`[{"kind":"text","text":"a"},{"kind":"new", "b":[{}]}]`))
	f.Add([]byte(`[{"kind":"toolResult","parts":[{"kind":"blob","digest":"00"}]},{"kind":"opaque","raw":1}]`))
	f.Add([]byte(`[{"data":"AQI=","kind":"image","width":3},{"kind":"ref","uid":41,"part":-1}]`))
	f.Fuzz(func(t *testing.T, b []byte) {
		parts, err := DecodeParts(b)
		if err != nil {
			var e *DecodeError
			require.ErrorAs(t, err, &e)
			return
		}
		once, err := EncodeParts(parts)
		require.NoError(t, err)
		again, err := DecodeParts(once)
		require.NoError(t, err)
		require.Equal(t, parts, again)
		twice, err := EncodeParts(again)
		require.NoError(t, err)
		require.Equal(t, string(once), string(twice))
	})
}
