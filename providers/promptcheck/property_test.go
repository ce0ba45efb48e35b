package promptcheck_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers/promptcheck"
	"github.com/quire-dev/quire/providers/wire"
)

var targets = []struct {
	api   quire.API
	model string
}{
	{quire.APIAnthropic, "claude-opus-5"}, {quire.APIAnthropic, "claude-opus-5-5"}, {quire.APIAnthropic, "claude-sonnet-4-5"},
	{quire.APIOpenAIChat, "gpt-6"}, {quire.APIOpenAIChat, "llama"}, {quire.APIOpenAIChat, "deepseek-v4-pro"},
	{quire.APIOpenAIResponses, "gpt-5.6"}, {quire.APIOpenAIResponses, "gpt-5"},
	{quire.APIGemini, "gemini-3-pro"}, {quire.APIStrict, "mistral-7b"}, {quire.APIOllama, "qwen3:8b"},
}

// encodable says whether a typed error is the right answer to p, which is when
// a Gemini prompt ends on the model's turn.
func encodable(t require.TestingT, api quire.API, p *quire.Prompt) ([]byte, bool) {
	body, err := wire.Encode(api, p, nil)
	if last := p.Messages[len(p.Messages)-1]; api == quire.APIGemini && last.Role == quire.RoleAssistant && p.Notice == "" {
		var we *wire.Error
		require.True(t, errors.As(err, &we))
		require.Equal(t, "D4", we.Rule)
		return nil, false
	}
	require.NoError(t, err)
	return body, true
}

func TestEveryEncodedPromptIsValid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		target := rapid.SampledFrom(targets).Draw(t, "target")
		groups := conversation(target.model).Draw(t, "conversation")
		p := prompt(t, target.model, groups, "p")
		p.Tools[0].Schema = []byte(rapid.SampledFrom([]string{
			"", "{}", `{"type":"object"}`, `{"type":"object","properties":{"l":{"type":"array","pattern":"\ud800"}}}`, `{"anyOf":[{"type":"object","properties":{"a":{}}}]}`,
		}).Draw(t, "schema"))
		body, ok := encodable(t, target.api, p)
		if !ok {
			return
		}
		require.True(t, json.Valid(body), "%s", body)
		require.Empty(t, promptcheck.Check(target.api, body), "%s", body)
		again, err := wire.Encode(target.api, p, nil)
		require.NoError(t, err)
		require.Equal(t, string(body), string(again))
	})
}

// TestPrefixes holds P1 and P2: whatever the notices, what one request has
// before its tail is the beginning of every longer one.
func TestPrefixes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		target := rapid.SampledFrom(targets).Draw(t, "target")
		groups := conversation(target.model).Draw(t, "conversation")
		n := rapid.IntRange(1, len(groups)).Draw(t, "n")
		if !hasUser(groups[:n]) {
			return
		}
		p := prompt(t, target.model, groups[:n], "p")
		q := prompt(t, target.model, groups, "q")
		before, ok := encodable(t, target.api, p)
		after, ok2 := encodable(t, target.api, q)
		if !ok || !ok2 {
			return
		}
		require.Empty(t, promptcheck.CheckPair(target.api, before, after, p.Notice), "%s\n%s", before, after)

		segs, err := wire.Segments(target.api, p)
		require.NoError(t, err)
		next, err := wire.Segments(target.api, q)
		require.NoError(t, err)
		stable := wire.Stable(segs)
		require.LessOrEqual(t, len(stable), len(wire.Stable(next)))
		for i, s := range stable {
			require.Equal(t, string(s.Bytes), string(next[i].Bytes), "segment %d", i)
			require.Equal(t, s.Level, next[i].Level)
			require.Equal(t, s.Message, next[i].Message)
		}
		for _, s := range segs[len(stable):] {
			require.True(t, s.Volatile, "nothing stands behind the notice")
		}
	})
}

func hasUser(groups [][]quire.PromptMessage) bool {
	for _, g := range groups {
		if g[0].Role == quire.RoleUser {
			return true
		}
	}
	return false
}

// TestMutationsAreCaught removes one message or block from a valid request that
// ends in a finished tool exchange; what is left has a broken pair.
func TestMutationsAreCaught(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		target := rapid.SampledFrom(targets).Draw(t, "target")
		ids := 0
		groups := [][]quire.PromptMessage{
			{{Role: quire.RoleUser, Parts: []quire.Part{quire.Text{Text: "go"}}}},
			toolGroup(t, target.model, &ids),
		}
		p := prompt(t, target.model, groups, "p")
		body, err := wire.Encode(target.api, p, nil)
		require.NoError(t, err)
		var drop string
		switch target.api {
		case quire.APIAnthropic:
			drop = rapid.SampledFrom([]string{"tool_use", "tool_result"}).Draw(t, "drop")
		case quire.APIGemini:
			drop = rapid.SampledFrom([]string{"functionCall", "functionResponse"}).Draw(t, "drop")
		case quire.APIOpenAIResponses:
			drop = rapid.SampledFrom([]string{`"function_call"`, "function_call_output"}).Draw(t, "drop")
		default:
			drop = `"role":"tool"`
		}
		mutated := without(t, body, drop)
		require.NotEqual(t, string(body), string(mutated))
		require.NotEmpty(t, promptcheck.Check(target.api, mutated), "%s", mutated)
	})
}

// without removes the innermost list element that contains what.
func without(t require.TestingT, body []byte, what string) []byte {
	var v any
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	require.NoError(t, dec.Decode(&v))
	done := false
	v = prune(v, what, &done)
	out, err := json.Marshal(v)
	require.NoError(t, err)
	return out
}

func prune(v any, what string, done *bool) any {
	switch v := v.(type) {
	case map[string]any:
		for k, in := range v {
			if k == "messages" || k == "input" || k == "contents" || k == "content" || k == "parts" {
				v[k] = prune(in, what, done)
			}
		}
		return v
	case []any:
		for i, in := range v {
			if *done {
				break
			}
			v[i] = prune(in, what, done)
			b, _ := json.Marshal(in)
			if !*done && bytes.Contains(b, []byte(what)) {
				*done = true
				return append(v[:i:i], v[i+1:]...)
			}
		}
		return v
	}
	return v
}

// TestCheckSurvivesAnything cuts and swaps bytes of valid requests.
func TestCheckSurvivesAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := rapid.SampledFrom(cases).Draw(t, "case")
		b := []byte(pieces.Replace(c.bad))
		for range rapid.IntRange(1, 4).Draw(t, "edits") {
			i := rapid.IntRange(0, len(b)-1).Draw(t, "at")
			if rapid.Bool().Draw(t, "cut") && len(b) > 1 {
				b = append(b[:i:i], b[i+1:]...)
			} else {
				b[i] = rapid.SampledFrom([]byte(`{}[]":,0a `)).Draw(t, "byte")
			}
		}
		for _, v := range promptcheck.Check(c.api, b) {
			require.NotEmpty(t, v.Sentence)
		}
		promptcheck.CheckPair(c.api, b, []byte(pieces.Replace(c.bad)), "x")
	})
}
