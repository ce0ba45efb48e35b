package transcript

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
)

// A session that grew since it was last read gives the messages that it gave
// before, with the same ids.
func TestGrown(t *testing.T) {
	in := `{"role":"user","content":"a"}` + "\n" + `{"role":"assistant","content":"b","tool_calls":[{"id":"c","function":{"name":"f","arguments":"{}"}}]}` + "\n" + `{"role":"tool","tool_call_id":"c","content":"r"}` + "\n"
	before := readString(t, in, nil).Sessions[0].Messages
	after := readString(t, in+`{"role":"user","content":"more"}`, nil).Sessions[0].Messages
	require.Len(t, after, len(before)+1)
	require.Equal(t, before, after[:len(before)])

	other := readString(t, strings.Replace(in, `"a"`, `"A"`, 1), nil).Sessions[0].Messages
	require.NotEqual(t, before[0].ID, other[0].ID)
	require.Equal(t, before[1].ID, other[1].ID)
}

func TestIDs(t *testing.T) {
	rec := readString(t, testdata(t, "thread.jsonl"), nil)
	for _, m := range rec.Sessions[0].Messages {
		require.Regexp(t, `^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`, string(m.ID))
		var ms int64
		_, err := fmt.Sscanf(strings.Replace(string(m.ID[:13]), "-", "", 1), "%x", &ms)
		require.NoError(t, err)
		require.Equal(t, m.Time.UnixMilli(), ms)
	}
	// A branch shares the messages of its beginning.
	require.Equal(t, rec.Sessions[0].Messages[:5], rec.Sessions[1].Messages[:5])
}

func TestAddresses(t *testing.T) {
	o := &Options{Agent: "ada", User: "mia@example.org", Environment: "shell"}
	rec := readString(t, testdata(t, "thread.jsonl"), o)
	require.Equal(t, quire.Address("mia@example.org"), rec.Sessions[0].Messages[0].From)
	require.Equal(t, quire.Address("ada"), rec.Sessions[0].Messages[1].From)
	require.Equal(t, quire.Address("ada/scout"), rec.Sessions[2].Agent)
	loop := readString(t, testdata(t, "loop.json"), o)
	require.Equal(t, quire.Address("shell"), loop.Sessions[0].Messages[2].From)
}

func TestTextLoop(t *testing.T) {
	from := func(in string, environment quire.Address) quire.Address {
		return readString(t, in, &Options{Environment: environment}).Sessions[0].Messages[2].From
	}
	loop := testdata(t, "loop.json")
	require.Equal(t, quire.Address("environment"), from(loop, ""))
	require.Equal(t, quire.Address("user"), from(loop, "user"))

	people := strings.ReplaceAll(loop, "```", "'''") // no commands in it
	require.Equal(t, quire.Address("user"), from(people, ""))

	n := 0 // fenced answers, but nobody begins every message alike
	varied := strings.ReplaceAll(loop, "<returncode>", "@@")
	for strings.Contains(varied, "@@") {
		n++
		varied = strings.Replace(varied, "@@", fmt.Sprint(n*1111), 1)
	}
	require.Equal(t, quire.Address("user"), from(varied, ""))

	tools := strings.Replace(loop, `"extra"`, `"tool_calls":[{"id":"1","function":{"name":"f"}}],"extra"`, 1)
	require.Equal(t, quire.Address("user"), from(tools, ""))
}

func TestCalledTools(t *testing.T) {
	rec := readString(t, testdata(t, "thread.jsonl"), nil)
	tools := rec.Sessions[0].Tools
	require.Len(t, tools, 2)
	require.Equal(t, "Read", tools[0].Name)
	require.Equal(t, "Task", tools[1].Name)
}

func TestSumOfUsage(t *testing.T) {
	rec := readString(t, testdata(t, "chat.json"), nil)
	require.Equal(t, quire.Usage{Input: 300, CachedInput: 64, Output: 39, Reasoning: 12}, used(&rec.Sessions[0]))
}

func TestProgress(t *testing.T) {
	var done []int64
	_, err := Open(context.Background(), "testdata/thread.jsonl", &Options{Progress: func(d, total int64) {
		require.LessOrEqual(t, d, total)
		done = append(done, d)
	}})
	require.NoError(t, err)
	require.NotEmpty(t, done)
	require.Equal(t, int64(len(testdata(t, "thread.jsonl"))), done[len(done)-1])
}

