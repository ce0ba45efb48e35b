package transcript

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
)

var ticks int

// rolled makes one line of a rollout of Codex.
func rolled(kind, payload string) string {
	ticks++
	return fmt.Sprintf(`{"timestamp":"2026-03-01T10:00:%02d.%03dZ","type":%q,"payload":%s}`+"\n", ticks/1000%60, ticks%1000, kind, payload)
}

func spoke(role, text string) string {
	kind := map[string]string{"assistant": "output_text"}[role]
	return rolled("response_item", fmt.Sprintf(`{"type":"message","role":%q,"content":[{"type":%q,"text":%q}]}`, role, firstOf(kind, "input_text"), text))
}

func did(id string) string {
	return rolled("response_item", fmt.Sprintf(`{"type":"function_call","name":"shell","arguments":"{\"n\":1}","call_id":%q}`, id))
}

func got(id string) string {
	return rolled("response_item", fmt.Sprintf(`{"type":"function_call_output","call_id":%q,"output":"out"}`, id))
}

func thought(s string) string {
	return rolled("response_item", fmt.Sprintf(`{"type":"reasoning","id":"rs","summary":[{"type":"summary_text","text":%q}],"content":null,"encrypted_content":"E"}`, s))
}

// spent is the event that tells of tokens: of the last call and of all.
func spent(in, all int) string {
	return rolled("event_msg", fmt.Sprintf(`{"type":"token_count","info":{"total_token_usage":{"input_tokens":%d,"total_tokens":%d},"last_token_usage":{"input_tokens":%d,"cached_input_tokens":4,"output_tokens":9,"reasoning_output_tokens":3,"total_tokens":%d}}}`, all, all, in, in+9))
}

const meta = `{"id":"X","timestamp":"2026-03-01T10:00:00Z","cwd":"/w","originator":"codex_cli","cli_version":"0.1","source":"cli","base_instructions":{"text":"Be brief."}}`

func TestCodex(t *testing.T) {
	start := rolled("session_meta", meta) + spoke("developer", "rules") + spoke("user", "list") + rolled("turn_context", `{"cwd":"/w","model":"gpt-x"}`)
	in := start + thought("hm") + spoke("assistant", "Listing.") + did("1") + did("2") + spent(50, 59) + spent(50, 59) + got("1") + got("2") +
		rolled("event_msg", `{"type":"agent_message","message":"Listing."}`) + spoke("assistant", "Done.") + spent(90, 158) +
		rolled("event_msg", `{"type":"thread_name_updated","thread_name":"Listing"}`) + rolled("world_state", `{}`)
	rec := readString(t, in, nil)
	require.Equal(t, "X: user=list A=~hmE+Listing.+shell#1{\"n\":1}+shell#2{\"n\":1} R=out#1 R=out#2 A=Done. 0-1/50 0-4/90\n", tell(rec))
	s := rec.Sessions[0]
	require.Equal(t, "Be brief.\n\nrules", s.System)
	require.Equal(t, "gpt-x", s.Model)
	require.Equal(t, "Listing", s.Title)
	require.Equal(t, quire.Usage{Input: 50, CachedInput: 4, Output: 9, Reasoning: 3}, s.Calls[0].Usage)
	require.Equal(t, quire.Reasoning{Model: "gpt-x", ID: "rs", Text: "hm", Data: "E"}, s.Messages[1].Parts[0])
	require.False(t, s.Messages[0].Time.IsZero())
}

// In which order an answer, its usage and the results of its calls stand has changed between versions.
func TestCodexUsage(t *testing.T) {
	start := rolled("session_meta", meta) + spoke("user", "q")
	want := "X: user=q A=shell#1{\"n\":1} R=out#1 A=B user=r A=C 0-1/10 0-3/20 0-5/30\n"
	for name, in := range map[string]string{
		"behind the answer":  start + did("1") + spent(10, 19) + got("1") + spoke("assistant", "B") + spent(20, 48) + spoke("user", "r") + spoke("assistant", "C") + spent(30, 87),
		"behind the results": start + did("1") + got("1") + spent(10, 19) + spoke("assistant", "B") + spent(20, 48) + spoke("user", "r") + spoke("assistant", "C") + spent(30, 87),
		"before the answer":  start + spent(10, 19) + did("1") + got("1") + spent(20, 48) + spoke("assistant", "B") + spoke("user", "r") + spent(30, 87) + spoke("assistant", "C"),
		"told again":         start + did("1") + spent(10, 19) + got("1") + spent(10, 19) + spoke("assistant", "B") + spent(20, 48) + spoke("user", "r") + spent(20, 48) + spoke("assistant", "C") + spent(30, 87),
		"records": start + did("1") + spent(10, 19) + rolled("token_usage_record", `{"usage":{"input_tokens":10,"cached_input_tokens":4,"output_tokens":9,"reasoning_output_tokens":3}}`) + got("1") +
			spoke("assistant", "B") + rolled("token_usage_record", `{"usage":{"input_tokens":20}}`) + spent(20, 48) + spoke("user", "r") + spoke("assistant", "C") + rolled("token_usage_record", `{"usage":{"input_tokens":30}}`),
	} {
		require.Equal(t, want, tell(readString(t, in, nil)), name)
	}
	// What is told again, when the account's limits have changed, is no usage of what comes next; nor is
	// that of the call that summarised.
	rec := readString(t, start+spoke("assistant", "A")+spent(10, 19)+spoke("user", "r")+spent(10, 19)+spoke("assistant", "B"), nil)
	require.Equal(t, "X: user=q A=A user=r A=B 0-1/10 0-3\n", tell(rec))
	rec = readString(t, start+spoke("assistant", "A")+spent(10, 19)+spent(99, 40)+rolled("compacted", `{"message":"sum"}`)+spoke("assistant", "B"), nil)
	require.Equal(t, "X: user=q A=A user=sum A=B 0-1/10 2-3\n", tell(rec))
	// Two answers in a row are told apart by what they took.
	rec = readString(t, start+spoke("assistant", "A")+spent(10, 19)+spoke("assistant", "B")+spent(20, 48), nil)
	require.Equal(t, "X: user=q A=A A=B 0-1/10 0-2/20\n", tell(rec))
}

