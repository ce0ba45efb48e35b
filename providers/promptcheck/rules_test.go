package promptcheck_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers/promptcheck"
)

const (
	anth   = quire.APIAnthropic
	chat   = quire.APIOpenAIChat
	resp   = quire.APIOpenAIResponses
	gem    = quire.APIGemini
	strict = quire.APIStrict
	ollama = quire.APIOllama
)

// Pieces of requests, so that the table below stays readable.
var pieces = strings.NewReplacer(
	"ATOOLS", `"tools":[{"name":"ls","input_schema":{"type":"object"}}]`,
	"FTOOLS", `"tools":[{"type":"function","function":{"name":"ls"}}]`,
	"RTOOLS", `"tools":[{"type":"function","name":"ls"}]`,
	"GTOOLS", `"tools":[{"functionDeclarations":[{"name":"ls"}]}]`,
	"USER", `{"role":"user","content":"hi"}`,
	"AUSE(a)", `{"type":"tool_use","id":"a","name":"ls","input":{}}`,
	"AUSE(b)", `{"type":"tool_use","id":"b","name":"ls","input":{}}`,
	"ARES(a)", `{"type":"tool_result","tool_use_id":"a","content":"x"}`,
	"ARES(b)", `{"type":"tool_result","tool_use_id":"b","content":"x"}`,
	"CCALL(a)", `{"role":"assistant","content":null,"tool_calls":[{"id":"a","type":"function","function":{"name":"ls","arguments":"{}"}}]}`,
	"CRES(a)", `{"role":"tool","tool_call_id":"a","content":"x"}`,
	"RCALL(a)", `{"type":"function_call","call_id":"a","name":"ls","arguments":"{}"}`,
	"RRES(a)", `{"type":"function_call_output","call_id":"a","output":"x"}`,
	"GUSER", `{"role":"user","parts":[{"text":"hi"}]}`,
	"GCALL", `{"role":"model","parts":[{"functionCall":{"name":"ls","args":{}}}]}`,
	"GSIGNED", `{"role":"model","parts":[{"functionCall":{"name":"ls","args":{}},"thoughtSignature":"s"}]}`,
	"GRES", `{"role":"user","parts":[{"functionResponse":{"name":"ls","response":{"result":"x"}}}]}`,
	"CC", `"cache_control":{"type":"ephemeral"}`,
	"HOUR", `"cache_control":{"type":"ephemeral","ttl":"1h"}`,
	"BREAK", `"prompt_cache_breakpoint":{"mode":"explicit"}`,
)

