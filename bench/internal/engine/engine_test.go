package engine

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// small is a vocabulary of single letters and of some longer tokens.
func small(t *testing.T) *vocabulary {
	t.Helper()
	letters := alphabet()
	vocab := map[string]int{}
	for _, r := range letters {
		vocab[string(r)] = len(vocab)
	}
	for _, text := range []string{"\n\n", "mail", "_find", `{"`, `":"`, `","`, `":{"`, `"}}`, "tt", "nothing", "Thank you", "invoice", `"invoice"`, "name", "arguments", "words", " that", " is", " noted", " and", " else", " remains", " open", "}}"} {
		vocab[spelled(text)] = len(vocab)
	}
	file, err := json.Marshal(map[string]any{
		"model": map[string]any{"vocab": vocab, "merges": []any{[]string{"t", "t"}, "m a"}},
		"added_tokens": []any{
			map[string]any{"id": len(vocab), "content": "<|im_end|>", "special": true},
			map[string]any{"id": len(vocab) + 1, "content": "<tool_call>"}, map[string]any{"id": len(vocab) + 2, "content": "</tool_call>"},
		},
	})
	require.NoError(t, err)
	var tgz bytes.Buffer
	zip := gzip.NewWriter(&tgz)
	files := tar.NewWriter(zip)
	require.NoError(t, files.WriteHeader(&tar.Header{Name: "package/models/tokenizer.json", Size: int64(len(file)), Mode: 0o600}))
	_, err = files.Write(file)
	require.NoError(t, err)
	require.NoError(t, files.Close())
	require.NoError(t, zip.Close())
	v, err := readVocabulary(&tgz)
	require.NoError(t, err)
	return v
}

// TestVocabulary: tokens by id, kinds, merges in both forms, and room at the end.
func TestVocabulary(t *testing.T) {
	v := small(t)
	assert.Zero(t, len(v.tokens)%64)
	assert.Equal(t, "Ċ", v.tokens[v.ids[spelled("\n")]])
	assert.Equal(t, "Ġthat", spelled(" that"))
	assert.Equal(t, []string{"t t", "m a"}, v.merges)
	assert.EqualValues(t, kindControl, v.kinds[v.special["<|im_end|>"]])
	assert.EqualValues(t, kindUser, v.kinds[v.special["<tool_call>"]])
	assert.EqualValues(t, kindUnused, v.kinds[len(v.tokens)-1])
	_, err := readVocabulary(bytes.NewReader(nil))
	assert.Error(t, err)
}

// TestTheModelSaysItsTwoAnswers: following the head from either beginning spells the
// answer and ends; no token stands in both chains or twice in one.
func TestTheModelSaysItsTwoAnswers(t *testing.T) {
	v := small(t)
	next, err := programmed(v)
	require.NoError(t, err)
	end := v.special["<|im_end|>"]
	seen := map[int]bool{}
	for from, want := range map[string]string{"\n": Called, "\n\n": Said} {
		text := ""
		at := v.ids[spelled(from)]
		for at = next[at]; at != end; at = next[at] {
			require.False(t, seen[at], v.tokens[at])
			seen[at] = true
			text += v.tokens[at]
		}
		spelling := spelled(want)
		assert.Equal(t, spelling, text)
	}
	_, err = v.chain("tttttttt", map[int]bool{})
	assert.Error(t, err, "its tokens are used up")
}

// TestModelFile reads the file back as its format says: every tensor where it is said to be.
func TestModelFile(t *testing.T) {
	v := small(t)
	var file bytes.Buffer
	require.NoError(t, writeModel(&file, v))
	var again bytes.Buffer
	require.NoError(t, writeModel(&again, v))
	assert.True(t, bytes.Equal(file.Bytes(), again.Bytes()), "the same bytes each time")

	b := file.Bytes()
	at := 0
	u32 := func() int { at += 4; return int(binary.LittleEndian.Uint32(b[at-4:])) }
	u64 := func() int { at += 8; return int(binary.LittleEndian.Uint64(b[at-8:])) }
	str := func() string { n := u64(); at += n; return string(b[at-n : at]) }
	assert.Equal(t, "GGUF", string(b[:4]))
	at = 4
	assert.Equal(t, 3, u32())
	tensors, values := u64(), u64()
	assert.Equal(t, 12, tensors)
	for range values {
		key := str()
		switch typ := u32(); typ {
		case typeString:
			str()
		case typeUint32, typeFloat32:
			at += 4
		case typeBool:
			at++
		case typeArray:
			inner, n := u32(), u64()
			for range n {
				if inner == typeString {
					str()
				} else {
					at += 4
				}
			}
			if key == "tokenizer.ggml.tokens" {
				assert.Equal(t, len(v.tokens), n)
			}
		default:
			t.Fatalf("%s has the type %d", key, typ)
		}
	}
	size := 0
	for range tensors {
		name := str()
		n := 1
		for range u32() {
			n *= u64()
		}
		bytesEach := map[int]int{ggmlF32: 4, ggmlF16: 2}[u32()]
		assert.Equal(t, size, u64(), name)
		size += n*bytesEach + padding(n*bytesEach)
	}
	assert.Equal(t, len(b), at+padding(at)+size)
}

