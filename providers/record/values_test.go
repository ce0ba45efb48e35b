package record

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/jsontext"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/scripted"
)

func texts() *rapid.Generator[string] {
	return rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "a", "\x00\x1f", "\u2028<b>\"\\", "é漢🙂", "\r\n", "half \xe6\xbc"}))
}

func parts(depth int) *rapid.Generator[[]quire.Part] {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) quire.Part {
		s := func(name string) string { return texts().Draw(t, name) }
		switch rapid.IntRange(0, 5+depth).Draw(t, "kind") {
		case 0:
			return quire.Text{Text: s("text")}
		case 1:
			return quire.ToolCall{ID: s("id"), Name: s("name"), Args: s("args"), Signature: s("sig")}
		case 2:
			return quire.Image{MediaType: "image/png", Data: rapid.SliceOf(rapid.Byte()).Draw(t, "data"), Width: 3}
		case 3:
			return quire.Reasoning{Model: s("model"), Text: s("text"), Signature: s("sig"), Data: s("data")}
		case 4:
			return quire.Opaque{Kind: "video", Raw: []byte(`{ "kind":"video",  "x":1.0 }`)}
		case 5:
			return quire.Ref{UID: quire.UID(rapid.Uint64().Draw(t, "uid")), Part: -1}
		}
		return quire.ToolResult{CallID: s("id"), Parts: parts(depth-1).Draw(t, "parts"), IsError: rapid.Bool().Draw(t, "err")}
	}), 0, 4)
}

func durations() *rapid.Generator[time.Duration] {
	return rapid.Map(rapid.Int64(), func(n int64) time.Duration { return time.Duration(n) })
}

func marks() *rapid.Generator[[]quire.CacheMark] {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) quire.CacheMark {
		return quire.CacheMark{After: rapid.Int().Draw(t, "after"), TTL: durations().Draw(t, "ttl")}
	}), 0, 3)
}

func prompts() *rapid.Generator[*quire.Prompt] {
	return rapid.Custom(func(t *rapid.T) *quire.Prompt {
		s := func(name string) string { return texts().Draw(t, name) }
		p := &quire.Prompt{
			Model: s("model"), System: s("system"), Notice: s("notice"), CacheKey: s("key"),
			Marks: marks().Draw(t, "marks"), MaxOutput: rapid.Int().Draw(t, "max"), Thinking: rapid.Int().Draw(t, "think"),
		}
		for range rapid.IntRange(0, 3).Draw(t, "tools") {
			schema := rapid.OneOf(rapid.SliceOf(rapid.Byte()), rapid.SampledFrom([][]byte{[]byte(`{"type": "object"}`), []byte("{\n}")})).Draw(t, "schema")
			p.Tools = append(p.Tools, quire.Tool{Name: s("name"), Description: s("words"), Schema: schema})
		}
		for range rapid.IntRange(0, 4).Draw(t, "messages") {
			p.Messages = append(p.Messages, quire.PromptMessage{
				Role: quire.Role(s("role")), Parts: parts(1).Draw(t, "parts"), Seq: rapid.Uint64().Draw(t, "seq"),
			})
		}
		return p
	})
}

func replies() *rapid.Generator[*quire.Reply] {
	return rapid.Custom(func(t *rapid.T) *quire.Reply {
		return &quire.Reply{
			ID: texts().Draw(t, "id"), Model: texts().Draw(t, "model"), Parts: parts(0).Draw(t, "parts"),
			Stop: quire.StopReason(texts().Draw(t, "stop")), Marks: marks().Draw(t, "marks"),
			Usage: quire.Usage{Input: rapid.Int().Draw(t, "in"), CachedInput: rapid.Int().Draw(t, "cached"), Output: rapid.Int().Draw(t, "out")},
		}
	})
}

// bytesOf writes a prompt or reply as the file does: what has to come back.
func replyBytes(t require.TestingT, r *quire.Reply) string {
	b, err := appendReply(nil, r)
	require.NoError(t, err)
	return string(b)
}

func promptBytes(t require.TestingT, p *quire.Prompt) string {
	doc, err := promptDoc(p)
	require.NoError(t, err)
	for _, m := range p.Messages {
		b, err := appendMessage(nil, &m, true)
		require.NoError(t, err)
		doc = append(doc, b...)
	}
	for _, tool := range p.Tools {
		doc = append(append(doc, '\n'), tool.Schema...)
	}
	return string(doc)
}

