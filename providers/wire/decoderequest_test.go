package wire_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/plainrequest"
	"github.com/quire-dev/quire/providers/wire"
)

// modelOf names the model where a request does not.
var modelOf = map[quire.API]string{quire.APIGemini: "gemini-2.5-pro"}

// again decodes a request and encodes it again.
func again(t require.TestingT, api quire.API, body string) string {
	r, err := wire.DecodeRequest(api, modelOf[api], []byte(body))
	require.NoError(t, err)
	out, _, err := r.Encode(&r.Prompt, nil)
	require.NoError(t, err)
	return string(out)
}

var wholeRequests = map[quire.API]string{
	quire.APIAnthropic: `{"model":"claude-sonnet-4-5","max_tokens":100,"temperature":0.5,"metadata":{"user_id":"u","x":12345678901234567890},
		"system":[{"type":"text","text":"You are one."},{"type":"text","text":"And two.","cache_control":{"type":"ephemeral","ttl":"1h"}}],
		"tools":[{"name":"add","description":"Adds.","input_schema":{"type":"object"},"strict":true},{"type":"bash_20250124","name":"bash"},{"type":"mcp_toolset","mcp_server_name":"m"}],
		"messages":[
		{"role":"user","content":"Hello"},
		{"role":"assistant","content":[
			{"type":"thinking","thinking":"Hm.","signature":"sig"},{"type":"redacted_thinking","data":"zz"},
			{"type":"text","text":"As said.","citations":[{"type":"char_location","cited_text":"a","document_index":0}]},
			{"type":"server_tool_use","id":"s1","name":"web_search","input":{"query":"x"}},
			{"type":"tool_use","id":"c1","name":"add","input":{"b":2,"a":9007199254740993},"caller":{"type":"direct"}},
			{"type":"tool_use","id":"c2","name":"bash","input":{}}]},
		{"role":"user","content":[
			{"type":"tool_result","tool_use_id":"c1","content":"3","future":1},
			{"type":"tool_result","tool_use_id":"c2","is_error":true,"content":[{"type":"text","text":"no"},{"type":"document","source":{"type":"text","media_type":"text/plain","data":"d"}}]},
			{"type":"text","text":"And?","cache_control":{"type":"ephemeral"}},
			{"type":"document","source":{"type":"file","file_id":"f"},"title":"T"}]},
		{"role":"system","content":"Be quick."},
		{"role":"system","clear_at":"next_user_message","content":[{"type":"text","text":"2 mails wait."}]},
		{"role":"system","content":[],"output_config":{"effort":"low"}},{"role":"system","content":"Think.","output_config":{"effort":"high","x":1}},
		{"role":"user","content":[{"type":"image","source":{"type":"url","url":"https://x.test/a.png"}},{"type":"text","text":"See."}]}]}`,
	quire.APIOpenAIChat: `{"model":"gpt-4o","messages":[
		{"role":"developer","content":"You are one.","name":"dev"},{"role":"system","content":[{"type":"text","text":"And two."}]},
		{"role":"system","content":[{"type":"text","text":"And three."},{"type":"text","text":"And four.","cache_control":{"type":"ephemeral"}}]},
		{"role":"user","content":"Hello","name":"bob"},
		{"role":"assistant","content":"Let me see.","tool_calls":[
			{"id":"c1","type":"function","function":{"name":"add","arguments":"{\"a\":1}"},"extra_content":{"google":{"thought_signature":"s"}}},
			{"id":"c2","type":"custom","custom":{"name":"sh","input":"ls -l"}}],"reasoning_details":[{"type":"x"}]},
		{"role":"tool","tool_call_id":"c1","content":"1","name":"add"},{"role":"tool","tool_call_id":"c2","content":[{"type":"text","text":"Error: no"},{"type":"text","text":"really","cache_control":{"type":"ephemeral","ttl":"1h"}}]},
		{"role":"assistant","content":null,"refusal":"I won't."},
		{"role":"developer","content":[{"type":"text","text":"Be quick.","cache_control":{"type":"ephemeral"}}]},
		{"role":"user","name":"eve","content":[{"type":"image_url","image_url":{"url":"https://x.test/b.png","detail":"low"}}]},
		{"role":"user","content":[{"type":"text","text":"See."},{"type":"image_url","image_url":{"url":"https://x.test/a.png","detail":"high"}},{"type":"input_audio","input_audio":{"data":"aa","format":"wav"}}]}],
		"tools":[{"type":"function","function":{"name":"add","parameters":{"type":"object"},"strict":true}},{"type":"custom","custom":{"name":"sh"}}],"temperature":0,"seed":12345678901234567890}`,
	quire.APIOpenAIResponses: `{"model":"gpt-5","instructions":"You are one.","store":false,"include":["reasoning.encrypted_content"],"input":[
		{"type":"message","role":"developer","content":[{"type":"input_text","text":"And two."}]},
		{"role":"user","content":"Hello"},
		{"type":"reasoning","id":"r1","summary":[{"type":"summary_text","text":"a"},{"type":"summary_text","text":"b"}],"encrypted_content":"enc"},
		{"type":"message","id":"m1","role":"assistant","status":"completed","phase":"commentary","content":[{"type":"output_text","text":"Let me see.","annotations":[{"type":"url_citation","url":"u"}]}]},
		{"type":"function_call","id":"f1","call_id":"c1","name":"add","arguments":"{\"a\":1}","status":"completed"},
		{"type":"custom_tool_call","call_id":"c2","name":"sh","input":"ls -l"},
		{"type":"function_call_output","call_id":"c1","output":"1"},
		{"type":"custom_tool_call_output","call_id":"c2","output":[{"type":"input_text","text":"x"}]},
		{"type":"reasoning","id":"r2","summary":[]},
		{"type":"web_search_call","id":"w","status":"completed","action":{"type":"search","query":"q"}},
		{"role":"assistant","content":"There.","phase":"final"},
		{"type":"message","id":"m2","role":"assistant","status":"completed","content":[{"type":"refusal","refusal":"I won't."}]},
		{"role":"user","content":[{"type":"input_image","image_url":"https://x.test/a.png","detail":"low"},{"type":"input_file","file_id":"f"}]}],
		"tools":[{"type":"function","name":"add","parameters":{"type":"object"},"strict":true},{"type":"web_search"}],"reasoning":{"effort":"low"}}`,
	quire.APIGemini: `{"systemInstruction":{"parts":[{"text":"You are one."}]},"contents":[
		{"role":"user","parts":[{"text":"Hello"},{"fileData":{"mimeType":"application/pdf","fileUri":"gs://x"}}]},
		{"role":"model","parts":[{"text":"Hm.","thought":true,"thoughtSignature":"c2ln"},{"text":"Idly.","thought":true},{"text":"Let me see.","thoughtSignature":"c2ln"},
			{"functionCall":{"name":"add","args":{"a":1}},"thoughtSignature":"c2ln"},{"functionCall":{"id":"c2","name":"add","args":{}}}]},
		{"role":"user","parts":[{"functionResponse":{"name":"add","response":{"sum":{"n":3}},"scheduling":"SILENT"}},{"functionResponse":{"id":"c2","name":"add","response":{"error":"no"}}},{"text":"And?"}]},
		{"role":"model","parts":[{"executableCode":{"code":"1"}}]},
		{"role":"user","parts":[{"text":"Go on.","partMetadata":{"k":"v"}}]}],
		"tools":[{"functionDeclarations":[{"name":"add","parameters":{"type":"OBJECT"}}]},{"googleSearch":{}}],
		"generationConfig":{"maxOutputTokens":50,"temperature":0.1},"safetySettings":[]}`,
}

