package transcript

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
)

// Contents of Gemini's API: a role and parts.
func TestGeminiContents(t *testing.T) {
	in := `[{"role":"user","parts":[{"text":"look"},{"inlineData":{"mimeType":"image/png","data":"iVBO"}},{"inlineData":{"mimeType":"audio/wav","data":"UklG"}}]},
{"role":"model","parts":[{"text":"hm","thought":true},{"functionCall":{"name":"f","args":{"n":1}},"thoughtSignature":"S"},{"functionCall":{"name":"f","args":{"n":2}}}]},
{"role":"user","parts":[{"functionResponse":{"name":"f","response":{"output":"one"}}},{"functionResponse":{"name":"f","response":{"error":"two"}}}]},
{"role":"model","parts":[{"executableCode":{"language":"PYTHON","code":"1"}},{"text":"Done.","thoughtSignature":"T"}]},
{"role":"user","parts":[{"functionResponse":{"id":"9","name":"g","response":{"a":[1,2]}}}]},
{"role":"user","parts":[{},7,"plain"]}]`
	rec := readString(t, in, nil)
	require.Equal(t, `test: user=look+image/png+?inlineData A=~hm+f#call-1.2{"n":1}+f#call-1.3{"n":2} R=one#call-1.2 R=two#call-1.3`+
		` A=?executableCode+Done.+~T R={"a":[1,2]}#9 user=plain 0-1 0-4`+"\n5 orphan-result\n6 field\n6 field\n", tell(rec))
	require.Equal(t, "S", rec.Sessions[0].Messages[1].Parts[1].(quire.ToolCall).Signature)
	require.True(t, rec.Sessions[0].Messages[3].Parts[0].(quire.ToolResult).IsError)
	// A role that is left out is the user's.
	require.Equal(t, "test: user=q\n", tell(readString(t, `[{"parts":[{"text":"q"}]}]`, nil)))
	require.Equal(t, "test: user=q\n", tell(readString(t, `{"contents":[{"parts":[{"text":"q"}]}]}`, nil)))
	// The names of Google's Python client, in a file of one of its checkpoints.
	snake := `{"history":[{"role":"user","parts":[{"inline_data":{"mime_type":"image/png","data":"iVBO"}}]},{"role":"model","parts":[{"function_call":{"id":"1","name":"f"}}]},` +
		`{"role":"function","parts":[{"function_response":{"id":"1","name":"f","response":{"result":"r"}}}]}]}`
	require.Equal(t, "test: user=image/png A=f#1{} R=r#1 0-1\n", tell(readString(t, snake, nil)))
}

const geminiHead = `{"sessionId":"G","projectHash":"h","startTime":"2026-03-01T10:00:00Z","lastUpdated":"2026-03-01T10:00:00Z","kind":"main"}` + "\n"

func gem(kind, id, content, more string) string {
	if content == "" || content[0] != '[' {
		content = fmt.Sprintf("%q", content)
	}
	return fmt.Sprintf(`{"id":%q,"timestamp":"2026-03-01T10:00:01.5Z","type":%q,"content":%s%s}`+"\n", id, kind, content, more)
}

const gemCall = `,"toolCalls":[{"id":"c1","name":"ls","args":{"dir":"."},"status":"success","result":[{"functionResponse":{"id":"c1","name":"ls","response":{"output":"a b"}}}],"resultDisplay":"2 files"}]`

func TestGeminiCLI(t *testing.T) {
	answer := gem("gemini", "2", "Listing.", `,"thoughts":[{"subject":"Plan","description":"list it","timestamp":"x"}],"model":"gemini-x"`)
	tokens := `,"thoughts":[{"subject":"Plan","description":"list it"}],"tokens":{"input":100,"output":7,"cached":40,"thoughts":5,"tool":0,"total":112},"model":"gemini-x"`
	in := geminiHead + gem("user", "1", `[{"text":"list"}]`, "") + `{"$set":{"lastUpdated":"2026-03-01T10:00:02Z"}}` + "\n" + gem("info", "i", "updated", "") +
		answer + gem("gemini", "2", "Listing.", tokens) + gem("gemini", "2", "Listing.", tokens+gemCall) +
		gem("user", "r", `[{"functionResponse":{"id":"c1","name":"ls","response":{"output":"a b"}}}]`, "") +
		gem("gemini", "3", "Two.", `,"tokens":{"input":130,"output":2,"cached":100,"thoughts":0,"total":132}`) + `{"$set":{"summary":"Listing"}}` + "\n"
	want := "G: user=list A=~Plan\nlist it+Listing.+ls#c1{\"dir\":\".\"} R=a b#c1 A=Two. 0-1/100 0-3/130\n"
	rec := readString(t, in, nil)
	require.Equal(t, want, tell(rec))
	s := rec.Sessions[0]
	require.Equal(t, "Listing", s.Title)
	require.Equal(t, quire.Usage{Input: 100, CachedInput: 40, Output: 12, Reasoning: 5}, s.Calls[0].Usage)
	require.False(t, s.Messages[0].Time.IsZero())
	// Older versions wrote one document.
	var list []string
	for l := range strings.SplitSeq(strings.TrimSpace(in), "\n") {
		if strings.HasPrefix(l, `{"id"`) {
			list = append(list, l)
		}
	}
	old := strings.TrimSuffix(strings.TrimSpace(geminiHead), "}") + `,"summary":"Listing","messages":[` + strings.Join(list, ",\n ") + "]}"
	rec = readString(t, old, nil)
	require.Equal(t, want, tell(rec))
	require.Equal(t, "Listing", rec.Sessions[0].Title)
}

