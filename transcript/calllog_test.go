package transcript

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
)

// Calls as gateways and batches log them: each line repeats what was said before.
func TestLoggedCalls(t *testing.T) {
	openai := func(sent, back string, in int) string {
		return fmt.Sprintf(`{"request":{"model":"x","messages":[%s],"tools":[{"type":"function","function":{"name":"f"}}]},"response":{"id":"1","model":"x-1","choices":[{"message":%s,"finish_reason":"stop"}],"usage":{"prompt_tokens":%d,"completion_tokens":2}}}`, sent, back, in)
	}
	sys, q := `{"role":"system","content":"Be brief."}`, `{"role":"user","content":"q"}`
	call := `{"role":"assistant","content":null,"tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{}"}}]}`
	res, a := `{"role":"tool","tool_call_id":"1","content":"r"}`, `{"role":"assistant","content":"A"}`
	in := openai(sys+","+q, call, 10) + "\n" + openai(sys+","+q+","+call+","+res, a, 20) + "\n"
	want := "test: user=q A=f#1{} R=r#1 A=A 0-1/10 0-3/20\n"
	rec := readString(t, in, nil)
	require.Equal(t, want, tell(rec))
	require.Equal(t, "Be brief.", rec.Sessions[0].System)
	require.Equal(t, "f", rec.Sessions[0].Tools[0].Name)
	require.Equal(t, "x-1", rec.Sessions[0].Calls[0].Model)
	// The bodies as text, and as a batch and its results put together have them.
	var lines []string
	for l := range strings.SplitSeq(strings.TrimSpace(in), "\n") {
		x, ok := exchangeOf(mustFields(t, l))
		require.True(t, ok)
		req, _ := json.Marshal(x.request)
		resp, _ := json.Marshal(x.response)
		lines = append(lines, fmt.Sprintf(`{"request_body":%q,"response_body":%q}`, req, resp))
	}
	require.Equal(t, want, tell(readString(t, strings.Join(lines, "\n"), nil)))
	// Another conversation between, and one that asks the same again.
	other := openai(sys+`,{"role":"user","content":"else"}`, a, 30)
	mixed := strings.Replace(in, "\n", "\n"+other+"\n", 1)
	require.Equal(t, want+"test~2: user=else A=A 0-1/30\n", tell(readString(t, mixed, nil)))
	again := openai(sys+","+q, a, 11)
	require.Equal(t, want+"test~2: user=q A=A 0-1/11\n", tell(readString(t, in+again, nil)))
}

func mustFields(t *testing.T, s string) fields {
	f, err := parseFields([]byte(s))
	require.NoError(t, err)
	return f
}