// TestFloat16 against the values that the format of two bytes has.
func TestFloat16(t *testing.T) {
	for x, want := range map[float32]uint16{0: 0, 1: 0x3c00, -2: 0xc000, 0.5: 0x3800, 65504: 0x7bff, 1e6: 0x7c00, 1e-8: 0, 0.02: 0x251f} {
		assert.Equal(t, want, float16(x), "%v", x)
	}
	for _, x := range random(1, 1000, 1) {
		h := float16(x)
		back := math.Ldexp(1+float64(h&0x3ff)/1024, int(h>>10&31)-15)
		assert.InEpsilon(t, math.Abs(float64(x)), back, 1.0/2048)
	}
}

// TestLog: one line for each call, whenever it is written, and no other call's.
func TestLog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	write := func(text string) {
		f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		require.NoError(t, err)
		_, err = f.WriteString(text)
		require.NoError(t, err)
		require.NoError(t, f.Close())
	}
	line := func(prompt, used string) string {
		return `time=2026 level=DEBUG source=cache.go:104 msg="loading cache slot" id=0 cache=90 prompt=` + prompt + ` used=` + used + ` remaining=1` + "\n"
	}
	write(line("1", "1"))
	l, err := follow(path)
	require.NoError(t, err)
	defer l.close()
	write("something else\n" + line("100", "80") + "level=DEBUG half of a")
	used, err := l.cached(100)
	require.NoError(t, err)
	assert.Equal(t, 80, used)
	write(" line\n" + line("120", "100"))
	_, err = l.cached(119)
	assert.ErrorContains(t, err, "120 tokens, the reply of 119")
	write(line("1", "1") + line("2", "2"))
	_, err = l.cached(2)
	assert.ErrorContains(t, err, "2 calls")
	_, err = l.cached(2)
	assert.ErrorContains(t, err, "0 calls")
	none, err := follow("")
	require.NoError(t, err)
	used, err = none.cached(5)
	require.NoError(t, err)
	assert.Equal(t, -1, used)
}

// TestRows: errors are shares of what was reported, and what is over a bound is counted.
func TestRows(t *testing.T) {
	rows := Rows([]Call{
		{Estimate: 90, Input: 100, Reads: 0, Cached: 0},
		{Estimate: 103, Bound: 99, Input: 100, Reads: 60, Cached: 50},
		{Estimate: 100, Bound: 100, Input: 100, Reads: 52, Cached: 50},
	})
	require.Len(t, rows, 2)
	all := rows[1]
	assert.Equal(t, "all", all.Calls)
	assert.InDelta(t, 0.13/3, all.Error, 1e-9)
	assert.InDelta(t, 0.10, all.Worst, 1e-9)
	assert.Equal(t, [4]int{1, 2, 1, 300}, [4]int{all.Over, all.Bounded, all.Near, all.Input})
	assert.InDelta(t, 0.10, all.WorstRead, 1e-9)
	assert.Equal(t, [2]int{100, 112}, [2]int{all.Cached, all.Reads})
	assert.Equal(t, -1, Rows([]Call{{Input: 10, Cached: -1}})[0].Cached)
}

// TestLifeOnAServer runs 80 calls against the server that QUIRE_OLLAMA names. Its answers
// mean nothing, whatever model it is: this proves format, accounting and caching.
func TestLifeOnAServer(t *testing.T) {
	if os.Getenv("QUIRE_OLLAMA") == "" {
		t.Skip("QUIRE_OLLAMA names no server: go run ./bench server -dir DIR go test ./bench/internal/engine starts one")
	}
	o, err := Parse([]string{"-calls", "80"}, os.Stderr)
	require.NoError(t, err)
	var calls []Call
	require.NoError(t, Live(t.Context(), o, func(c Call) {
		t.Logf("%+v", c)
		calls = append(calls, c)
	}))
	require.Len(t, calls, 80)
	rows := Rows(calls)
	all := rows[len(rows)-1]
	assert.Zero(t, all.Over, "bounds hold: %+v", all)
	assert.Equal(t, 79, all.Bounded)
	assert.LessOrEqual(t, rows[len(rows)-2].Error, 0.02, "after 50 calls estimates are near")
	assert.LessOrEqual(t, rows[len(rows)-2].Worst, 0.10, "also where much has just left")
	tools := 0
	for i, c := range calls {
		assert.LessOrEqual(t, c.Input, o.Window, "call %d", i+1)
		tools += c.Tools
	}
	if o.Model == ModelName {
		assert.Greater(t, tools, 30, "every other reply is a call")
	}
	if o.Log == "" {
		t.Log("QUIRE_OLLAMA_LOG is not set: what was cached is not known")
		return
	}
	assert.InEpsilon(t, all.Cached, all.Reads, 0.1, "%+v", all)
}
