package openaimodel_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/responses"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers/modeltest"
	"github.com/quire-dev/quire/providers/openaimodel"
	"github.com/quire-dev/quire/providers/wire"
)

// The SDK's types are generated from OpenAI's own description of its API. A field
// that they don't know is lost when they read a request and write it again; an
// event keeps it aside as an extra field.

// newer are fields that OpenAI's documentation and later versions of the SDK know:
// those need a newer Go than this repository does. v3.90.0 has the ttl.
var newer = []string{"prompt_cache_breakpoint.ttl"}

// foreign are fields of other vendors' servers that speak the chat format: what
// DeepSeek's models want back, and the name of the tool in a result, which strict
// templates show.
var foreign = []string{"reasoning_content", "name of a tool message"}

// params are what a request is read into.
func params(api quire.API, count bool) any {
	switch {
	case count:
		return &responses.InputTokenCountParams{}
	case api == quire.APIOpenAIResponses:
		return &responses.ResponseNewParams{}
	}
	return &openai.ChatCompletionNewParams{}
}

// unknown returns the paths of what of a request the SDK's types don't know.
func unknown(t *testing.T, body []byte, into any) []string {
	t.Helper()
	var sent map[string]any
	require.NoError(t, json.Unmarshal(body, &sent))
	delete(sent, "stream") // the SDK adds it by itself
	if choice, ok := sent["tool_choice"].(map[string]any); ok {
		// The SDK reads this form as another one of the same type.
		var in any = &responses.ToolChoiceFunctionParam{}
		if _, chat := into.(*openai.ChatCompletionNewParams); chat {
			in = &openai.ChatCompletionNamedToolChoiceParam{}
		}
		if lost := missing("tool_choice", choice, again(t, must(t, choice), in)); len(lost) > 0 {
			return lost
		}
		delete(sent, "tool_choice")
	}
	return missing("", sent, again(t, must(t, sent), into))
}

// again reads JSON into a value and returns what that writes.
func again(t *testing.T, data []byte, into any) any {
	t.Helper()
	require.NoError(t, json.Unmarshal(data, into), "%s", data)
	back, err := json.Marshal(into)
	require.NoError(t, err)
	var out any
	require.NoError(t, json.Unmarshal(back, &out))
	return out
}

func must(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	require.NoError(t, err)
	return b
}

// missing returns where got is not want.
func missing(path string, want, got any) (out []string) {
	switch want := want.(type) {
	case map[string]any:
		in, ok := got.(map[string]any)
		if !ok {
			return []string{path}
		}
		for _, k := range slices.Sorted(maps.Keys(want)) {
			at := strings.TrimPrefix(path+"."+k, ".")
			known := func(s string) bool { return strings.HasSuffix(at, s) }
			if k == "name" && want["role"] == "tool" {
				at = foreign[1]
			}
			if slices.ContainsFunc(newer, known) || slices.ContainsFunc(foreign, known) {
				continue
			}
			if _, ok := in[k]; !ok {
				out = append(out, at)
				continue
			}
			out = append(out, missing(at, want[k], in[k])...)
		}
	case []any:
		in, ok := got.([]any)
		if !ok || len(in) != len(want) {
			return []string{path}
		}
		for i := range want {
			out = append(out, missing(fmt.Sprintf("%s[%d]", path, i), want[i], in[i])...)
		}
	default:
		if !reflect.DeepEqual(want, got) {
			return []string{path}
		}
	}
	return out
}

// TestRequestsAreKnown: the SDK's types know every field of every request.
func TestRequestsAreKnown(t *testing.T) {
	each(func(name string, api quire.API, p *quire.Prompt, o wire.Options) {
		for _, stream := range []bool{false, true} {
			o.Stream = stream
			body, err := wire.Encode(api, p, &o)
			require.NoError(t, err)
			assert.Empty(t, unknown(t, body, params(api, false)), "%s: %s", name, body)
		}
		if api != quire.APIOpenAIResponses {
			return
		}
		o.Count = true
		body, err := wire.Encode(api, p, &o)
		require.NoError(t, err)
		assert.Empty(t, unknown(t, body, params(api, true)), "%s: %s", name, body)
		create, err := (*wire.Chain)(nil).Create(p, &o)
		require.NoError(t, err)
		assert.Empty(t, unknown(t, create.Event, &responses.ResponsesClientEventResponseCreateParam{}), "%s: %s", name, create.Event)
	})
	p := rich("gpt-5")
	p.Marks = nil
	body, err := wire.Encode(quire.APIOpenAIResponses, p, &wire.Options{CacheLife: 1 << 60})
	require.NoError(t, err)
	assert.Contains(t, string(body), "prompt_cache_retention")
	assert.Empty(t, unknown(t, body, params(quire.APIOpenAIResponses, false)))
}

