package transcript

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/require"
)

// wideOf is a text in UTF-16.
func wideOf(s string, order binary.ByteOrder, mark bool) string {
	var b bytes.Buffer
	units := utf16.Encode([]rune(s))
	if mark {
		units = append([]uint16{0xfeff}, units...)
	}
	for _, u := range units {
		_ = binary.Write(&b, order, u)
	}
	return b.String()
}

// A file in another encoding holds the same.
func TestEncodings(t *testing.T) {
	for _, name := range []string{"thread.jsonl", "chat.json", "messages.jsonl", "loop.json", "folder.mbox"} {
		plain := testdata(t, name)
		want := dump(readString(t, plain, nil))
		for _, mark := range []bool{true, false} {
			require.Equal(t, want, dump(readString(t, wideOf(plain, binary.LittleEndian, mark), nil)), name)
			require.Equal(t, want, dump(readString(t, wideOf(plain, binary.BigEndian, mark), nil)), name)
		}
		require.Equal(t, want, dump(readString(t, "\ufeff"+plain, nil)), name)
		require.Equal(t, want, dump(readString(t, string(zip(t, wideOf(plain, binary.LittleEndian, true))), nil)), name)
		if !strings.HasSuffix(name, "mbox") {
			got := dump(readString(t, strings.ReplaceAll(plain, "\n", "\r\n"), nil)) // schemas are kept as they stand
			require.Equal(t, want, strings.ReplaceAll(got, "\r\n", "\n"), name)
		}
	}
	in := `{"role":"user","content":"𝄞 und ü"}` + "\n"
	require.Equal(t, "test: user=𝄞 und ü\n", tell(readString(t, wideOf(in, binary.BigEndian, false), nil)))
	half := wideOf(in, binary.LittleEndian, true)
	require.Equal(t, "test: user=𝄞 und ü\n0 truncated\n", tell(readString(t, half+"x", nil)))
	lone := strings.Replace(half, "\xdd", "\x20", 1) // the second half of the pair
	require.Contains(t, tell(readString(t, lone, nil)), "user=\ufffd")
}

// A program appended UTF-16 to a file in UTF-8, and files with marks were put together.
func TestMixedEncodings(t *testing.T) {
	a, b, c := `{"role":"user","content":"a"}`+"\n", `{"role":"assistant","content":"b"}`+"\r\n", `{"role":"user","content":"ç"}`+"\r\n"
	want := "test: user=a A=b user=ç 0-1\n"
	require.Equal(t, want, tell(readString(t, a+wideOf(b+c, binary.LittleEndian, false), nil)))
	require.Equal(t, want, tell(readString(t, a+wideOf(b+c, binary.LittleEndian, true), nil)))
	require.Equal(t, want, tell(readString(t, a+"\ufeff"+b+"\ufeff"+c, nil)))
}

// What a crash of the machine leaves: runs of zero bytes.
func TestZeros(t *testing.T) {
	a, b := `{"role":"user","content":"a"}`+"\n", `{"role":"assistant","content":"b"}`+"\n"
	zeros := strings.Repeat("\x00", 4096)
	for in, want := range map[string]string{
		a + zeros + "\n" + b:   "test: user=a A=b 0-1\n2 unreadable\n",
		a + zeros + b:          "test: user=a A=b 0-1\n2 unreadable\n",
		zeros + a + b:          "test: user=a A=b 0-1\n1 unreadable\n",
		zeros + "\n" + a + b:   "test: user=a A=b 0-1\n1 unreadable\n",
		a + b + zeros:          "test: user=a A=b 0-1\n3 unreadable\n",
		a + b[:20] + zeros + b: "test: user=a A=b 0-1\n2 unreadable\n",
	} {
		require.Equal(t, want, tell(readString(t, in, nil)), "%.60q", strings.ReplaceAll(in, zeros, "0"))
	}
	_, err := Read(context.Background(), strings.NewReader(zeros), "x", nil)
	require.ErrorIs(t, err, errFormat)
}

