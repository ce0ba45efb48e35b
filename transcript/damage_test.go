package transcript

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
)

func readString(t testing.TB, s string, o *Options) *Record {
	rec, err := Read(context.Background(), strings.NewReader(s), "x/test.jsonl.gz", o)
	require.NoError(t, err)
	checkRecord(t, rec)
	return rec
}

func zip(t testing.TB, s string) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := z.Write([]byte(s))
	require.NoError(t, err)
	require.NoError(t, z.Close())
	return b.Bytes()
}

func testdata(t testing.TB, name string) string {
	b, err := os.ReadFile("testdata/" + name)
	require.NoError(t, err)
	return string(b)
}

func codes(rec *Record) []string {
	var c []string
	for _, p := range rec.Problems {
		c = append(c, p.Code)
	}
	return c
}

const chatStart = `[{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"user","content":"c"}`

// TestWhatCannotBeReadIsNotEmpty: the reason is told, and only that.
func TestWhatCannotBeReadIsNotEmpty(t *testing.T) {
	folder := t.TempDir()
	_, err := Open(context.Background(), folder, nil)
	require.EqualError(t, err, "transcript: "+folder+": it is a folder: name the files in it")
	require.ErrorIs(t, err, errFolder)
	broken := errors.New("the cable was pulled")
	_, err = Read(context.Background(), iotest.ErrReader(broken), "odd.json", nil)
	require.EqualError(t, err, "transcript: odd.json: the cable was pulled")
	require.ErrorIs(t, err, broken)
	_, err = Read(context.Background(), strings.NewReader("\x1f\x8b\x08"), "odd.json", nil)
	require.EqualError(t, err, "transcript: odd.json: gzip: unexpected EOF")
	require.NotErrorIs(t, err, errEmpty)
}

func TestNothingReadable(t *testing.T) {
	cases := []struct {
		name, content string
		want          error
	}{
		{"empty", "", errEmpty},
		{"blank", "\n \n\t\n", errEmpty},
		{"words", "Dear diary,\ntoday it rained.\n", errFormat},
		{"binary", "\x00\x01\x02\xff\xfe", errFormat},
		{"other JSON", `{"weather":"fog"}`, ErrNothing},
		{"other lines", "{\"a\":1}\n{\"b\":2}\n", ErrNothing},
		{"no messages", `{"messages":[]}`, ErrNothing},
		{"a number", "17", errFormat},
		{"half an object", `{"messages":`, ErrNothing},
		{"mail without mails", "From x\n\n", ErrNothing},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			rec, err := Read(context.Background(), strings.NewReader(c.content), "odd.json", nil)
			require.Nil(t, rec)
			var e *fileError
			require.ErrorAs(t, err, &e)
			require.Equal(t, "odd.json", e.Path)
			require.ErrorIs(t, err, c.want)
		})
	}
}

func TestMissingFile(t *testing.T) {
	_, err := Open(context.Background(), "testdata/none.jsonl", nil)
	var e *fileError
	require.ErrorAs(t, err, &e)
	require.ErrorIs(t, err, fs.ErrNotExist)
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	rec, err := Open(ctx, "testdata/thread.jsonl", nil)
	require.Nil(t, rec)
	require.Equal(t, context.Canceled, err)
}

// Whatever is behind a cut does not change what was before it, except for the
// last message of a run that has no end.
func TestTruncated(t *testing.T) {
	for _, name := range []string{"thread.jsonl", "chat.json", "runs.json", "messages.jsonl", "loop.json", "folder.mbox"} {
		t.Run(name, func(t *testing.T) {
			whole := testdata(t, name)
			full := readString(t, whole, &Options{Environment: "user"})
			read := 0
			for cut := 1; cut < len(whole); cut += 1 + len(whole)/200 {
				rec, err := Read(context.Background(), strings.NewReader(whole[:cut]), "test.jsonl", &Options{Environment: "user"})
				if err != nil {
					require.Less(t, cut, len(whole)/2, "half of it is there, and nothing was read: %v", err)
					continue
				}
				read++
				checkRecord(t, rec)
				require.LessOrEqual(t, len(rec.Sessions), len(full.Sessions))
			}
			require.Positive(t, read)
		})
	}
}

func TestTruncatedDocument(t *testing.T) {
	rec := readString(t, chatStart+`,{"role":"assis`, nil)
	require.Len(t, rec.Sessions[0].Messages, 3)
	require.Equal(t, []string{codeTruncated}, codes(rec))

	rec = readString(t, `{"instance_id":"z","messages":`+chatStart+`,{"role":"assis`, nil)
	require.Equal(t, "z", rec.Sessions[0].ID)
	require.Len(t, rec.Sessions[0].Messages, 3)
	require.Equal(t, []string{codeTruncated}, codes(rec))
}

func TestGzip(t *testing.T) {
	plain := testdata(t, "thread.jsonl")
	z := zip(t, plain)
	rec := readString(t, string(z), nil)
	require.Equal(t, dump(readString(t, plain, nil)), dump(rec))

	cut := readString(t, string(z[:len(z)*2/3]), nil)
	last := cut.Problems[len(cut.Problems)-1]
	require.Equal(t, codeTruncated, last.Code)
	for i, m := range cut.Sessions[0].Messages {
		if m.Kind != quire.KindTurn { // a turn may have lost its last lines
			require.Equal(t, rec.Sessions[0].Messages[i].ID, m.ID)
		}
	}

	z[len(z)-6] ^= 1 // the checksum
	require.Contains(t, codes(readString(t, string(z), nil)), codeTruncated)

	_, err := Read(context.Background(), bytes.NewReader(z[:5]), "x", nil)
	var e *fileError
	require.ErrorAs(t, err, &e)
}

