package codec

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/quire-dev/quire/internal/jsontext"
)

func TestCanonicalJSON(t *testing.T) {
	cases := map[string]string{
		` { "b" : 1 , "a" : [ true , null ] } `:        `{"a":[true,null],"b":1}`,
		`{"a":{"z":{},"y":[]},"A":0}`:                  `{"A":0,"a":{"y":[],"z":{}}}`,
		`123456789012345678901234567890`:               `123456789012345678901234567890`,
		`[1.0,1e2,-0]`:                                 `[1.0,1e2,-0]`,
		`"\u20ac\/\u000a\u001F\ud83d\ude42\u0041\\\""`: `"€/\n\u001f🙂A\\\""`,
		`{"aa":1,"a":2,"":3}`:                          `{"":3,"a":2,"aa":1}`,
		// The example of RFC 8785, section 3.2.3: UTF-16 order.
		`{"\u20ac":5,"\r":1,"\ufb33":7,"1":2,"\ud83d\ude00":6,"\u0080":3,"\u00f6":4}`: `{"\r":1,"1":2,"` + "\u0080" + `":3,"ö":4,"€":5,"😀":6,"` + "\ufb33" + `":7}`,
	}
	for in, want := range cases {
		got, err := CanonicalJSON([]byte(in))
		require.NoError(t, err, in)
		assert.Equal(t, want, string(got), in)
	}
}

func TestCanonicalJSONErrors(t *testing.T) {
	cases := map[string]error{
		``:                                 jsontext.ErrSyntax,
		`1 2`:                              jsontext.ErrSyntax,
		`{"a":1,"\u0061":2}`:               jsontext.ErrDuplicate,
		`[{"b":1,"a":1,"b":2}]`:            jsontext.ErrDuplicate,
		`"\ud800"`:                         jsontext.ErrSurrogate,
		`{"\udc00":1}`:                     jsontext.ErrSurrogate,
		`["\ud83dx\ude42"]`:                jsontext.ErrSurrogate,
		"\"\xc0\x80\"":                     jsontext.ErrUTF8,
		strings.Repeat("[", MaxDepth+1):    jsontext.ErrDepth,
		strings.Repeat(`{"":`, MaxDepth+1): jsontext.ErrDepth,
	}
	for in, want := range cases {
		got, err := CanonicalJSON([]byte(in))
		var e *DecodeError
		require.ErrorAs(t, err, &e, in)
		assert.ErrorIs(t, err, want, in)
		assert.Equal(t, "canonical JSON", e.What)
		assert.Nil(t, got)
	}
	_, err := CanonicalJSON([]byte(strings.Repeat("[", MaxDepth) + strings.Repeat("]", MaxDepth)))
	assert.NoError(t, err)
}

// What is canonical means the same, and encoding/json agrees on what is JSON.
func TestCanonicalJSONKeepsTheValue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := genJSON(4).Draw(t, "json")
		got, err := CanonicalJSON([]byte(in))
		require.NoError(t, err, in)
		require.Equal(t, numbersKept(t, []byte(in)), numbersKept(t, got))
		again, err := CanonicalJSON(got)
		require.NoError(t, err)
		require.Equal(t, string(got), string(again))
	})
}

func numbersKept(t require.TestingT, b []byte) (v any) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	require.NoError(t, d.Decode(&v))
	return v
}