// TestEverythingComesBack: any prompt with any reply or error, recorded and played
// from the file, is the same to the byte as quire encodes it.
func TestEverythingComesBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.jsonl")
	rapid.Check(t, func(t *rapid.T) {
		p, reply := prompts().Draw(t, "prompt"), replies().Draw(t, "reply")
		var failure error
		if rapid.IntRange(0, 3).Draw(t, "fails") == 0 {
			failure = &providers.Error{
				Provider: texts().Draw(t, "provider"), Code: providers.Code(texts().Draw(t, "code")), Status: rapid.Int().Draw(t, "status"),
				RetryAfter: durations().Draw(t, "after"), Err: errors.New(jsontext.Clean(texts().Draw(t, "words")) + "."),
			}
		}
		real := answers{reply, failure}
		rec, err := Open(path, &Options{Mode: Record})
		require.NoError(t, err)
		wantDeltas, wantErr := drain(rec.Model(real), p)
		_, _ = rec.Model(real).Generate(bg, p)
		_, _ = rec.Model(real).(providers.TokenCounter).CountTokens(bg, p)
		require.NoError(t, rec.Close())
		content, err := os.ReadFile(path)
		require.NoError(t, err)

		rec, err = Open(path, nil)
		require.NoError(t, err)
		require.Empty(t, rec.Notes())
		m := rec.Model(nil)
		gotDeltas, gotErr := drain(m, p)
		sameError(t, wantErr, gotErr)
		require.Len(t, gotDeltas, len(wantDeltas))
		for i := range wantDeltas {
			want, err := rec.appendDelta(nil, &wantDeltas[i])
			require.NoError(t, err)
			got, err := rec.appendDelta(nil, &gotDeltas[i])
			require.NoError(t, err)
			require.Equal(t, string(want), string(got))
		}
		r, err := m.Generate(bg, p)
		sameError(t, failure, err)
		n, err := m.(providers.TokenCounter).CountTokens(bg, p)
		sameError(t, failure, err)
		if failure == nil {
			require.Equal(t, replyBytes(t, reply), replyBytes(t, r))
			require.Equal(t, 42, n)
		}
		require.Empty(t, rec.Unused())
		require.Len(t, rec.Prompts(), 2)
		require.Equal(t, promptBytes(t, p), promptBytes(t, rec.Prompts()[0]))

		again, err := Open(path, &Options{Mode: ReplayOrRecord}) // which must change nothing
		require.NoError(t, err)
		require.NoError(t, again.Close())
		after, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, content, after)
	})
}

func sameError(t require.TestingT, want, got error) {
	var a, b *providers.Error
	if !errors.As(want, &a) {
		require.NoError(t, got)
		return
	}
	require.ErrorAs(t, got, &b)
	require.Equal(t, jsontext.Clean(a.Error()), jsontext.Clean(b.Error()))
	require.Equal(t, jsontext.Clean(string(a.Code)), string(b.Code))
	require.Equal(t, a.RetryAfter, b.RetryAfter)
}

// TestNoFieldIsForgotten: who adds a field to what is recorded has to record it.
func TestNoFieldIsForgotten(t *testing.T) {
	var p quire.Prompt
	var r quire.Reply
	fill(reflect.ValueOf(&p).Elem())
	fill(reflect.ValueOf(&r).Elem())
	d := quire.Delta{Text: "t", Reasoning: "r", ToolCall: &quire.ToolCall{ID: "1", Name: "n", Args: "{}", Signature: "s"}, Reply: &r}
	require.Equal(t, 4, reflect.TypeOf(d).NumField(), "quire.Delta has another field: record it, and set it here")
	rec := recordOf(t, nil)
	require.NoError(t, rec.writeCall(&p, []quire.Delta{d}))
	again := rec.reopen(t)
	assert.Equal(t, &p, again.Prompts()[0])
	got, err := drain(again.Model(nil), &p)
	require.NoError(t, err)
	assert.Equal(t, []quire.Delta{d}, got)
}

// fill gives every field a value that is not zero.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString("x")
	case reflect.Int, reflect.Int64:
		v.SetInt(7)
	case reflect.Uint64:
		v.SetUint(7)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i))
		}
	case reflect.Slice:
		switch v.Type() {
		case reflect.TypeFor[[]byte]():
			v.SetBytes([]byte(`{"type":"object"}`))
		case reflect.TypeFor[[]quire.Part]():
			v.Set(reflect.ValueOf([]quire.Part{quire.Text{Text: "x"}}))
		default:
			v.Set(reflect.MakeSlice(v.Type(), 1, 1))
			fill(v.Index(0))
		}
	default:
		panic("a field of a kind that fill does not know: " + v.Type().String())
	}
}

// FuzzBody: any bytes come back from a line, and never break one.
func FuzzBody(f *testing.F) {
	for _, s := range []string{"", "{}", `{"a": [1.0, "\u00e9"] }`, "{\n}", "{}x", "\xff", "data: {}\n\n", `{"a":1,"a":2}`, "[1", "[\"\\ud800\"]"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		q := &request{method: "POST", url: "http://a/b", body: in}
		l := q.begin(&Recording{})
		l.end(endWhole)
		require.NoError(t, l.err)
		p := parser{}
		require.NoError(t, p.parse(append([]byte(firstLine), l.b...)), string(l.b))
		require.Len(t, p.done, 1)
		assert.Equal(t, string(in), string(p.done[0].doc))
	})
}

// FuzzParse: a file that is anything is read or refused, and what is sound of it is
// sound.
func FuzzParse(f *testing.F) {
	rec := recordOf(f, nil)
	_, _ = rec.Model(scripted.New(scripted.Call("ls", "{}"))).Generate(bg, hello())
	content, err := os.ReadFile(rec.path)
	require.NoError(f, err)
	f.Add(content)
	f.Add(append(content, `{"request":{"method":"GET","url":"http://a/b?alt=sse"}}`+"\n"+`{"response":{"status":200,"stream":true}}`+"\n"+`{"chunk":{"text":"a"}}`+"\n"+`{"failure":{"text":"EOF"}}`...))
	f.Fuzz(func(t *testing.T, in []byte) {
		var p parser
		if err := p.parse(in); err != nil {
			var fe *formatError
			require.ErrorAs(t, err, &fe)
			return
		}
		var again parser
		require.NoError(t, again.parse(in[:p.sound]))
		require.Equal(t, p.sound, again.sound)
		require.Len(t, again.done, len(p.done))
		require.Empty(t, again.notes)
		for _, x := range p.done {
			require.True(t, x.key.kind == kindRequest || json.Valid(x.doc))
		}
	})
}

var _ io.Reader = (*keeper)(nil)