func TestGeminiCLIGoesBack(t *testing.T) {
	start := geminiHead + gem("user", "1", "one", "") + gem("gemini", "2", "A", "")
	two := gem("user", "3", "two", "") + gem("gemini", "4", "B", "")
	rec := readString(t, start+two+`{"$rewindTo":"3"}`+"\n"+gem("user", "5", "three", "")+gem("gemini", "6", "C", ""), nil)
	require.Equal(t, "G: user=one A=A user=three A=C 0-1 0-3\nG~2: user=one A=A user=two A=B 0-3\n", tell(rec))
	// To a message that is not there: to the beginning.
	rec = readString(t, start+`{"$rewindTo":"nowhere"}`+"\n"+gem("user", "5", "three", ""), nil)
	require.Equal(t, "G: user=three\nG~2: user=one A=A 0-1\n", tell(rec))
	// The same id anew, after its message was taken back.
	rec = readString(t, start+two+`{"$rewindTo":"3"}`+"\n"+gem("user", "3", "three", ""), nil)
	require.Equal(t, "G: user=one A=A user=three 0-1\nG~2: user=one A=A user=two A=B 0-3\n", tell(rec))
}

func TestGeminiCLICompacts(t *testing.T) {
	start := geminiHead + gem("user", "1", "one", "") + gem("gemini", "2", "A", "") + gem("user", "3", "two", "") + gem("gemini", "4", "B", "")
	line := func(list ...string) string {
		return strings.ReplaceAll(`{"$set":{"messages":[`+strings.Join(list, ",")+`]}}`, "\n", "") + "\n"
	}
	end := gem("user", "5", "three", "") + gem("gemini", "6", "C", "")
	sum, two, b := gem("user", "s", "sum", ""), gem("user", "3", "two", ""), gem("gemini", "4", "B", "")
	rec := readString(t, start+line(sum, two, b)+end, nil)
	require.Equal(t, "G: user=one A=A user=two A=B user=sum user=three A=C 0-1 0-3 4-6\n", tell(rec))
	// Nothing left out: no summary. The newest left out: taken back.
	all := line(gem("user", "1", "one", ""), gem("gemini", "2", "A", ""), two, b)
	require.Equal(t, "G: user=one A=A user=two A=B user=three A=C 0-1 0-3 0-5\n", tell(readString(t, start+all+end, nil)))
	short := line(gem("user", "1", "one", ""), gem("gemini", "2", "A", ""))
	require.Equal(t, "G: user=one A=A user=three A=C 0-1 0-3\nG~2: user=one A=A user=two A=B 0-3\n", tell(readString(t, start+short+end, nil)))
}

func TestGeminiCLIOdd(t *testing.T) {
	one := gem("user", "1", "one", "")
	other := strings.ReplaceAll(geminiHead, `"G"`, `"H"`)
	for in, want := range map[string]string{
		geminiHead + one + other + gem("user", "1", "two", ""): "G: user=one\nH: user=two\n",
		one: "test: user=one\n",
		geminiHead + one + gem("gemini", "2", "A", "")[:50]:                      "G: user=one\n3 unreadable\n",
		geminiHead + one + gem("gemini", "2", "A", `,"tokens":"many"`):           "G: user=one A=A 0-1\n3 field\n",
		geminiHead + one + gem("gemini", "2", "A", `,"toolCalls":[7]`):           "G: user=one A=A 0-1\n3 field\n",
		geminiHead + one + gem("gemini", "2", "", `,"toolCalls":[{"name":"f"}]`): "G: user=one A=f#call-1.1{} 0-1\n3 open-call\n",
		`[{"sessionId":"L","messageId":0,"type":"user","message":"first","timestamp":"2026-03-01T10:00:00Z"},{"sessionId":"M","messageId":0,"type":"user","message":"other","timestamp":"2026-03-01T10:00:00Z"}]`: "L: user=first\nM: user=other\n",
	} {
		require.Equal(t, want, tell(readString(t, in, nil)), in)
	}
	sub := strings.Replace(geminiHead, `"main"`, `"subagent"`, 1)
	rec := readString(t, sub+one, nil)
	require.True(t, rec.Sessions[0].Sidechain)
	require.Equal(t, quire.Address("agent/g"), rec.Sessions[0].Agent)
}