// cases: for each rule and format a request that breaks it, and the like that
// doesn't. Other rules may be broken too; only code is looked for.
var cases = []struct {
	code string
	api  quire.API
	bad  string
	good string
}{
	{"A1", anth, `{ATOOLS,"messages":[USER,{"role":"assistant","content":[AUSE(a),AUSE(b)]},{"role":"user","content":[ARES(a)]}]}`,
		`{ATOOLS,"messages":[USER,{"role":"assistant","content":[AUSE(a),AUSE(b)]},{"role":"user","content":[ARES(b),ARES(a)]}]}`},
	{"A1", anth, `{ATOOLS,"messages":[USER,{"role":"assistant","content":[AUSE(a)]},{"role":"user","content":[ARES(a),ARES(a)]}]}`, ``},
	{"A1", anth, `{"messages":[{"role":"user","content":[ARES(a)]}]}`, ``},
	{"A1", chat, `{FTOOLS,"messages":[USER,CCALL(a),CRES(a),CCALL(a),CRES(a)]}`, `{FTOOLS,"messages":[USER,CCALL(a),CRES(a)]}`},
	{"A1", resp, `{RTOOLS,"input":[USER,RCALL(a)]}`, `{RTOOLS,"input":[USER,RCALL(a),RRES(a)]}`},
	{"A1", gem, `{GTOOLS,"contents":[GUSER,GCALL,GUSER]}`, `{GTOOLS,"contents":[GUSER,GCALL,GRES]}`},
	{"A1", ollama, `{FTOOLS,"messages":[USER,{"role":"assistant","content":"","tool_calls":[{"function":{"name":"ls","arguments":{}}}]},{"role":"tool","tool_name":"rm","content":"x"}]}`,
		`{FTOOLS,"messages":[USER,{"role":"assistant","content":"","tool_calls":[{"function":{"name":"ls","arguments":{}}}]},{"role":"tool","tool_name":"ls","content":"x"}]}`},
	{"A2", anth, `{"messages":[USER,{"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":"s"}]},USER]}`,
		`{"messages":[USER,{"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":"s"},{"type":"text","text":"x"}]},USER]}`},
	{"A2", gem, `{"contents":[GUSER,{"role":"model","parts":[{"text":"","thoughtSignature":"s"}]},GUSER]}`,
		`{"contents":[GUSER,{"role":"model","parts":[{"text":"x"},{"text":"","thoughtSignature":"s"}]},GUSER]}`},
	{"A3", chat, `{"messages":[{"role":"system","content":"s"}]}`, `{"messages":[{"role":"system","content":"s"},USER]}`},
	{"A3", chat, `{"messages":[USER,{"role":"assistant","content":" \n"}]}`, `{"messages":[USER,{"role":"assistant","content":"x"}]}`},
	{"A3", resp, `{"input":[]}`, `{"input":"hi"}`},
	{"A3", gem, `{"contents":[{"role":"user","parts":[]}]}`, `{"contents":[GUSER]}`},
	{"A3", anth, `{"tools":[],"messages":[USER]}`, `{ATOOLS,"messages":[USER]}`},
	{"A3", chat, `{"messages":[USER,CCALL(a),CRES(a)]}`, `{FTOOLS,"messages":[USER,CCALL(a),CRES(a)]}`},
	{"A4", anth, `{ATOOLS,"messages":[USER,{"role":"assistant","content":[AUSE(a)]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"a"}]}]}`,
		`{ATOOLS,"messages":[USER,{"role":"assistant","content":[AUSE(a)]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":[{"type":"image","source":{}}]}]}]}`},
	{"A4", chat, `{FTOOLS,"messages":[USER,CCALL(a),{"role":"tool","tool_call_id":"a","content":""}]}`, `{FTOOLS,"messages":[USER,CCALL(a),CRES(a)]}`},
	{"A4", gem, `{GTOOLS,"contents":[GUSER,GCALL,{"role":"user","parts":[{"functionResponse":{"name":"ls","response":{}}}]}]}`, `{GTOOLS,"contents":[GUSER,GCALL,GRES]}`},
	{"A10", anth, `{"model":"claude-opus-4-8","max_tokens":9,"temperature":0.2,"messages":[USER]}`, `{"model":"claude-sonnet-4-6","max_tokens":9,"temperature":0.2,"messages":[USER]}`},
	{"A10", chat, `{"model":"gpt-5.6","stop":["x"],"messages":[USER]}`, `{"model":"gpt-4.1","stop":["x"],"temperature":0,"messages":[USER]}`},
	{"A10", anth, `{"model":"claude-opus-4-8","max_tokens":9,"temperature":0,"messages":[USER]}`, `{"model":"claude-opus-4-8","max_tokens":9,"temperature":1,"messages":[USER]}`},
	{"A11", chat, `{"model":"kimi-k2.6","tool_choice":"required",FTOOLS,"messages":[USER]}`, `{"model":"kimi-k2.6","tool_choice":"auto",FTOOLS,"messages":[USER]}`},
	{"A11", anth, `{"model":"claude-opus-5-5","max_tokens":9,"tool_choice":{"type":"any"},ATOOLS,"messages":[USER]}`, `{"model":"claude-opus-5-5","max_tokens":9,"tool_choice":{"type":"none"},ATOOLS,"messages":[USER]}`},
	{"C11", chat, `{"model":"llama-3.3-70b","prompt_cache_key":"k","messages":[USER]}`, `{"model":"gpt-5.2","prompt_cache_key":"k","messages":[USER]}`},
	{"C11", chat, `{"model":"openai/gpt-oss-120b","prompt_cache_key":"k","messages":[USER]}`, `{"model":"kimi-k2.6","prompt_cache_key":"k","messages":[USER]}`},
	{"B3", anth, `{"model":"claude-fable-5-1","max_tokens":9,"messages":[USER,{"role":"assistant","content":"x"},{"role":"system","clear_at":"next_user_message","content":"n"}]}`,
		`{"model":"claude-fable-5-1","max_tokens":9,"messages":[USER,{"role":"system","clear_at":"next_user_message","content":"n"},{"role":"assistant","content":"x"},USER,{"role":"system","clear_at":"next_user_message","content":"m"}]}`},
	{"B3", anth, `{"model":"claude-sonnet-5","max_tokens":9,"messages":[USER,{"role":"system","content":"n"}]}`, ``},
	{"B3", anth, `{"model":"claude-sonnet-5","max_tokens":9,"messages":[USER,{"role":"system","content":[],"output_config":{"effort":"low"}}]}`,
		`{"model":"claude-opus-5-5","max_tokens":9,"messages":[USER,{"role":"assistant","content":"x"},{"role":"system","content":[],"output_config":{"effort":"low"}},USER,{"role":"system","content":[],"output_config":{"effort":"high"}},USER]}`},
	{"B3", anth, `{"model":"claude-opus-5-5","max_tokens":9,"messages":[USER,{"role":"system","content":"n"},USER]}`, ``},
	{"C9", chat, `{"model":"kimi-k2.6",FTOOLS,"messages":[USER,CCALL(a),CRES(a)]}`,
		`{"model":"kimi-k2.6",FTOOLS,"messages":[USER,{"role":"assistant","content":null,"reasoning_content":" ","tool_calls":[{"id":"a","type":"function","function":{"name":"ls","arguments":"{}"}}]},CRES(a)]}`},
	{"C9", chat, `{"model":"moonshotai/kimi-k3",FTOOLS,"messages":[USER,{"role":"assistant","content":null,"reasoning_content":"","tool_calls":[{"id":"a","type":"function","function":{"name":"ls","arguments":"{}"}}]},CRES(a)]}`,
		`{"model":"deepseek-v4-pro",FTOOLS,"messages":[USER,{"role":"assistant","content":null,"reasoning_content":"","tool_calls":[{"id":"a","type":"function","function":{"name":"ls","arguments":"{}"}}]},CRES(a)]}`},
	{"C9", chat, `{"model":"mimo-v2.5",FTOOLS,"messages":[USER,CCALL(a),CRES(a)]}`, `{"model":"glm-5.2",FTOOLS,"messages":[USER,CCALL(a),CRES(a)]}`},
	{"C10", chat, `{"model":"gemini-3-pro",FTOOLS,"messages":[USER,CCALL(a),CRES(a)]}`,
		`{"model":"gemini-3-pro",FTOOLS,"messages":[USER,{"role":"assistant","content":null,"tool_calls":[{"id":"a","type":"function","function":{"name":"ls","arguments":"{}"},"extra_content":{"google":{"thought_signature":"s"}}}]},CRES(a)]}`},
	{"C10", chat, `{"model":"google/gemini-4-neon",FTOOLS,"messages":[USER,CCALL(a),CRES(a)]}`,
		`{"model":"google/gemini-3-pro-preview",FTOOLS,"messages":[USER,{"role":"assistant","content":null,"reasoning_details":[{"type":"reasoning.encrypted","data":"s"}],"tool_calls":[{"id":"a","type":"function","function":{"name":"ls","arguments":"{}"}}]},CRES(a)]}`},
	{"A3", resp, `{"input":[USER,{"role":"assistant","content":""}]}`, // arguments of the server's own tools are objects
		`{RTOOLS,"input":[USER,{"type":"tool_search_call","arguments":{"query":"x"},"execution":"server","call_id":null,"status":"completed"},{"type":"tool_search_output","tools":[]},{"role":"assistant","content":"x"},USER]}`},
	{"A5", anth, `{"max_tokens":1024,"thinking":{"type":"enabled","budget_tokens":1024},"messages":[USER]}`,
		`{"max_tokens":1025,"thinking":{"type":"enabled","budget_tokens":1024},"messages":[USER]}`},
	{"A6", chat, `{"tools":[{"function":{"name":"ls"}},{"function":{"name":"ls"}}],"messages":[USER]}`, `{FTOOLS,"messages":[USER]}`},
	{"A6", chat, `not json`, `{"messages":[USER]}`},
	{"A6", chat, "{\"messages\":[{\"role\":\"user\",\"content\":\"\xff\"}]}", ``},
	{"A6", chat, `{"messages":[USER]}{}`, ``},
	{"A6", chat, `null`, ``},
	{"A6", chat, `{"messages":7}`, ``},
	{"A6", "telex", `{}`, ``},

	{"A7", anth, `{ATOOLS,"messages":[USER,{"role":"assistant","content":[{"type":"tool_use","id":"a","name":"ls","input":{"e":"x\ud83d"}}]},{"role":"user","content":[ARES(a)]}]}`,
		`{ATOOLS,"messages":[USER,{"role":"assistant","content":[{"type":"tool_use","id":"a","name":"ls","input":{"e":"x\ud83d\ude00 \\ud83d"}}]},{"role":"user","content":[ARES(a)]}]}`},
	{"A7", gem, `{"tools":[{"functionDeclarations":[{"name":"ls","parametersJsonSchema":{"type":"object","pattern":"[\ud800-\udfff]"}}]}],"contents":[GUSER]}`, ``},
	{"A7", ollama, `{"messages":[{"role":"user","content":"\udc00"}]}`, `{"messages":[{"role":"user","content":"\ufffd"}]}`},
	{"A7", chat, `{FTOOLS,"messages":[USER,{"role":"assistant","content":null,"tool_calls":[{"id":"a","type":"function","function":{"name":"ls","arguments":"{\"e\":\"\\ud83d\"}"}}]},CRES(a)]}`,
		`{FTOOLS,"messages":[USER,{"role":"assistant","content":null,"tool_calls":[{"id":"a","type":"function","function":{"name":"ls","arguments":"{\"e\":\"\\ud83d\\ude00\"}"}}]},CRES(a)]}`},
	{"A8", anth, `{"tools":[{"name":"ls","input_schema":{}}],"messages":[USER]}`, `{"tools":[{"name":"ls","input_schema":{"type":"object"}}],"messages":[USER]}`},
	{"A8", anth, `{"tools":[{"name":"ls","input_schema":{"type":"object","anyOf":[{}]}}],"messages":[USER]}`, `{"tools":[{"name":"ls","input_schema":{"type":"object","properties":{"a":{"anyOf":[{}]}}}}],"messages":[USER]}`},
	{"A8", chat, `{"tools":[{"type":"function","function":{"name":"ls","parameters":{"type":"object"}}}],"messages":[USER]}`, `{"tools":[{"type":"function","function":{"name":"ls","parameters":{"type":"object","properties":{}}}}],"messages":[USER]}`},
	{"A8", resp, `{"tools":[{"type":"function","name":"ls","parameters":{"type":"object","properties":null}}],"input":[USER]}`, `{"tools":[{"type":"function","name":"ls","parameters":{"type":"object","properties":{}}}],"input":[USER]}`},
	{"A8", gem, `{"tools":[{"functionDeclarations":[{"name":"ls","parametersJsonSchema":{"type":"string"}}]}],"contents":[GUSER]}`, ``},
	{"A9", anth, picture("image/png", "/9j/4AAQ"), picture("image/jpeg", "/9j/4AAQ")},
	{"A9", anth, picture("image/svg+xml", "PHN2Zz4="), picture("image/gif", gif(8000))},
	{"A9", anth, picture("image/gif", gif(8001)), ``},
	{"A9", anth, picture("image/png", "iVBORw0KGgo"+strings.Repeat("A", 5<<20)+"AAA="), ``},
	{"A9", gem, `{"contents":[{"role":"user","parts":[{"inlineData":{"mimeType":"image/gif","data":"R0lGODlh"}}]}]}`, `{"contents":[{"role":"user","parts":[{"inlineData":{"mimeType":"image/png","data":"iVBORw0KGgo="}}]}]}`},
	{"A9", chat, `{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/tiff;base64,SUkq"}}]}]}`, `{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/gif;base64,R0lGODlh"}}]}]}`},
	{"A9", resp, `{"input":[{"role":"user","content":[{"type":"input_image","image_url":"data:image/png;base64,/9j/"}]}]}`, `{"input":[{"role":"user","content":[{"type":"input_image","image_url":"https://x/y.svg"}]}]}`},
	{"A9", ollama, `{"messages":[{"role":"user","content":"","images":["R0lGODlh"]}]}`, ``},

	{"B1", anth, `{ATOOLS,"messages":[USER,{"role":"assistant","content":[AUSE(a)]},{"role":"user","content":[{"type":"text","text":"x"},ARES(a)]}]}`,
		`{ATOOLS,"messages":[USER,{"role":"assistant","content":[AUSE(a)]},{"role":"user","content":[ARES(a),{"type":"text","text":"x"}]}]}`},
	{"B1", anth, `{ATOOLS,"messages":[USER,{"role":"assistant","content":[AUSE(a),AUSE(b)]},{"role":"user","content":[ARES(a)]},{"role":"user","content":[ARES(b)]}]}`, ``},
	{"B1", anth, `{ATOOLS,"messages":[USER,{"role":"assistant","content":[AUSE(a)]}]}`, ``},
	{"B2", anth, `{"messages":[USER,{"role":"assistant","content":[{"type":"thinking","thinking":"t"},{"type":"text","text":"x"}]},USER]}`,
		`{"messages":[USER,{"role":"assistant","content":[{"type":"redacted_thinking","data":"d"},{"type":"text","text":"x"}]},USER]}`},
	{"B2", anth, `{"messages":[USER,{"role":"assistant","content":[{"type":"text","text":"x"},{"type":"thinking","thinking":"t","signature":"s"}]},USER]}`, ``},
	{"B2", anth, `{"messages":[{"role":"user","content":[{"type":"thinking","thinking":"t","signature":"s"},{"type":"text","text":"x"}]}]}`, ``},
	{"B3", anth, `{"messages":[{"role":"system","content":"s"},USER]}`, `{"system":"s","messages":[USER]}`},
	{"B3", anth, `{"messages":[USER,USER]}`, `{"messages":[USER]}`},
	{"B3", anth, `{"messages":[{"role":"assistant","content":"x"},USER]}`, ``},
	{"B4", anth, `{"messages":[{"role":"user","content":[{"type":"text","text":""},{"type":"text","text":"x"}]}]}`, `{"messages":[{"role":"user","content":[{"type":"text","text":"x",CC}]}]}`},
	{"B4", anth, `{"system":[{"type":"text","text":" ",CC}],"messages":[USER]}`, ``},
	{"B4", anth, `{"messages":[USER,{"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":"s",CC},{"type":"text","text":"x"}]},USER]}`, ``},
	{"B5", anth, `{"tools":[{"name":"ls",CC}],"system":[{"type":"text","text":"s",CC}],"messages":[{"role":"user","content":[{"type":"text","text":"1",CC},{"type":"text","text":"2",CC},{"type":"text","text":"3",CC}]}]}`,
		`{"tools":[{"name":"ls",CC}],"system":[{"type":"text","text":"s",CC}],"messages":[{"role":"user","content":[{"type":"text","text":"1",CC},{"type":"text","text":"2",CC},{"type":"text","text":"3"}]}]}`},
	{"B5", anth, `{"system":[{"type":"text","text":"s",CC}],"messages":[{"role":"user","content":[{"type":"text","text":"1",HOUR}]}]}`,
		`{"system":[{"type":"text","text":"s",HOUR}],"messages":[{"role":"user","content":[{"type":"text","text":"1",CC}]}]}`},
	{"B7", anth, `{"model":"us.anthropic.claude-opus-4-6-v1:0","messages":[USER,{"role":"assistant","content":"x"}]}`, `{"model":"claude-opus-4-6","messages":[USER,{"role":"assistant","content":"x"},USER]}`},
	{"B7", anth, `{"model":"claude-sonnet-5","messages":[USER,{"role":"assistant","content":[{"type":"text","text":"x"}]}]}`, `{"model":"claude-sonnet-5","messages":[USER,{"role":"assistant","content":[{"type":"server_tool_use"}]}]}`},
	{"B7", anth, `{"model":"claude-mythos-preview","messages":[USER,{"role":"assistant","content":"x"}]}`, `{"model":"claude-opus-4-20250514","messages":[USER,{"role":"assistant","content":"x"}]}`},
	{"B7", anth, `{"model":"claude-opus-10","messages":[USER,{"role":"assistant","content":"x"}]}`, `{"model":"claude-sonnet-4-5@20250929","messages":[USER,{"role":"assistant","content":"x"}]}`},
	{"B6", anth, images(101, 1), images(100, 1)},
	{"B6", anth, images(21, 2001), images(20, 2001)},

	{"C1", chat, `{FTOOLS,"messages":[USER,CCALL(a),USER,CRES(a)]}`, `{FTOOLS,"messages":[USER,CCALL(a),CRES(a),USER]}`},
	{"C1", strict, `{FTOOLS,"messages":[USER,CCALL(a)]}`, ``},
	{"C2", chat, `{"messages":[USER,{"role":"assistant","content":null}]}`, `{FTOOLS,"messages":[USER,CCALL(a),CRES(a)]}`},
	{"C3", resp, `{RTOOLS,"input":[USER,RRES(a)]}`, `{RTOOLS,"input":[USER,RCALL(a),RRES(a)]}`},
	{"C4", resp, `{"input":[USER,{"type":"reasoning","id":"r","summary":[],"encrypted_content":"e"},USER]}`,
		`{RTOOLS,"input":[USER,{"type":"reasoning","id":"r","summary":[],"encrypted_content":"e"},RCALL(a),RRES(a)]}`},
	{"C4", resp, `{"input":[USER,{"type":"reasoning","id":"r","summary":[]}]}`, ``},
	{"C5", resp, `{"input":[{"type":"compaction"},USER]}`, `{"input":[{"type":"compaction","encrypted_content":"e"},USER]}`},
	{"C6", resp, `{RTOOLS,"previous_response_id":"r","input":[RCALL(a),RRES(a),USER]}`, `{"previous_response_id":"r","input":[USER]}`},
	{"C7", resp, `{"input":[USER,{"type":"message","role":"assistant","content":[{"type":"output_text","text":"x",BREAK}]}]}`,
		`{"input":[{"type":"message","role":"user","content":[{"type":"input_text","text":"x",BREAK}]}]}`},
	{"C7", chat, `{"tools":[{"function":{"name":"ls"},BREAK}],"messages":[USER]}`, `{"messages":[{"role":"user","content":[{"type":"text","text":"x",BREAK}]}]}`},
	{"C7", chat, `{"messages":[{"role":"user","content":[` + strings.Repeat(`{"type":"text","text":"x",BREAK},`, 4) + `{"type":"text","text":"x",BREAK}]}]}`, ``},

	{"D1", gem, `{GTOOLS,"contents":[GUSER,{"role":"model","parts":[{"text":"x"}]},GCALL,GRES]}`, `{GTOOLS,"contents":[GUSER,GCALL,GRES,GCALL,GRES]}`},
	{"D2", gem, `{GTOOLS,"contents":[GUSER,GCALL,GRES,GRES]}`, `{GTOOLS,"contents":[GUSER,GCALL,GRES]}`},
	{"D3", gem, `{GTOOLS,"contents":[GUSER,GSIGNED,GRES,GCALL,GRES]}`, `{GTOOLS,"contents":[GUSER,GCALL,GRES,GUSER,GSIGNED,GRES]}`},
	{"D4", gem, `{"contents":[GUSER,{"role":"model","parts":[{"text":"x"}]}]}`, `{"contents":[GUSER]}`},
	{"D5", gem, `{"contents":[{"role":"system","parts":[{"text":"s"}]},GUSER]}`, `{"systemInstruction":{"parts":[{"text":"s"}]},"contents":[GUSER]}`},
	{"D6", gem, `{"cachedContent":"c",GTOOLS,"contents":[GUSER]}`, `{"cachedContent":"c","contents":[GUSER,GCALL,GRES]}`},

	{"C8", chat, `{"model":"gpt-5.6-sol",FTOOLS,"messages":[USER]}`, `{"model":"gpt-5.6-sol","reasoning_effort":"none",FTOOLS,"messages":[USER]}`},
	{"C8", chat, `{"model":"gpt-6","reasoning_effort":"low",FTOOLS,"messages":[USER]}`, `{"model":"gpt-6","reasoning_effort":"low","messages":[USER]}`},
	{"C8", chat, `{"model":"gpt-5.4","reasoning_effort":"low",FTOOLS,"messages":[USER]}`, `{"model":"gpt-5.4",FTOOLS,"messages":[USER]}`},
	{"D7", gem, `{"generationConfig":{"thinkingConfig":{"thinkingBudget":1000,"thinkingLevel":"low"}},"contents":[GUSER]}`, `{"generationConfig":{"thinkingConfig":{"thinkingLevel":"low"}},"contents":[GUSER]}`},
	{"D7", gem, `{"generationConfig":{"thinkingConfig":{"thinkingBudget":32769}},"contents":[GUSER]}`, `{"generationConfig":{"thinkingConfig":{"thinkingBudget":32768}},"contents":[GUSER]}`},

	{"E1", strict, `{"messages":[USER,{"role":"system","content":"s"}]}`, `{"messages":[{"role":"system","content":"s"},USER]}`},
	{"E1", ollama, `{"messages":[{"role":"system","content":"s"},{"role":"system","content":"t"},USER]}`, `{"messages":[USER]}`},
	{"E2", strict, `{"messages":[USER,USER]}`, `{"messages":[USER,{"role":"assistant","content":"x"},USER]}`},
	{"E2", ollama, `{"messages":[{"role":"assistant","content":"x"},USER]}`, `{"messages":[USER,{"role":"assistant","content":"x"}]}`},
	{"E2", strict, `{"messages":[USER,{"role":"function","content":"x"}]}`, ``},
	{"E3", strict, `{"messages":[{"role":"user","content":""}]}`, `{"messages":[USER]}`},
	{"E3", ollama, `{"messages":[{"role":"system","content":"s"}]}`, `{"messages":[{"role":"user","content":"","images":["iVBORw0KGgo="]}]}`},
	{"E5", strict, `{FTOOLS,"messages":[USER,{"role":"assistant","content":"","tool_calls":[{"id":"a","type":"function","function":{"name":"ls","arguments":"{}"}},{"id":"b","type":"function","function":{"name":"ls","arguments":"{}"}}]},CRES(a),{"role":"tool","tool_call_id":"b","content":"x"}]}`, `{FTOOLS,"messages":[USER,CCALL(a),CRES(a)]}`},
	{"E4", strict, `{FTOOLS,"messages":[USER,CCALL(a),CRES(a),USER]}`, `{FTOOLS,"messages":[USER,CCALL(a),CRES(a),{"role":"assistant","content":"x"},USER]}`},
}