// Lines that stand on one line, or in each other, are taken apart.
func TestSplicedLines(t *testing.T) {
	u := strings.TrimSpace(said("S", "user", "u", "", "q", ""))
	a := strings.TrimSpace(said("S", "assistant", "a", "u", `[{"type":"text","text":"A {\"x\":1}"}]`, ""))
	v := strings.TrimSpace(said("S", "user", "v", "a", "more", ""))
	b := strings.TrimSpace(said("S", "assistant", "b", "v", "B", ""))
	all := "S: user=q A=A {\"x\":1} user=more A=B 0-1 0-3\n"
	for name, c := range map[string]struct{ in, want string }{
		"two on one":        {u + a + "\n" + v + "\n" + b, all},
		"all on one":        {u + " " + a + v + b, all},
		"half before":       {u + "\n" + a[:80] + a + "\n" + v + "\n" + b, all + "2 unreadable\n"},
		"half in the first": {u[:70] + u + "\n" + a + "\n" + v + "\n" + b, all + "1 unreadable\n"},
		"one in another":    {u + "\n" + v[:90] + a + v[90:] + "\n" + v + "\n" + b, all + "2 unreadable\n2 unreadable\n"},
		"the last cut off":  {u + "\n" + a + "\n" + v + "\n" + b[:60], "S: user=q A=A {\"x\":1} user=more 0-1\n4 unreadable\n"},
		"a message in half": {u + "\n" + a + "\n" + v + "\n" + b[:len(b)-1], "S: user=q A=A {\"x\":1} user=more 0-1\n4 unreadable\n"},
		"only one line":     {u[:40] + u, "S: user=q\n1 unreadable\n"},
		"words between":     {u + "oops" + a + "\n" + v + "\n" + b, all + "1 unreadable\n"},
	} {
		require.Equal(t, c.want, tell(readString(t, c.in, nil)), name)
	}
	x, y := `{"role":"user","content":"x"}`, `{"role":"assistant","content":"y"}`
	for in, want := range map[string]string{
		x + y:                            "test: user=x A=y 0-1\n",
		x + "\n" + y[:22] + y:            "test: user=x A=y 0-1\n2 unreadable\n",
		x + "\n" + y[:30] + x + "\n" + y: "test: user=x user=x A=y 0-2\n2 unreadable\n",
	} {
		require.Equal(t, want, tell(readString(t, in, nil)), in)
	}
}

// What stands behind the damage in a document is read too.
func TestBehindDamage(t *testing.T) {
	damaged := strings.Replace(chatStart, `"content":"b"`, `"content":"b`+"\n", 1) + `,{"role":"assistant","content":"d"}]`
	require.Equal(t, "test: user=a user=c A=d 0-2\n1 unreadable\n", tell(readString(t, damaged, nil)))
	runs := "[\n" + `{"id":"one","messages":[{"role":"user","content":"a"}]},` + "\n" + `{"id":"two","messages":[{"role":"user",oops}]},` + "\n" +
		`{"id":"three","messages":[{"role":"user","content":"c"}]}` + "\n]"
	rec := readString(t, runs, nil)
	require.Equal(t, "one: user=a\nthree: user=c\n3 unreadable\n", tell(rec))
	require.Equal(t, 4, rec.Sessions[1].Messages[0].Line)
}

// A file may hold lines of several programs.
func TestLinesOfSeveralPrograms(t *testing.T) {
	in := said("S", "user", "u", "", "q", "") +
		`{"timestamp":"2026-03-01T10:00:00Z","type":"session_meta","payload":{"id":"X"}}` + "\n" +
		`{"type":"response_item","payload":{"type":"message","role":"user","content":[{"type":"input_text","text":"p"}]}}` + "\n" +
		`{"sessionId":"G","projectHash":"h","startTime":"2026-03-01T10:00:00Z"}` + "\n" +
		`{"id":"1","type":"user","content":"r"}` + "\n" +
		`{"role":"user","content":"s"}` + "\n" +
		`{"what":"else"}` + "\n"
	require.Equal(t, "S: user=q\nX: user=p\nG: user=r\ntest: user=s\n7 unreadable\n", tell(readString(t, in, nil)))
	// The same as one list.
	list := "[" + strings.ReplaceAll(strings.TrimSpace(in), "\n", ",\n") + "]"
	require.Equal(t, "S: user=q\nX: user=p\nG: user=r\ntest: user=s\n7 unreadable\n", tell(readString(t, list, nil)))
}

// The damage of others: the cases that were handed to us, where they are there.
func TestHandedCases(t *testing.T) {
	dir := os.Getenv("QUIRE_DATA")
	if dir == "" {
		t.Skip("QUIRE_DATA is not set: no cases to read")
	}
	for name, want := range map[string]string{
		"constant-message-id.jsonl": "S: 6 messages, calls 0-1 0-3 0-5\n",
		"compact-preserved.jsonl":   "S: 7 messages, calls 0-1 0-3 4-6\n",
		"two-sessions.jsonl":        "S: 2 messages, calls 0-1\nT: 2 messages, calls 0-1\n",
		"gemini-parts.json":         "gemini-parts: 3 messages, calls 0-1\n",
	} {
		path := filepath.Join(dir, "..", "cases", "transcripts", name)
		if _, err := os.Stat(path); err != nil {
			t.Skip(err)
		}
		rec, err := Open(context.Background(), path, nil)
		require.NoError(t, err)
		checkRecord(t, rec)
		require.Empty(t, rec.Problems, name)
		var got strings.Builder
		for _, s := range rec.Sessions {
			fmt.Fprintf(&got, "%s: %d messages, calls", s.ID, len(s.Messages))
			for _, c := range s.Calls {
				fmt.Fprintf(&got, " %d-%d", c.First, c.At)
			}
			got.WriteString("\n")
			for _, m := range s.Messages {
				require.NotEmpty(t, m.Parts, name)
			}
		}
		require.Equal(t, want, got.String(), name)
	}
}
