package render

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestShortArgs(t *testing.T) {
	long := strings.Repeat("x", 200)
	gap := func(n int) string { return fmt.Sprintf("[… %d bytes left out; context_pull #41 …]", n) }
	for _, c := range []struct {
		name, in string
		keep     int
		want     string
	}{
		{"what fits keeps its bytes", `{"b": 1.50, "a" : 12345678901234567890123}`, 200, `{"b": 1.50, "a" : 12345678901234567890123}`},
		{"0 is all", `{"a":"` + long + `"}`, 0, `{"a":"` + long + `"}`},
		{"small ones are never cut", `{"a":"` + long[:110] + `"}`, 1, `{"a":"` + long[:110] + `"}`},
		{"order, names and numbers stay", `{"z<": 1e400, "n":12345678901234567890, "s":"` + long + `", "a": 1.0}`, 225,
			`{"z<":1e400,"n":12345678901234567890,"s":"` + long[:84] + gap(74) + long[:42] + `","a":1.0}`},
		{"between escapes", `"` + strings.Repeat(`\n`, 40) + strings.Repeat(`\ud83d\ude42`, 40) + `"`, 140, `"` + strings.Repeat(`\n`, 31) + gap(474) + strings.Repeat(`\ud83d\ude42`, 2) + `"`},
		{"between runes", `"` + strings.Repeat("漢", 80) + `"`, 130, `"` + strings.Repeat("漢", 18) + gap(159) + strings.Repeat("漢", 9) + `"`},
		{"a list loses its end", `{"l":[1,2,3,"` + long + `",5]}`, 1, `{"…":"` + gap(216) + `"}`},
		{"a number is whole or not there", `[` + strings.Repeat("9", 300) + `,1]`, 300, `["` + gap(300) + `",1]`},
		{"no JSON is cut as text", strings.Repeat("{oops ", 100), 200, strings.Repeat("{oops ", 100)[:47] + "\n[… 530 bytes left out; context_pull #41 shows any range …]\n" + strings.Repeat("{oops ", 100)[577:]},
		{"not UTF-8", "{\"a\":\"\xff\"}", 5, "{\"a\":\"\ufffd\"}"},
	} {
		t.Run(c.name, func(t *testing.T) {
			assert.Equal(t, c.want, shortArgs(c.in, 41, c.keep))
			checkArgs(t, c.in, c.keep)
		})
	}
}

// checkArgs checks what must hold of all arguments.
func checkArgs(t require.TestingT, args string, keep int) {
	got := shortArgs(args, 18446744073709551615, keep)
	assert.True(t, utf8.ValidString(got))
	assert.Equal(t, got, shortArgs(args, 18446744073709551615, keep))
	if keep <= 0 {
		return
	}
	clean := strings.ToValidUTF8(args, "\ufffd")
	assert.LessOrEqual(t, len(got), max(keep, minArgs), got)
	if utf8.ValidString(args) && len(args) <= keep {
		assert.Equal(t, args, got)
	}
	if json.Valid([]byte(clean)) && utf8.ValidString(args) {
		require.True(t, json.Valid([]byte(got)), "%s\nbecame\n%s", args, got)
		first := func(s string) byte { return strings.TrimLeft(s, jsonSpace)[0] }
		if c := first(args); c == '{' || c == '[' || c == '"' {
			assert.Equal(t, c, first(got), "the type stays")
		}
	}
}

func FuzzArgs(f *testing.F) {
	long := strings.Repeat("long ", 100)
	for _, s := range []string{
		"", "{}", "null", `{"a":"` + long + `"}`, `{"a":{"b":{"c":["` + long + `",1,2]}}}`, `[` + strings.Repeat("1,", 500) + `1]`,
		`{"` + long + `":1,"b":"` + long + `"}`, strings.Repeat("9", 400), strings.Repeat("[", 300) + strings.Repeat("]", 300),
		`"` + strings.Repeat(`\ud83d\ude42\u0000\"\\`, 30) + `"`, long, " {\n\"a\" :\t[" + strings.Repeat("{},", 200) + "{}] , \"b\":true} ", `"` + strings.Repeat(`\udead`, 50) + `"`,
	} {
		for _, keep := range []int{0, 1, 150, 300} {
			f.Add(s, keep)
		}
	}
	f.Fuzz(func(t *testing.T, args string, keep int) { checkArgs(t, args, keep) })
}

func TestShortArgsOfManyShapes(t *testing.T) {
	for n := 1; n < 3000; n = n*3/2 + 1 {
		str := `"` + strings.Repeat("s", n) + `"`
		for _, args := range []string{
			"[" + strings.TrimSuffix(strings.Repeat(str+",", 5), ",") + "]",
			`{"a":` + str + `,"b":[` + str + `,{"c":` + str + `}],` + str + `:1}`,
			"[" + strings.TrimSuffix(strings.Repeat("17,", n), ",") + "]",
			strings.Repeat(`{"k":[`, n) + strings.Repeat("]}", n),
		} {
			for keep := 1; keep < 2*n; keep = keep*2 + 1 {
				checkArgs(t, args, keep)
			}
		}
	}
}