func picture(media, data string) string {
	return `{"messages":[{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"` + media + `","data":"` + data + `"}}]}]}`
}

func images(n, side int) string {
	one := `{"type":"image","source":{"type":"base64","media_type":"image/gif","data":"` + gif(side) + `"}}`
	return `{"messages":[{"role":"user","content":[` + strings.Repeat(one+",", n-1) + one + `]}]}`
}

func TestRules(t *testing.T) {
	seen := map[string]bool{}
	for i, c := range cases {
		name := fmt.Sprintf("%d %s %s", i, c.code, c.api)
		found := promptcheck.Check(c.api, []byte(pieces.Replace(c.bad)))
		hit := false
		for _, v := range found {
			if v.Code == c.code {
				hit = true
				assert.NotEmpty(t, v.Path, name)
				assert.Contains(t, v.String(), c.code+" "+v.Path+": ")
			}
		}
		assert.True(t, hit, "%s: not caught in %s; found %v", name, pieces.Replace(c.bad), found)
		if c.good != "" {
			assert.Empty(t, promptcheck.Check(c.api, []byte(pieces.Replace(c.good))), name)
		}
		seen[c.code] = true
	}
	for _, r := range promptcheck.Rules() {
		assert.True(t, seen[r.Code], "rule %s has no case", r.Code)
		assert.NotEmpty(t, r.APIs)
	}
	require.Len(t, seen, 11+7+11+7+5)
}

