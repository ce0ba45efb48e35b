package transcript

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// said makes one line of a session of Claude Code. More is put into its object.
func said(session, kind, uuid, parent, content, more string) string {
	if content == "" || content[0] != '[' {
		content = fmt.Sprintf("%q", content)
	}
	return fmt.Sprintf(`{"type":%q,"uuid":%q,"parentUuid":%q,"sessionId":%q,"message":{"role":%q,"id":"m-%s","content":%s}%s}`+"\n",
		kind, uuid, parent, session, kind, uuid, content, more)
}

func use(id string) string {
	return fmt.Sprintf(`[{"type":"tool_use","id":%q,"name":"f","input":{}}]`, id)
}
func result(id string) string {
	return fmt.Sprintf(`[{"type":"tool_result","tool_use_id":%q,"content":"r"}]`, id)
}

// Some gateways give every answer the same id. An answer is spread over several
// lines all the same, and results may stand between them.
func TestOneIDForAllAnswers(t *testing.T) {
	line := func(uuid, parent, content, usage, request string) string {
		return fmt.Sprintf(`{"type":"assistant","uuid":%q,"parentUuid":%q,"requestId":%q,"message":{"id":"x","role":"assistant","content":%s,"usage":%s}}`+"\n",
			uuid, parent, request, content, usage)
	}
	user := said("", "user", "u", "", "q", "")
	r1 := said("", "user", "r1", "a1", result("1"), "")
	r2 := said("", "user", "r2", "a2", result("2"), "")
	usage := func(n int) string { return fmt.Sprintf(`{"input_tokens":%d}`, n) }
	for name, c := range map[string]struct {
		in   string
		want string
	}{
		"by usage": {user + line("a1", "u", use("1"), usage(10), "") + r1 + line("a2", "r1", use("2"), usage(20), "") + r2,
			"test: user=q A=f#1{} R=r#1 A=f#2{} R=r#2 0-1/10 0-3/20\n"},
		"without usage": {user + line("a1", "u", use("1"), "null", "") + r1 + line("a2", "r1", use("2"), "null", "") + r2,
			"test: user=q A=f#1{} R=r#1 A=f#2{} R=r#2 0-1 0-3\n"},
		"by request": {user + line("a1", "u", use("1"), usage(10), "p") + r1 + line("a2", "a1", use("2"), usage(10), "q") + r2,
			"test: user=q A=f#1{} R=r#1 A=f#2{} R=r#2 0-1/10 0-3/10\n"},
		"one answer, run while it came": {user + line("a1", "u", use("1"), usage(10), "p") + r1 + line("a2", "r1", use("2"), usage(10), "p") + r2,
			"test: user=q A=f#1{}+f#2{} R=r#1 R=r#2 0-1/10\n"},
		"one answer in two lines": {user + line("a1", "u", use("1"), usage(10), "") + line("a2", "a1", use("2"), usage(10), "") + r1 + r2,
			"test: user=q A=f#1{}+f#2{} R=r#1 R=r#2 0-1/10\n"},
		"answers to what the user said": {user + line("a1", "u", `"one"`, usage(10), "") + said("", "user", "v", "a1", "more", "") + line("a2", "v", `"two"`, "null", ""),
			"test: user=q A=one user=more A=two 0-1/10 0-3\n"},
	} {
		require.Equal(t, c.want, tell(readString(t, c.in, nil)), name)
	}
}

// In a subagent's thread lines are told in order.
func TestOneIDForAllAnswersOfASubagent(t *testing.T) {
	line := func(uuid string, n int) string {
		return fmt.Sprintf(`{"isSidechain":true,"agentId":"s","type":"assistant","uuid":%q,"message":{"id":"x","content":%s,"usage":{"input_tokens":%d}}}`+"\n", uuid, use(uuid), n)
	}
	back := func(id string) string {
		return fmt.Sprintf(`{"isSidechain":true,"agentId":"s","type":"user","uuid":"r%s","message":{"content":%s}}`+"\n", id, result(id))
	}
	rec := readString(t, line("1", 10)+back("1")+line("2", 20)+line("3", 20)+back("2")+back("3"), nil)
	require.Equal(t, "test/s: A=f#1{} R=r#1 A=f#2{}+f#3{} R=r#2 R=r#3 0-0/10 0-2/20\n", tell(rec))
}