func TestLimits(t *testing.T) {
	long := `{"role":"user","content":"` + strings.Repeat("x", 1000) + `"}`
	in := `{"role":"user","content":"a"}` + "\n" + long + "\n" + `{"role":"assistant","content":"b"}` + "\n"
	rec := readString(t, in, &Options{MaxLine: 500})
	require.Equal(t, []string{codeTooLong}, codes(rec))
	require.Equal(t, 2, rec.Problems[0].Line)
	require.Len(t, rec.Sessions[0].Messages, 2)
	require.Equal(t, 3, rec.Sessions[0].Messages[1].Line)

	require.Empty(t, readString(t, in, &Options{MaxBytes: int64(len(in))}).Problems)
	rec = readString(t, in, &Options{MaxBytes: int64(len(in)) - 5})
	require.Equal(t, []string{codeUnreadable, codeTruncated}, codes(rec))
	require.Len(t, rec.Sessions[0].Messages, 2)
}

func TestLongLine(t *testing.T) {
	if testing.Short() {
		t.Skip("50 MB")
	}
	body := strings.Repeat("word ", 10<<20)
	for _, in := range []string{
		`{"role":"user","content":"` + body + `"}` + "\n" + `{"role":"assistant","content":"b"}`,
		`{"type":"user","uuid":"a","message":{"role":"user","content":"` + body + `"}}`,
		`{"messages":[{"role":"user","content":"` + body + `"}]}`,
	} {
		rec := readString(t, in, nil)
		require.Empty(t, rec.Problems)
		require.Len(t, quire.PlainText(rec.Sessions[0].Messages[0].Parts), len(body))
	}
}

func TestDeepNesting(t *testing.T) {
	deep := strings.Repeat("[", 200_000)
	results := strings.Repeat(`[{"type":"tool_result","content":`, 3000) + `"x"` + strings.Repeat(`}]`, 3000)
	cases := map[string]string{
		"document":    deep,
		"content":     `{"messages":[{"role":"user","content":"a"},{"role":"user","content":` + deep,
		"other field": `{"messages":[{"role":"user","content":"a"}],"x":` + deep,
		"odd list":    `{"messages":[{"role":"user","content":"a"}],"history":` + deep,
		"line":        `{"type":"user","uuid":"a","message":{"role":"user","content":"a"}}` + "\n" + `{"type":"user","uuid":"b","message":` + deep + "\n",
		"results":     `{"messages":[{"role":"user","content":"a"},{"role":"user","content":` + results + `}]}`,
	}
	for name, in := range cases {
		t.Run(name, func(t *testing.T) {
			rec, err := Read(context.Background(), strings.NewReader(in), "deep", nil)
			if name == "document" {
				require.Error(t, err)
				return
			}
			require.NoError(t, err)
			require.NotEmpty(t, rec.Problems)
			require.NotEmpty(t, rec.Sessions[0].Messages)
		})
	}
}

// A thread in which every line is a branch of its own must not be copied for
// each of them.
func TestManyBranches(t *testing.T) {
	var b strings.Builder
	const n = 3000
	line := `{"type":%q,"uuid":"%d","parentUuid":%q,"sessionId":"s","message":{"role":%[1]q,"id":"m%[2]d","content":"x"}}` + "\n"
	for i := range n {
		fmt.Fprintf(&b, line, "assistant", i, fmt.Sprint(i-1))
	}
	for i := range n {
		fmt.Fprintf(&b, line, "assistant", n+i, fmt.Sprint(n-1))
	}
	rec := readString(t, b.String(), nil)
	require.Len(t, rec.Sessions, 1+maxBranches)
	require.Equal(t, maxProblems, len(rec.Problems))
	require.Positive(t, rec.Omitted)
	calls := 0
	for _, s := range rec.Sessions {
		calls += len(s.Calls)
	}
	require.Equal(t, n+1+maxBranches, calls)
}

// Damage must not make a thread follow itself.
func TestCircle(t *testing.T) {
	line := `{"type":"user","uuid":%q,"parentUuid":%q,"message":{"role":"user","content":"x"}}` + "\n"
	rec := readString(t, fmt.Sprintf(line+line+line, "a", "b", "b", "a", "c", "c"), nil)
	require.Equal(t, []string{codeGap}, codes(rec))
	require.Len(t, rec.Sessions[0].Messages, 3)
}

func TestProblemsAreCounted(t *testing.T) {
	rec := readString(t, `{"role":"user","content":"a"}`+"\n"+strings.Repeat("bad\n", maxProblems+7), nil)
	require.Len(t, rec.Problems, maxProblems)
	require.Equal(t, 7, rec.Omitted)
	require.True(t, errors.Is(rec.Problems[0].Err, rec.Problems[0].Err))
	require.Equal(t, `line 2: unreadable: not a JSON object: "bad"`, rec.Problems[0].String())
}

func TestInvalidUTF8(t *testing.T) {
	rec := readString(t, `{"role":"assistant","content":[{"type":"text","text":"a`+"\xff"+`"},{"type":"odd","v":"`+"\xfe"+`"},{"type":"tool_use","id":"1","name":"n","input":{"v":"`+"\xfd"+`"}}]}`, nil)
	parts := rec.Sessions[0].Messages[0].Parts
	require.Equal(t, quire.Text{Text: "a\ufffd"}, parts[0])
	require.Equal(t, `{"type":"odd","v":"`+"\ufffd"+`"}`, string(parts[1].(quire.Opaque).Raw))
	require.Equal(t, `{"v":"`+"\ufffd"+`"}`, parts[2].(quire.ToolCall).Args)
}