func TestForeignRequestsAreRead(t *testing.T) {
	// Content as a string or as parts, tools without type, developer messages.
	for api, body := range map[quire.API]string{
		anth:   `{"model":"m","max_tokens":9,"system":"s","temperature":0,"messages":[{"role":"user","content":[{"type":"text","text":"hi"}]},{"role":"assistant","content":"x"},{"role":"user","content":"y"}]}`,
		chat:   `{"model":"m","messages":[{"role":"developer","content":"s"},{"role":"user","content":[{"type":"text","text":"hi"},{"type":"image_url","image_url":{"url":"u"}}]}],"temperature":0}`,
		ollama: `{"model":"m","messages":[{"role":"system","content":"s"},{"role":"user","content":"hi","images":null}],"stream":true,"options":{"temperature":0}}`,
	} {
		assert.Empty(t, promptcheck.Check(api, []byte(body)), api)
	}
}

func TestCheckPair(t *testing.T) {
	body := func(msgs string) []byte { return []byte(pieces.Replace(`{ATOOLS,"messages":[` + msgs + `]}`)) }
	first := body(`{"role":"user","content":[{"type":"text","text":"hi",CC},{"type":"text","text":"NOTE"}]}`)
	next := body(`{"role":"user","content":[{"type":"text","text":"hi"}]},{"role":"assistant","content":"x"},{"role":"user","content":[{"type":"text","text":"y",CC}]}`)
	assert.Empty(t, promptcheck.CheckPair(anth, first, next, "NOTE"))
	assert.Empty(t, promptcheck.CheckPair(anth, first, first, "NOTE"))

	codes := func(vs []promptcheck.Violation) (out []string) {
		for _, v := range vs {
			out = append(out, v.Code+" "+v.Path)
		}
		return out
	}
	assert.Equal(t, []string{"P2 messages[0]"}, codes(promptcheck.CheckPair(anth, first, next, "")), "the notice stayed")
	changed := body(`{"role":"user","content":[{"type":"text","text":"HI"}]},{"role":"assistant","content":"x"}`)
	assert.Equal(t, []string{"P2 messages[0]"}, codes(promptcheck.CheckPair(anth, first, changed, "NOTE")))
	again := body(`{"role":"user","content":[{"type":"text","text":"HI"}]}`)
	assert.Equal(t, []string{"P1 messages[0]"}, codes(promptcheck.CheckPair(anth, first, again, "NOTE")))
	assert.Equal(t, []string{"P1 messages[0]"}, codes(promptcheck.CheckPair(anth, next, first, "")))
	otherRole := body(`{"role":"assistant","content":[{"type":"text","text":"hi"}]}`)
	assert.Equal(t, []string{"P1 messages[0]"}, codes(promptcheck.CheckPair(anth, first, otherRole, "NOTE")))
	assert.Equal(t, []string{"P1 tools"}, codes(promptcheck.CheckPair(anth, []byte(`{"messages":[]}`), body(""), "")))
	assert.Equal(t, []string{"A6 before"}, codes(promptcheck.CheckPair(anth, []byte(`{`), next, "")))
}