// A program that keeps the newest messages beside its summary goes on, by its
// lines, from these: the summary stands between all the same.
func TestSummaryBesideKeptMessages(t *testing.T) {
	start := said("", "user", "u1", "", "one", "") + said("", "assistant", "a1", "u1", "A", "") +
		said("", "user", "u2", "a1", "two", "") + said("", "assistant", "a2", "u2", "B", "")
	boundary := func(kept string) string {
		return `{"type":"system","subtype":"compact_boundary","uuid":"c","parentUuid":null,"logicalParentUuid":"a2","compactMetadata":{` + kept + "}}\n"
	}
	summary := said("", "user", "s", "c", "sum", `,"isCompactSummary":true`)
	note := `{"type":"progress","uuid":"p","parentUuid":"a2"}` + "\n"
	segment := `"preservedSegment":{"headUuid":"u2","anchorUuid":"s","tailUuid":"a2"}`
	want := "test: user=one A=A user=two A=B user=sum user=three A=C 0-1 0-3 4-6\n"
	end := said("", "user", "u3", "a2", "three", "") + said("", "assistant", "a3", "u3", "C", "")
	for name, in := range map[string]string{
		"segment":            start + boundary(segment) + summary + end,
		"list":               start + boundary(`"preservedMessages":{"anchorUuid":"s","uuids":["u2","a2"]}`) + summary + end,
		"behind a note":      start + note + boundary(segment) + summary + strings.Replace(end, `"parentUuid":"a2"`, `"parentUuid":"p"`, 1),
		"tail is a note":     start + note + boundary(strings.Replace(segment, `"tailUuid":"a2"`, `"tailUuid":"p"`, 1)) + summary + end,
		"anchor elsewhere":   start + boundary(strings.Replace(segment, `"anchorUuid":"s"`, `"anchorUuid":"a2"`, 1)) + summary + end,
		"the common way":     start + boundary("") + summary + strings.Replace(end, `"parentUuid":"a2"`, `"parentUuid":"s"`, 1),
		"summary not marked": start + boundary(segment) + strings.Replace(summary, `,"isCompactSummary":true`, "", 1) + end,
	} {
		require.Equal(t, want, tell(readString(t, in, nil)), name)
	}
	// Without a summary the calls begin behind the boundary.
	rec := readString(t, start+boundary(segment)+end, nil)
	require.Equal(t, "test: user=one A=A user=two A=B user=three A=C 0-1 0-3 4-5\n", tell(rec))
	// Twice.
	again := strings.NewReplacer(`"c"`, `"c2"`, `"s"`, `"s2"`, `"a2"`, `"a3"`, `"u2"`, `"u3"`, "sum", "sum2").Replace(boundary(segment) + summary)
	more := said("", "user", "u4", "a3", "four", "") + said("", "assistant", "a4", "u4", "D", "")
	rec = readString(t, start+boundary(segment)+summary+end+again+more, nil)
	require.Equal(t, "test: user=one A=A user=two A=B user=sum user=three A=C user=sum2 user=four A=D 0-1 0-3 4-6 7-9\n", tell(rec))
}

