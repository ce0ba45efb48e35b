package adopt_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/adopt"
	"github.com/quire-dev/quire/providers/promptcheck"
)

// What the system says on the way stays the system's, and what it sets stays set, in the form
// in which Claude Code sends both: however much leaves around it.
func TestTheSystemSpeaksOnTheWay(t *testing.T) {
	var sent []byte
	base := transportFunc(func(r *http.Request) (*http.Response, error) {
		var err error
		sent, err = io.ReadAll(r.Body)
		return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(`{"type":"message","role":"assistant","content":[]}`))}, err
	})
	client := &http.Client{Transport: adopt.New(1500, &adopt.Options{Base: base})}
	type object = map[string]any
	said := func(role, text string) object { return object{"role": role, "content": text} }
	list := []object{said("user", "Begin."), {"role": "system", "content": "You are in a shell.", "output_config": object{"effort": "medium"}}}
	largest := 0
	for i := range 60 {
		list = append(list, object{"role": "assistant", "content": []object{{"type": "tool_use", "id": fmt.Sprint("c", i), "name": "sh", "input": object{"n": i}}}},
			object{"role": "user", "content": []object{{"type": "tool_result", "tool_use_id": fmt.Sprint("c", i), "content": strings.Repeat("some output ", 20)}}})
		switch i % 10 {
		case 3:
			list = append(list, said("system", fmt.Sprint("Rule ", i, " holds from here on.")))
		case 6:
			list = append(list, said("assistant", fmt.Sprint("Done ", i)), object{"role": "system", "content": []object{}, "output_config": object{"effort": []string{"low", "high"}[i/10%2]}}, said("user", fmt.Sprint("Go on with ", i)))
		}
		body, err := json.Marshal(object{"model": "claude-opus-5-5", "max_tokens": 500, "tools": []object{{"name": "sh", "input_schema": object{"type": "object"}}}, "messages": list})
		require.NoError(t, err)
		res, err := client.Post("http://vendor/v1/messages", "application/json", bytes.NewReader(body))
		require.NoError(t, err)
		_, err = io.Copy(io.Discard, res.Body)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		require.Empty(t, res.Header.Get(adopt.HeaderUnchanged))
		require.Empty(t, promptcheck.Check(quire.APIAnthropic, sent), "%d: %s", i, sent)
		largest = max(largest, len(body))
	}
	assert.Less(t, len(sent), largest/3)
	var got struct {
		Messages []struct {
			Role    string
			Content []struct{ Type, Text string }
			Output  struct{ Effort string } `json:"output_config"`
		}
	}
	require.NoError(t, json.Unmarshal(sent, &got))
	effort, rules := "", 0
	for _, m := range got.Messages {
		if m.Output.Effort != "" {
			assert.Equal(t, "system", m.Role)
			effort = m.Output.Effort
		}
		for _, c := range m.Content {
			if strings.HasPrefix(c.Text, "Rule") && m.Role == "system" {
				rules++
			}
			assert.NotEqual(t, "(empty)", c.Text)
		}
	}
	assert.Equal(t, "high", effort, "what was set last")
	assert.GreaterOrEqual(t, rules, 1)
	assert.Contains(t, string(sent), "Rule 3 holds")
}

// A developer's message further on stays one, for OpenAI.
func TestADevelopersMessageStaysOne(t *testing.T) {
	for path, field := range map[string]string{"/v1/chat/completions": "messages", "/v1/responses": "input"} {
		var sent []byte
		base := transportFunc(func(r *http.Request) (*http.Response, error) {
			var err error
			sent, err = io.ReadAll(r.Body)
			return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("{}"))}, err
		})
		client := &http.Client{Transport: adopt.New(1500, &adopt.Options{Base: base})}
		body := `{"model":"gpt-5.1","` + field + `":[{"role":"system","content":"S"},{"role":"user","content":"Hello"},{"role":"assistant","content":"Hm."},{"role":"developer","content":"Be brief."},{"role":"user","content":"So?"}]}`
		res, err := client.Post("http://vendor"+path, "application/json", strings.NewReader(body))
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		var got map[string]json.RawMessage
		require.NoError(t, json.Unmarshal(sent, &got))
		var roles []struct{ Role string }
		require.NoError(t, json.Unmarshal(got[field], &roles))
		require.Len(t, roles, 5, "%s", sent)
		assert.Equal(t, "developer", roles[3].Role, path)
	}
}