func TestCodexCompacts(t *testing.T) {
	start := rolled("session_meta", meta) + spoke("user", "one") + spoke("assistant", "A") + spent(10, 19)
	end := spoke("user", "two") + spoke("assistant", "B") + spent(20, 48)
	want := "X: user=one A=A user=sum user=two A=B 0-1/10 2-4/20\n"
	for name, c := range map[string]string{
		"message":              rolled("compacted", `{"message":"sum"}`),
		"history":              rolled("compacted", `{"message":"","replacement_history":[{"type":"message","role":"user","content":[{"type":"input_text","text":"one"}]},{"type":"message","role":"user","content":[{"type":"input_text","text":"sum"}]}]}`),
		"both":                 rolled("compacted", `{"message":"sum","replacement_history":[{"type":"message","role":"user","content":[{"type":"input_text","text":"sum"}]}]}`),
		"its own call is none": spent(99, 40) + rolled("compacted", `{"message":"sum"}`) + rolled("event_msg", `{"type":"token_count","info":{"total_token_usage":{"total_tokens":40},"last_token_usage":{"total_tokens":7}}}`),
	} {
		require.Equal(t, want, tell(readString(t, start+c+end, nil)), name)
	}
	sealed := rolled("compacted", `{"message":"","replacement_history":[{"type":"compaction","encrypted_content":"E"}]}`)
	require.Equal(t, "X: user=one A=A user=?compaction user=two A=B 0-1/10 2-4/20\n", tell(readString(t, start+sealed+end, nil)))
}

func TestCodexGoesBack(t *testing.T) {
	user := func(s string) string {
		return spoke("user", s) + rolled("event_msg", fmt.Sprintf(`{"type":"user_message","message":%q}`, s))
	}
	back := func(n int) string {
		return rolled("event_msg", fmt.Sprintf(`{"type":"thread_rolled_back","num_turns":%d}`, n))
	}
	start := rolled("session_meta", meta) + spoke("user", "<environment_context>") + user("one") + spoke("assistant", "A")
	rec := readString(t, start+user("two")+spoke("assistant", "B")+back(1)+user("three")+spoke("assistant", "C"), nil)
	require.Equal(t, "X: user=<environment_context> user=one A=A user=three A=C 0-2 0-4\n"+
		"X~2: user=<environment_context> user=one A=A user=two A=B 0-4\n", tell(rec))
	require.Equal(t, "X", rec.Sessions[1].Parent)
	// What nothing answered is no branch; all turns are gone, and more than there are.
	rec = readString(t, start+user("two")+back(9)+user("three"), nil)
	require.Equal(t, "X: user=<environment_context> user=three\nX~2: user=<environment_context> user=one A=A user=two 0-2\n", tell(rec))
	rec = readString(t, rolled("session_meta", meta)+user("one")+back(1)+user("two"), nil)
	require.Equal(t, "X: user=two\n2 abandoned\n", tell(rec))
}

// A session that branched off repeats the first lines of those it comes from; files
// that were put together hold several.
func TestCodexSessions(t *testing.T) {
	fork := rolled("session_meta", `{"id":"Y","forked_from_id":"X"}`)
	rec := readString(t, fork+rolled("session_meta", meta)+spoke("user", "q")+rolled("session_meta", `{"id":"Y"}`)+spoke("assistant", "A"), nil)
	require.Equal(t, "Y: user=q A=A 0-1\n", tell(rec))
	require.Equal(t, "X", rec.Sessions[0].Parent)
	agent := rolled("session_meta", `{"id":"Z","source":{"subagent":{"thread_spawn":{"parent_thread_id":"X","depth":1,"agent_nickname":"Scout"}}}}`)
	rec = readString(t, rolled("session_meta", meta)+spoke("user", "q")+agent+spoke("user", "find")+spoke("assistant", "found"), nil)
	require.Equal(t, "X: user=q\nZ: agent=find A=found 0-1\n", tell(rec))
	require.Equal(t, []any{"X", true, quire.Address("agent/scout")}, []any{rec.Sessions[1].Parent, rec.Sessions[1].Sidechain, rec.Sessions[1].Agent})
	// No first line at all.
	require.Equal(t, "test: user=q\n", tell(readString(t, spoke("user", "q"), nil)))
}