func TestSeveralSessionsInOneFile(t *testing.T) {
	s := said("S", "user", "u1", "", "cats", "") + said("S", "assistant", "a1", "u1", "miaow", "")
	x := said("T", "user", "x1", "x0", "ships", "") + said("T", "assistant", "x2", "x1", "ahoy", "")
	want := "S: user=cats A=miaow 0-1\nT: user=ships A=ahoy 0-1\n"
	require.Equal(t, want, tell(readString(t, s+x, nil)))
	// Line by line in turn.
	a, b := strings.SplitAfter(s, "\n"), strings.SplitAfter(x, "\n")
	require.Equal(t, want, tell(readString(t, a[0]+b[0]+a[1]+b[1], nil)))
	// Resumed under another name: one session, of the last name.
	linked := strings.Replace(x, `"x0"`, `"a1"`, 1)
	require.Equal(t, "T: user=cats A=miaow user=ships A=ahoy 0-1 0-3\n", tell(readString(t, s+linked, nil)))
	// A third one that goes on with the first.
	third := said("V", "user", "v1", "a1", "dogs", "") + said("V", "assistant", "v2", "v1", "woof", "")
	require.Equal(t, "V: user=cats A=miaow user=dogs A=woof 0-1 0-3\nT: user=ships A=ahoy 0-1\n", tell(readString(t, s+x+third, nil)))
	// Subagents stay with their own.
	side := `{"isSidechain":true,"agentId":"z","sessionId":"T","type":"user","uuid":"z1","message":{"content":"find"}}` + "\n"
	rec := readString(t, s+x+side, nil)
	require.Equal(t, want+"T/z: agent=find\n", tell(rec))
	require.Equal(t, "T", rec.Sessions[2].Parent)
	// Titles by their last line.
	titles := `{"type":"summary","summary":"On ships","leafUuid":"x2"}` + "\n" + `{"type":"summary","summary":"On cats","leafUuid":"a1"}` + "\n"
	rec = readString(t, titles+s+x, nil)
	require.Equal(t, "On cats", rec.Sessions[0].Title)
	require.Equal(t, "On ships", rec.Sessions[1].Title)
}

// Older versions mark the lines of subagents and name none.
func TestUnnamedSubagents(t *testing.T) {
	side := func(uuid, parent, content string) string {
		return strings.Replace(said("S", "user", uuid, parent, content, ""), `{"type"`, `{"isSidechain":true,"type"`, 1)
	}
	in := said("S", "user", "u", "", "q", "") + side("a1", "", "one") + side("b1", "", "two") + side("a2", "a1", "one more") + side("b2", "b1", "two more")
	require.Equal(t, "S: user=q\nS/sidechain: agent=one agent=one more\nS/sidechain-2: agent=two agent=two more\n", tell(readString(t, in, nil)))
}

// What the user said while the model worked stands in a line of another kind.
func TestQueuedWords(t *testing.T) {
	in := said("S", "user", "u", "", "q", "") + said("S", "assistant", "a", "u", "A", "") +
		`{"type":"attachment","uuid":"t","parentUuid":"a","sessionId":"S","attachment":{"type":"queued_command","prompt":"and the tests"}}` + "\n" +
		`{"type":"attachment","uuid":"t2","parentUuid":"t","sessionId":"S","attachment":{"type":"todo_reminder"}}` + "\n" +
		said("S", "assistant", "b", "t2", "B", "")
	require.Equal(t, "S: user=q A=A user=and the tests A=B 0-1 0-3\n4 unknown\n", tell(readString(t, in, nil)))
}

// The same program writes its lines to a pipe with other names and no parents.
func TestLinesOfAPipe(t *testing.T) {
	in := `{"type":"system","subtype":"init","session_id":"P","uuid":"0","tools":["f"]}` + "\n" +
		`{"type":"assistant","session_id":"P","uuid":"1","parent_tool_use_id":null,"message":{"id":"m","role":"assistant","content":` + use("t") + `}}` + "\n" +
		`{"type":"assistant","session_id":"P","uuid":"2","parent_tool_use_id":"t","message":{"id":"n","role":"assistant","content":"deep"}}` + "\n" +
		`{"type":"user","session_id":"P","uuid":"3","parent_tool_use_id":null,"message":{"role":"user","content":` + result("t") + `}}` + "\n" +
		`{"type":"result","subtype":"success","session_id":"P","uuid":"4","result":"r"}` + "\n"
	rec := readString(t, in, nil)
	require.Equal(t, "P: A=f#t{} R=r#t 0-0\nP/t: A=deep 0-0\n", tell(rec))
	require.True(t, rec.Sessions[1].Sidechain)
}

func TestThinkingAndPictures(t *testing.T) {
	in := said("", "user", "u", "", `[{"type":"text","text":"look"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"iVBO"}}]`, "") +
		said("", "assistant", "a", "u", `[{"type":"thinking","thinking":"hm","signature":"S"},{"type":"redacted_thinking","data":"D"},{"type":"text","text":"a cat"}]`, "") +
		said("", "user", "v", "a", `[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"%%%"}}]`, `,"isMeta":true`)
	require.Equal(t, "test: user=look+image/png A=~hmS+~D+a cat user=?image 0-1\n3 field\n", tell(readString(t, in, nil)))
}