func TestByteOrderMark(t *testing.T) {
	require.Len(t, readString(t, "\ufeff"+testdata(t, "messages.jsonl"), nil).Sessions[0].Messages, 4)
	require.Len(t, readString(t, "\ufeff"+chatStart+"]", nil).Sessions[0].Messages, 3)
}

func TestResultWithoutID(t *testing.T) {
	in := `[{"role":"assistant","tool_calls":[{"id":"1","function":{"name":"f"}},{"id":"2","function":{"name":"g"}}]},` +
		`{"role":"tool","name":"g","content":"from g"},{"role":"tool","content":"from f"},{"role":"tool","content":"from none"}]`
	rec := readString(t, in, nil)
	var ids []string
	for _, m := range rec.Sessions[0].Messages[1:] {
		ids = append(ids, m.Parts[0].(quire.ToolResult).CallID)
	}
	require.Equal(t, []string{"2", "1", ""}, ids)
	require.Equal(t, []string{codeOrphan}, codes(rec))
}

func TestPlainHTML(t *testing.T) {
	for in, want := range map[string]string{
		"":       "",
		"a<br>b": "a\nb",
		"<p>x &lt; y</p>\n<script>z<b></script>q": "x < y\nq",
		"open <b":                   "open",
		"<>1<!-- <p> -->2":          "12",
		"<STYLE>a{}</STYLE >b<td>c": "b c",
		"<script>never ends":        "",
	} {
		require.Equal(t, want, plainHTML(in), "%q", in)
	}
}

func TestSameMessageTwice(t *testing.T) {
	m := `{"role":"user","content":"again","timestamp":"2026-03-01T10:00:00Z"}` + "\n"
	msgs := readString(t, m+m, nil).Sessions[0].Messages
	require.NotEqual(t, msgs[0].ID, msgs[1].ID)
}

// A program that summarised tells it by a line of its own, by a mark on the
// summary, or both.
func TestGoesOnFromSummary(t *testing.T) {
	line := func(kind, uuid, parent, more string) string {
		return fmt.Sprintf(`{"type":%q,"uuid":%q,"parentUuid":%q,"message":{"id":%[2]q,"role":%[1]q,"content":"x"}%[4]s}`+"\n", kind, uuid, parent, more)
	}
	start := line("user", "a", "", "") + line("assistant", "b", "a", "")
	boundary := `{"type":"system","subtype":"compact_boundary","uuid":"c","parentUuid":null,"logicalParentUuid":"b"}` + "\n"
	for name, in := range map[string]string{
		"mark": start + line("user", "s", "b", `,"isCompactSummary":true`) + line("assistant", "d", "s", ""),
		"line": start + boundary + line("user", "s", "c", "") + line("assistant", "d", "s", ""),
	} {
		s := readString(t, in, nil).Sessions[0]
		require.Len(t, s.Messages, 4, name)
		require.Equal(t, []Call{{First: 0, At: 1}, {First: 2, At: 3}}, s.Calls, name)
	}
}

func TestResultInsideResult(t *testing.T) {
	inner := `{"type":"tool_result","tool_use_id":"2","content":"deep"}`
	rec := readString(t, `[{"role":"assistant","content":[{"type":"tool_use","id":"1","name":"f","input":{}}]},`+
		`{"role":"user","content":[{"type":"tool_result","tool_use_id":"1","content":[`+inner+`,{"type":"text","text":"t"}]}]}]`, nil)
	res := rec.Sessions[0].Messages[1].Parts[0].(quire.ToolResult)
	require.Equal(t, []quire.Part{quire.Opaque{Kind: "tool_result", Raw: []byte(inner)}, quire.Text{Text: "t"}}, res.Parts)
}

func TestListsOfLists(t *testing.T) {
	require.Len(t, readString(t, "["+chatStart+"]]", nil).Sessions[0].Messages, 3)
	rec := readString(t, "[["+chatStart+"]]]", nil) // nobody writes that: it is read as damaged
	require.Len(t, rec.Sessions[0].Messages, 3)
	require.ErrorContains(t, rec.Problems[0].Err, "lists in lists")
}