// TestUnknownFieldsShow: the check above can fail.
func TestUnknownFieldsShow(t *testing.T) {
	for _, c := range []struct {
		api      quire.API
		old, new string
		want     string
	}{
		{quire.APIOpenAIResponses, `"store":false`, `"store":false,"stored":1`, "stored"},
		{quire.APIOpenAIResponses, `"store":false`, `"store":"no"`, "store"},
		{quire.APIOpenAIResponses, `"mode":"explicit"},"tools"`, `"mode":"explicit","life":1},"tools"`, "prompt_cache_options.life"},
		{quire.APIOpenAIResponses, `"text":"Go on."`, `"text":"Go on.","cache_control":{}`, "input[9].content[0].cache_control"},
		{quire.APIOpenAIResponses, `"call_id":"c1","name"`, `"call_id":"c1","tool":1,"name"`, "input[4].tool"},
		{quire.APIOpenAIResponses, `"strict":false`, `"strict":false,"input_schema":{}`, "tools[0].input_schema"},
		{quire.APIOpenAIResponses, `"tools":`, `"tool_choice":{"type":"function","name":"read","mode":1},"tools":`, "tool_choice.mode"},
		{quire.APIOpenAIChat, `"prompt_cache_key"`, `"cache_key"`, "cache_key"},
		{quire.APIOpenAIChat, `"image_url":{"url"`, `"image_url":{"uri":"x","url"`, "messages[1].content[2].image_url.uri"},
		{quire.APIOpenAIChat, `"tool_call_id":"c1"`, `"tool_call_id":"c1","tool_name":"read"`, "messages[3].tool_name"},
	} {
		body, err := wire.Encode(c.api, rich("gpt-6"), nil)
		require.NoError(t, err)
		broken := bytes.Replace(body, []byte(c.old), []byte(c.new), 1)
		require.NotEqual(t, string(body), string(broken), c.old)
		assert.Equal(t, []string{c.want}, unknown(t, broken, params(c.api, false)))
	}
}

// fullReply has all that a reply may have.
var fullReply = modeltest.Step{Reply: &quire.Reply{
	ID: "resp_1", Stop: quire.StopTools, Usage: quire.Usage{Input: 100, CachedInput: 60, CacheWrite: 30, Output: 9, Reasoning: 4},
	Parts: []quire.Part{
		quire.Reasoning{ID: "rs_1", Text: "Hm.", Data: "c2VjcmV0"}, text("Look:"), quire.ToolCall{ID: "c1", Name: "read", Args: `{"z":"b"}`},
	},
}}

// TestEventsAreKnown: the SDK's types know every field of the streams that the
// other tests are answered with, so that they are like OpenAI's.
func TestEventsAreKnown(t *testing.T) {
	for _, api := range []quire.API{quire.APIOpenAIResponses, quire.APIOpenAIChat} {
		var tape recorder
		srv := modeltest.NewServer(t, api, modeltest.Script{fullReply, fullReply})
		m := open(t, srv, openaimodel.Options{API: api, HTTPClient: &http.Client{Transport: &tape}})
		for _, err := range m.Stream(t.Context(), rich("gpt-6")) {
			require.NoError(t, err)
		}
		_, err := m.Generate(t.Context(), rich("gpt-6"))
		require.NoError(t, err)
		events := tape.events()
		require.Greater(t, len(events), 5)
		for _, data := range events {
			assert.Empty(t, extra(t, api, data), "%s", data)
		}
		assert.NotEmpty(t, extra(t, api, bytes.Replace(events[0], []byte("{"), []byte(`{"news":1,`), 1)), "the check can fail")
	}
}

// extra returns the fields of an event, or of a whole reply, that the SDK's types
// don't know.
func extra(t *testing.T, api quire.API, data []byte) []string {
	t.Helper()
	var v any
	switch {
	case api == quire.APIOpenAIResponses && bytes.Contains(data, []byte(`"sequence_number"`)):
		var e responses.ResponseStreamEventUnion
		require.NoError(t, json.Unmarshal(data, &e))
		require.NotNil(t, e.AsAny(), "no such event: %s", data)
		v = e.AsAny()
	case api == quire.APIOpenAIResponses:
		v = decoded[responses.Response](t, data)
	case bytes.Contains(data, []byte("chat.completion.chunk")):
		v = decoded[openai.ChatCompletionChunk](t, data)
	default:
		v = decoded[openai.ChatCompletion](t, data)
	}
	return extras(reflect.ValueOf(v), "")
}

func decoded[T any](t *testing.T, data []byte) T {
	t.Helper()
	var v T
	require.NoError(t, json.Unmarshal(data, &v))
	return v
}

// extras walks the SDK's values for what they put aside.
func extras(v reflect.Value, path string) (out []string) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			return extras(v.Elem(), path)
		}
	case reflect.Slice:
		for i := range v.Len() {
			out = append(out, extras(v.Index(i), fmt.Sprintf("%s[%d]", path, i))...)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			switch {
			case f.Name == "JSON":
				if m := v.Field(i).FieldByName("ExtraFields"); m.IsValid() {
					for _, k := range m.MapKeys() {
						if !slices.Contains(foreign, k.String()) {
							out = append(out, path+"."+k.String())
						}
					}
				}
			case f.IsExported():
				out = append(out, extras(v.Field(i), path+"."+f.Name)...)
			}
		}
	}
	return out
}

// recorder keeps what servers answer.
type recorder struct {
	mu   sync.Mutex
	tape bytes.Buffer
}

func (r *recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tape.Write(append(body, '\n'))
	res.Body = io.NopCloser(bytes.NewReader(body))
	return res, nil
}

// events returns the data of all events, and whole bodies.
func (r *recorder) events() (out [][]byte) {
	for line := range bytes.Lines(r.tape.Bytes()) {
		data := bytes.TrimSpace(bytes.TrimPrefix(line, []byte("data: ")))
		if bytes.HasPrefix(data, []byte("{")) {
			out = append(out, data)
		}
	}
	return out
}
