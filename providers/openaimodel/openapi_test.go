package openaimodel_test

import (
	"bytes"
	"maps"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers/modeltest"
	"github.com/quire-dev/quire/providers/openaimodel"
	"github.com/quire-dev/quire/providers/wire"
)

// description is OpenAI's own description of its API, or the test is skipped. It
// is too large for this repository.
type description struct {
	t *testing.T
	c *jsonschema.Compiler
}

func openDescription(t *testing.T) *description {
	t.Helper()
	file := os.Getenv("QUIRE_OPENAI_SPEC")
	if file == "" {
		t.Skip("set QUIRE_OPENAI_SPEC to the openapi.json of github.com/openai/openai-openapi to hold requests and replies against it")
	}
	f, err := os.Open(file)
	require.NoError(t, err)
	defer f.Close()
	doc, err := jsonschema.UnmarshalJSON(f)
	require.NoError(t, err)
	amend(doc)
	c := jsonschema.NewCompiler()
	require.NoError(t, c.AddResource("openai.json", doc))
	return &description{t, c}
}

// amend removes what no validator can work with: two words of an older draft of
// JSON Schema, in the filters of file searches; that one alternative alone may
// match, where two of them take the same message; and a word for null.
func amend(v any) {
	switch v := v.(type) {
	case map[string]any:
		delete(v, "$recursiveAnchor")
		delete(v, "$recursiveRef")
		if one, ok := v["oneOf"]; ok && v["anyOf"] == nil {
			v["anyOf"] = one
			delete(v, "oneOf")
		}
		if v["nullable"] == true { // a word of OpenAPI alone
			delete(v, "nullable")
			inner := maps.Clone(v)
			clear(v)
			v["anyOf"] = []any{inner, map[string]any{"type": "null"}}
		}
		for _, in := range v {
			amend(in)
		}
	case []any:
		for _, in := range v {
			amend(in)
		}
	}
}

// check holds JSON against one of the schemas.
func (d *description) check(schema string, data []byte) error {
	d.t.Helper()
	s, err := d.c.Compile("openai.json#/components/schemas/" + schema)
	require.NoError(d.t, err)
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	require.NoError(d.t, err)
	return s.Validate(v)
}

// TestRequestsAreAsDescribed holds every request against OpenAI's description.
func TestRequestsAreAsDescribed(t *testing.T) {
	d := openDescription(t)
	each(func(name string, api quire.API, p *quire.Prompt, o wire.Options) {
		if api == quire.APIStrict || strings.HasPrefix(p.Model, "deepseek") {
			return // other vendors' servers
		}
		schema := "CreateChatCompletionRequest"
		if api == quire.APIOpenAIResponses {
			schema = "CreateResponse"
		}
		for _, stream := range []bool{false, true} {
			o.Stream = stream
			body, err := wire.Encode(api, p, &o)
			require.NoError(t, err)
			assert.NoError(t, d.check(schema, body), "%s: %s", name, body)
		}
		if api == quire.APIOpenAIResponses {
			o.Count = true
			body, err := wire.Encode(api, p, &o)
			require.NoError(t, err)
			assert.NoError(t, d.check("TokenCountsBody", body), "%s: %s", name, body)
		}
	})
	assert.Error(t, d.check("CreateResponse", []byte(`{"model":"gpt-6","input":[{"type":"function_call_output","call_id":1}]}`)), "the check can fail")
}

// TestRepliesAreAsDescribed holds what the tests are answered with against it.
func TestRepliesAreAsDescribed(t *testing.T) {
	d := openDescription(t)
	schemas := map[quire.API][2]string{
		quire.APIOpenAIResponses: {"Response", "ResponseStreamEvent"},
		quire.APIOpenAIChat:      {"CreateChatCompletionResponse", "CreateChatCompletionStreamResponse"},
	}
	for api, schema := range schemas {
		var tape recorder
		srv := modeltest.NewServer(t, api, modeltest.Script{fullReply, fullReply})
		m := open(t, srv, openaimodel.Options{API: api, HTTPClient: &http.Client{Transport: &tape}})
		_, err := m.Generate(t.Context(), rich("gpt-6"))
		require.NoError(t, err)
		for _, err := range m.Stream(t.Context(), rich("gpt-6")) {
			require.NoError(t, err)
		}
		for i, data := range tape.events() {
			assert.NoError(t, d.check(schema[min(i, 1)], data), "%s", data)
		}
	}
}