func TestCodexDamage(t *testing.T) {
	q, a := spoke("user", "q"), spoke("assistant", "A")
	for in, want := range map[string]string{
		rolled("session_meta", meta) + q + q + a:                                                "X: user=q A=A 0-1\n3 repeated\n",
		rolled("session_meta", meta) + q + a[:60]:                                               "X: user=q\n3 unreadable\n",
		rolled("session_meta", meta) + q + rolled("response_item", `{"type":"later_kind"}`) + a: "X: user=q A=A 0-1\n3 unknown\n",
		rolled("session_meta", meta) + q + rolled("response_item", `7`) + a:                     "X: user=q A=A 0-1\n3 unreadable\n",
		rolled("session_meta", meta) + q + got("9") + did("1") + a:                              "X: user=q R=out#9 A=shell#1{\"n\":1}+A 0-2\n3 orphan-result\n4 open-call\n",
		q[:len(q)-1] + a: "test: user=q A=A 0-1\n",
		rolled("session_meta", meta) + q + rolled("event_msg", `{"type":"thread_rolled_back"}`) + a: "X: user=q A=A 0-1\n3 field\n",
	} {
		require.Equal(t, want, tell(readString(t, in, nil)))
	}
}

// Items of all kinds, as the API has them too.
func TestItems(t *testing.T) {
	items := []string{
		`{"role":"user","content":"q"}`,
		`{"type":"reasoning","id":"r","summary":[],"content":[{"type":"reasoning_text","text":"raw"}]}`,
		`{"type":"web_search_call","id":"ws","status":"completed","action":{"type":"search","query":"x"},"extra":1}`,
		`{"type":"local_shell_call","call_id":"1","status":"completed","action":{"type":"exec","command":["ls"]}}`,
		`{"type":"local_shell_call_output","call_id":"1","output":"a b"}`,
		`{"type":"custom_tool_call","call_id":"2","name":"patch","input":"*** Begin"}`,
		`{"type":"custom_tool_call_output","call_id":"2","output":{"content":"no","success":false}}`,
		`{"type":"tool_search_call","call_id":"3","execution":"client","arguments":{"query":"cal"}}`,
		`{"type":"tool_search_output","call_id":"3","tools":[{"type":"function","name":"f"}]}`,
		`{"type":"function_call","id":"fc","call_id":"4","name":"see","arguments":"{}"}`,
		`{"type":"function_call_output","call_id":"4","output":[{"type":"input_text","text":"t"},{"type":"input_image","image_url":"data:image/png;base64,iVBO"}]}`,
		`{"type":"message","role":"assistant","content":[{"type":"output_text","text":"Done."}]}`,
	}
	want := `: user=q A=~raw+?web_search_call+local_shell#1{"type":"exec","command":["ls"]} R=a b#1 A=patch#2*** Begin R=no#2` +
		` A=tool_search#3{"query":"cal"} R=?function#3 A=see#4{} R=t+image/png#4 A=Done. 0-1 0-3 0-5 0-7 0-9` + "\n"
	want = strings.Replace(want, `A=patch#2*** Begin R=no#2 A=tool_search`, `A=patch#2*** Begin R=no#2 A=tool_search`, 1)
	rec := readString(t, `{"id":"r","items":[`+strings.Join(items, ",")+"]}", nil)
	require.Equal(t, "r"+want, tell(rec))
	require.True(t, rec.Sessions[0].Messages[4].Parts[0].(quire.ToolResult).IsError)
	require.Contains(t, string(rec.Sessions[0].Messages[1].Parts[1].(quire.Opaque).Raw), `"extra":1`)
	require.Equal(t, "test"+want, tell(readString(t, strings.Join(items, "\n"), nil)))
	// The first version of Codex wrote them as lines behind one that names the session.
	old := `{"id":"o","timestamp":"2025-05-01T10:00:00Z","instructions":"Be old.","git":{}}` + "\n" + `{"record_type":"state"}` + "\n"
	rec = readString(t, old+strings.Join(items, "\n"), nil)
	require.Equal(t, "o"+want, tell(rec))
	require.Equal(t, "Be old.", rec.Sessions[0].System)
	rec = readString(t, `{"session":{"id":"j","timestamp":"2025-05-01T10:00:00Z"},"items":[`+strings.Join(items, ",\n")+"]}", nil)
	require.Equal(t, "j"+want, tell(rec))
}
