package jsontext

import (
	"encoding/json"
	"slices"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestCompareUTF16(t *testing.T) {
	s := rapid.StringOf(rapid.SampledFrom([]rune{'a', 'b', 'é', '\ud7ff', '\ue000', '\uefff', '\uffff', '\U00010000', '🙂', '\U0010ffff'}))
	sign := func(n int) int { return min(1, max(-1, n)) }
	rapid.Check(t, func(t *rapid.T) {
		a, b := s.Draw(t, "a"), s.Draw(t, "b")
		want := slices.Compare(utf16.Encode([]rune(a)), utf16.Encode([]rune(b)))
		require.Equal(t, want, sign(CompareUTF16(a, b)))
	})
}

// Value accepts what encoding/json accepts, less what is no UTF-8.
func TestValueAgreesWithEncodingJSON(t *testing.T) {
	text := rapid.StringOf(rapid.SampledFrom([]rune(`[]{}:,"\/bfnrtu09aF-+.eE` + " \n\té\x01\x7f")))
	word := rapid.SampledFrom([]string{`{"a":`, `[1,`, `"\u00`, "true", "false", "null", "-0.1e+5", "1e", "}", "]"})
	rapid.Check(t, func(t *rapid.T) {
		in := ""
		for _, s := range rapid.SliceOfN(rapid.OneOf(text, word), 0, 5).Draw(t, "pieces") {
			in += s
		}
		checkValue(t, []byte(in))
	})
}

func checkValue(t require.TestingT, in []byte) {
	s := Scanner{Text: in, MaxDepth: 1000}
	raw, err := s.Value()
	if err == nil {
		err = s.End()
	}
	require.Equal(t, json.Valid(in) && utf8.Valid(in), err == nil, "%q: %v", in, err)
	if v, ok := Unquote(raw); err == nil && ok {
		var want string
		require.NoError(t, json.Unmarshal(raw, &want))
		require.Equal(t, want, v)
	}
}

func FuzzValue(f *testing.F) {
	for _, s := range []string{`{"a":[1,-2.5e+3,"\u00e9\ud83d\ude42"]}`, `"\ud800\u0041"`, "[true,false,null]", "\"\xff\"", " 0 "} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		for _, c := range in {
			if c == '[' || c == '{' {
				if len(in) > 900 {
					t.Skip("deeper than MaxDepth, perhaps")
				}
				break
			}
		}
		checkValue(t, in)
	})
}

func TestUnquote(t *testing.T) {
	for in, want := range map[string]string{
		`""`: "", `"a"`: "a", `"\b\f\n\r\t\/\\\""`: "\b\f\n\r\t/\\\"",
		`"x\u00e9y\ud83d\ude42z\u0000"`: "xéy🙂z\x00",
	} {
		got, ok := Unquote([]byte(in))
		assert.True(t, ok, in)
		assert.Equal(t, want, got, in)
	}
	for _, in := range []string{`"\ud83d"`, `"\ud83d\u0041"`, `"\ude42\ud83d"`, `"\ud83dabcdefgh"`, "1", "", "null"} {
		_, ok := Unquote([]byte(in))
		assert.False(t, ok, in)
	}
}

// What AppendString writes, encoding/json reads back the way it would have
// written it itself.
func TestAppendString(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := string(rapid.SliceOf(rapid.Byte()).Draw(t, "s"))
		theirs, err := json.Marshal(s)
		require.NoError(t, err)
		var want, got string
		require.NoError(t, json.Unmarshal(theirs, &want))
		require.NoError(t, json.Unmarshal(AppendString(nil, s), &got))
		require.Equal(t, want, got)
	})
}

func TestObject(t *testing.T) {
	var o Object
	o.Opt("a", "")
	o.Int("b", 0)
	o.Uint("c", 0)
	o.True("d", false)
	o.Bytes("e", nil)
	assert.Equal(t, "{}", string(o.End()))
	o = Object{B: []byte("x")}
	o.Opt("a", "1")
	o.Int("b", -2)
	o.Uint("c", 1<<63)
	o.True("d", true)
	o.Bytes("e", []byte{255})
	o.String("f", "")
	o.Raw("g", []byte("[ 1]"))
	assert.Equal(t, `x{"a":"1","b":-2,"c":9223372036854775808,"d":true,"e":"/w==","f":"","g":[ 1]}`, string(o.End()))
}

func TestErrorSaysWhere(t *testing.T) {
	s := Scanner{Text: []byte(` {"a":x}`), MaxDepth: 9}
	_, err := s.Value()
	assert.EqualError(t, err, "at byte 6: not valid JSON")
	assert.ErrorIs(t, err, ErrSyntax)
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