func TestRequestsComeBackAsTheyWere(t *testing.T) {
	for api, body := range wholeRequests {
		t.Run(string(api), func(t *testing.T) {
			out := again(t, api, body)
			assert.Equal(t, plain(t, api, body), plain(t, api, out))
			assert.Equal(t, out, again(t, api, out), "a second time nothing changes")
		})
	}
}

func plain(t require.TestingT, api quire.API, body string) string {
	s, err := plainrequest.Plain(api, []byte(body))
	require.NoError(t, err)
	return s
}

// What nobody knows comes back, or is refused by its name: wherever it stands.
func TestNothingUnknownIsDropped(t *testing.T) {
	for api, body := range wholeRequests {
		d := json.NewDecoder(strings.NewReader(body))
		d.UseNumber()
		var v any
		require.NoError(t, d.Decode(&v))
		var objects []map[string]any
		var paths []string
		var walk func(v any, path string)
		walk = func(v any, path string) {
			switch v := v.(type) {
			case map[string]any:
				objects, paths = append(objects, v), append(paths, path)
				for k, x := range v {
					walk(x, path+"."+k)
				}
			case []any:
				for i, x := range v {
					walk(x, fmt.Sprintf("%s[%d]", path, i))
				}
			}
		}
		walk(v, "")
		require.Greater(t, len(objects), 20)
		refused := 0
		for i, o := range objects {
			o["zzz"] = "needle"
			b, err := json.Marshal(v)
			require.NoError(t, err)
			delete(o, "zzz")
			r, err := wire.DecodeRequest(api, modelOf[api], b)
			if err != nil {
				var e *wire.Error
				require.ErrorAs(t, err, &e)
				assert.Contains(t, e.What, "zzz", "%s: at %s", api, paths[i])
				refused++
				continue
			}
			out, _, err := r.Encode(&r.Prompt, nil)
			require.NoError(t, err)
			assert.Contains(t, string(out), "needle", "%s: at %s", api, paths[i])
		}
		t.Logf("%s: %d places, %d refused", api, len(objects), refused)
	}
}