func TestLoggedCallsOfOtherVendors(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"anthropic": {`{"request":{"model":"c","system":"S","messages":[{"role":"user","content":"q"}]},"response":{"type":"message","role":"assistant","model":"c-1","content":[{"type":"text","text":"A"}],"usage":{"input_tokens":5,"cache_read_input_tokens":7,"output_tokens":1}}}` + "\n" +
			`{"request":{"model":"c","system":"S","messages":[{"role":"user","content":"q"},{"role":"assistant","content":"A"},{"role":"user","content":"r"}]},"response":{"type":"error","error":{"message":"overloaded"}}}`,
			"test: user=q A=A user=r 0-1/12\n2 field\n"},
		"anthropic batch": {`{"custom_id":"b1","params":{"model":"c","messages":[{"role":"user","content":"q"}]},"result":{"type":"succeeded","message":{"role":"assistant","content":[{"type":"text","text":"A"}]}}}`,
			"b1: user=q A=A 0-1\n"},
		"openai batch": {`{"custom_id":"b2","body":{"model":"x","messages":[{"role":"user","content":"q"}]},"response":{"status_code":200,"body":{"choices":[{"message":{"role":"assistant","content":"A"}}]}}}`,
			"b2: user=q A=A 0-1\n"},
		"responses": {`{"request":{"model":"x","input":"q","instructions":"S"},"response":{"object":"response","model":"x-1","output":[{"type":"reasoning","id":"r","summary":[],"encrypted_content":"E"},{"type":"message","role":"assistant","content":[{"type":"output_text","text":"A"}]},{"type":"function_call","call_id":"1","name":"f","arguments":"{}"}],"usage":{"input_tokens":9,"input_tokens_details":{"cached_tokens":4},"output_tokens":3,"output_tokens_details":{"reasoning_tokens":2}}}}` + "\n" +
			`{"request":{"model":"x","input":[{"role":"user","content":"q"},{"type":"message","role":"assistant","content":[{"type":"output_text","text":"A"}]},{"type":"function_call","call_id":"1","name":"f","arguments":"{}"},{"type":"function_call_output","call_id":"1","output":"r"}]},"response":{"output":[{"type":"message","role":"assistant","content":[{"type":"output_text","text":"B"}]}]}}`,
			"test: user=q A=~E+A+f#1{} R=r#1 A=B 0-1/9 0-3\n"},
		"gemini": {`{"key":"k","request":{"contents":[{"role":"user","parts":[{"text":"q"}]}],"systemInstruction":{"parts":[{"text":"S"}]},"tools":[{"functionDeclarations":[{"name":"f"},{"name":"g"}]}]},"response":{"candidates":[{"content":{"role":"model","parts":[{"text":"A"}]}}],"usageMetadata":{"promptTokenCount":8,"candidatesTokenCount":1,"thoughtsTokenCount":3},"modelVersion":"g-1"}}`,
			"test: user=q A=A 0-1/8\n"},
		"ollama": {`{"request":{"model":"o","messages":[{"role":"user","content":"q"}]},"response":{"model":"o","message":{"role":"assistant","content":"A"},"done":true,"prompt_eval_count":6,"eval_count":2}}`,
			"test: user=q A=A 0-1/6\n"},
		"request and reply in one": {`{"model":"x","messages":[{"role":"user","content":"q"}],"response":{"choices":[{"message":{"role":"assistant","content":"A"}}]}}`,
			"test: user=q A=A 0-1\n"},
		"requests alone": {`{"model":"x","messages":[{"role":"user","content":"q"}]}` + "\n" + `{"model":"x","messages":[{"role":"user","content":"q"},{"role":"assistant","content":"A"},{"role":"user","content":"r"}]}` + "\n" +
			`{"model":"x","messages":[{"role":"user","content":"q"},{"role":"assistant","content":"A"},{"role":"user","content":"r"}]}`,
			"test: user=q A=A user=r 0-1\n3 repeated\n"},
		"a reply alone": {`{"object":"chat.completion","choices":[{"message":{"role":"assistant","content":"A"}}]}`,
			"test: A=A 0-0\n"},
		"no choice": {`{"request":{"model":"x","messages":[{"role":"user","content":"q"}]},"response":{"choices":[]}}`,
			"test: user=q\n1 field\n"},
	} {
		rec := readString(t, c.in, nil)
		require.Equal(t, c.want, tell(rec), name)
		switch name {
		case "anthropic", "responses", "gemini":
			require.Equal(t, "S", rec.Sessions[0].System, name)
		}
		if name == "responses" {
			require.Equal(t, quire.Usage{Input: 9, CachedInput: 4, Output: 3, Reasoning: 2}, rec.Sessions[0].Calls[0].Usage)
		}
		if name == "gemini" {
			require.Len(t, rec.Sessions[0].Tools, 2)
			require.Equal(t, quire.Usage{Input: 8, Output: 4, Reasoning: 3}, rec.Sessions[0].Calls[0].Usage)
			require.Equal(t, "g-1", rec.Sessions[0].Calls[0].Model)
		}
	}
}

// Messages that name their sessions are kept apart, and what says nothing is told.
func TestLooseMessages(t *testing.T) {
	in := `{"role":"user","content":"a","session_id":"S"}` + "\n" + `{"role":"user","content":"b","session_id":"T"}` + "\n" + `{"role":"assistant","content":"c","session_id":"S"}` + "\n"
	require.Equal(t, "S: user=a A=c 0-1\nT: user=b\n", tell(readString(t, in, nil)))
	in = `{"role":"user","text":"a"}` + "\n" + `{"role":"user","what":"b"}` + "\n" + `{"role":"assistant","content":null}` + "\n"
	require.Equal(t, "test: user=a user= A= 0-2\n2 field\n", tell(readString(t, in, nil)))
	// Calls without ids are told apart, and their results go to the oldest of their name.
	in = `{"role":"assistant","tool_calls":[{"function":{"name":"f"}},{"function":{"name":"g"}}]}` + "\n" + `{"role":"tool","name":"g","content":"1"}` + "\n" + `{"role":"tool","content":"2"}`
	require.Equal(t, "test: A=f#call-0.1+g#call-0.2 R=1#call-0.2 R=2#call-0.1 0-0\n", tell(readString(t, in, nil)))
}
