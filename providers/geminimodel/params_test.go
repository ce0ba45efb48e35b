package geminimodel_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/genai"
	"pgregory.net/rapid"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/internal/plainrequest"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/providers/geminimodel"
	"github.com/quire-dev/quire/providers/promptcheck"
	"github.com/quire-dev/quire/providers/wire"
)

const pngBytes = "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x02\x00\x00\x00\x03"

func someText(t *rapid.T) string {
	return rapid.StringOf(rapid.RuneFrom([]rune("ab \"\\\n<é中"))).Draw(t, "text") + "."
}

func userContent(t *rapid.T, parts ...*genai.Part) *genai.Content {
	for range rapid.IntRange(1, 3).Draw(t, "parts") {
		switch rapid.IntRange(0, 6).Draw(t, "part") {
		case 0:
			parts = append(parts, genai.NewPartFromBytes([]byte(pngBytes), "image/png"))
		case 1:
			parts = append(parts, genai.NewPartFromBytes([]byte("%PDF"), "application/pdf"))
		case 2:
			parts = append(parts, genai.NewPartFromURI("gs://b/a.mp4", "video/mp4"))
			parts[len(parts)-1].VideoMetadata = &genai.VideoMetadata{EndOffset: 3 * time.Second}
		case 3:
			parts = append(parts, &genai.Part{Text: someText(t), PartMetadata: map[string]any{"k": "v"}})
		default:
			parts = append(parts, genai.NewPartFromText(someText(t)))
		}
	}
	return &genai.Content{Role: genai.RoleUser, Parts: parts}
}

func saidContent(t *rapid.T, calls []*genai.FunctionCall) *genai.Content {
	var parts []*genai.Part
	switch rapid.IntRange(0, 5).Draw(t, "said") {
	case 0:
		parts = append(parts, &genai.Part{Text: "Hm.", Thought: true, ThoughtSignature: []byte{0xff, 0xfe, 1}})
	case 1:
		parts = append(parts, &genai.Part{Text: "Idly.", Thought: true})
	case 2:
		parts = append(parts, genai.NewPartFromExecutableCode("1", genai.LanguagePython), genai.NewPartFromCodeExecutionResult(genai.OutcomeOK, "1"))
	case 3:
		parts = append(parts, &genai.Part{Text: someText(t), ThoughtSignature: []byte("sig")})
	}
	parts = append(parts, genai.NewPartFromText(someText(t)))
	for i, call := range calls {
		p := &genai.Part{FunctionCall: call}
		if i == 0 {
			p.ThoughtSignature = []byte("sig")
		}
		parts = append(parts, p)
	}
	return &genai.Content{Role: genai.RoleModel, Parts: parts}
}

func someCalls(t *rapid.T, n *int) (calls []*genai.FunctionCall, results []*genai.Part) {
	ids := rapid.Bool().Draw(t, "ids")
	for range rapid.IntRange(1, 3).Draw(t, "calls") {
		*n++
		call := &genai.FunctionCall{Name: rapid.SampledFrom([]string{"look", "find"}).Draw(t, "name"), Args: map[string]any{"a": 1.5, "s": someText(t), "n": json.Number("12345678901234567890")}}
		if rapid.IntRange(0, 3).Draw(t, "empty") == 0 {
			call.Args = nil
		}
		if ids {
			call.ID = fmt.Sprintf("id%d", *n)
		}
		response := map[string]any{rapid.SampledFrom([]string{"result", "output", "error"}).Draw(t, "key"): someText(t)}
		if rapid.Bool().Draw(t, "object") {
			response = map[string]any{"sum": map[string]any{"n": 3.0}, "list": []any{"x"}}
		}
		res := &genai.FunctionResponse{ID: call.ID, Name: call.Name, Response: response}
		if rapid.IntRange(0, 3).Draw(t, "scheduled") == 0 {
			res.Scheduling = genai.FunctionResponseSchedulingSilent
		}
		calls, results = append(calls, call), append(results, &genai.Part{FunctionResponse: res})
	}
	return calls, results
}

func someContents(t *rapid.T) []*genai.Content {
	var out []*genai.Content
	n := 0
	for range rapid.IntRange(1, 4).Draw(t, "exchanges") {
		out = append(out, userContent(t))
		for range rapid.IntRange(0, 2).Draw(t, "steps") {
			calls, results := someCalls(t, &n)
			out = append(out, saidContent(t, calls), &genai.Content{Role: genai.RoleUser, Parts: results})
		}
		out = append(out, saidContent(t, nil))
	}
	return append(out, genai.NewContentFromText("And now?", genai.RoleUser))
}

func someConfig() *genai.GenerateContentConfig {
	return &genai.GenerateContentConfig{
		SystemInstruction: genai.NewContentFromText("You look.", genai.RoleUser), Temperature: genai.Ptr[float32](0.5), MaxOutputTokens: 100,
		Tools: []*genai.Tool{
			{FunctionDeclarations: []*genai.FunctionDeclaration{
				{Name: "look", Description: "Looks.", Parameters: &genai.Schema{Type: genai.TypeObject, Properties: map[string]*genai.Schema{"a": {Type: genai.TypeNumber}}}},
				{Name: "find", ParametersJsonSchema: map[string]any{"type": "object", "properties": map[string]any{}}},
			}},
			{GoogleSearch: &genai.GoogleSearch{}},
		},
	}
}

// plain compares what is sent, but for the role of a system instruction, which says nothing.
func plain(t require.TestingT, contents []*genai.Content, config *genai.GenerateContentConfig) string {
	b, err := json.Marshal(map[string]any{"contents": contents, "system": config.SystemInstruction.Parts, "tools": config.Tools})
	require.NoError(t, err)
	s, err := plainrequest.Plain(quire.APIGemini, b)
	require.NoError(t, err)
	return s
}

func TestContentsComeBackAsTheyWere(t *testing.T) {
	for _, model := range []string{"gemini-2.5-pro", "gemini-3-pro"} {
		rapid.Check(t, func(t *rapid.T) {
			contents, config := someContents(t), someConfig()
			before := plain(t, contents, config)
			p, err := geminimodel.Prompt(model, contents, config)
			require.NoError(t, err)
			again, next, err := geminimodel.Params(p, model, config)
			require.NoError(t, err)
			require.Equal(t, before, plain(t, contents, config), "what it was given is not changed")
			require.Equal(t, before, plain(t, again, next))
			require.Equal(t, config.Temperature, next.Temperature)
		})
	}
}

// Whatever of a conversation a session composes, it is a request that Gemini takes.
func TestComposedContentsAreValid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		model := rapid.SampledFrom([]string{"gemini-2.5-pro", "gemini-3-pro"}).Draw(t, "model")
		contents, config := someContents(t), someConfig()
		p, err := geminimodel.Prompt(model, contents, config)
		require.NoError(t, err)
		profile, _ := models.Find(model)
		session := compose.NewSession(profile, &compose.SessionOptions{System: p.System, Tools: p.Tools, Budget: rapid.IntRange(500, 2500).Draw(t, "budget")})
		plan, err := session.Next(p.Messages)
		if err != nil {
			t.Skip("a budget that is too small")
		}
		again, next, err := geminimodel.Params(&plan.Prompt, model, config)
		require.NoError(t, err)
		body, err := json.Marshal(map[string]any{"contents": again, "systemInstruction": next.SystemInstruction, "tools": next.Tools})
		require.NoError(t, err)
		require.Empty(t, promptcheck.Check(quire.APIGemini, body), "%s", body)
	})
}

// What quire says in its own types goes out and comes back.
func TestQuireMessagesThroughContents(t *testing.T) {
	const model = "gemini-3-pro"
	messages := []quire.PromptMessage{
		{Role: quire.RoleUser, Parts: []quire.Part{quire.Text{Text: "See"}, quire.Image{MediaType: "image/png", Data: []byte(pngBytes), Width: 2, Height: 3}}},
		{Role: quire.RoleAssistant, Parts: []quire.Part{
			quire.Reasoning{Model: model, Text: "Hm.", Signature: "c2ln"}, quire.Text{Text: "Let me look."},
			quire.ToolCall{ID: "c1", Name: "look", Args: `{"a":1}`, Signature: "c2ln"}, quire.ToolCall{ID: "c2", Name: "look", Args: `{}`},
		}},
		{Role: quire.RoleTool, Parts: []quire.Part{
			quire.ToolResult{CallID: "c1", Name: "look", Parts: []quire.Part{quire.Text{Text: "one"}}},
			quire.ToolResult{CallID: "c2", Name: "look", IsError: true, Parts: []quire.Part{quire.Text{Text: "no"}}},
		}},
		{Role: quire.RoleUser, Parts: []quire.Part{quire.Text{Text: "Well?"}}},
	}
	p := &quire.Prompt{System: "You look.", Messages: messages, Tools: []quire.Tool{{Name: "look", Schema: []byte(`{"properties":{},"type":"object"}`)}}}
	contents, config, err := geminimodel.Params(p, model, nil)
	require.NoError(t, err)
	assert.Equal(t, map[string]any{"a": 1.0}, contents[1].Parts[2].FunctionCall.Args)
	again, err := geminimodel.Prompt(model, contents, config)
	require.NoError(t, err)
	assert.Equal(t, messages, again.Messages)
	assert.Equal(t, p.System, again.System)
	assert.Equal(t, p.Tools, again.Tools)

	p.Messages = messages[:2]
	_, _, err = geminimodel.Params(p, model, nil)
	var e *wire.Error
	require.ErrorAs(t, err, &e)
	assert.Equal(t, "A1", e.Rule)
}

func TestWhatContentsCanNotKeep(t *testing.T) {
	contents := []*genai.Content{genai.NewContentFromText("x", genai.RoleUser)}
	_, err := geminimodel.Prompt("gemini-3-pro", contents, &genai.GenerateContentConfig{CachedContent: "c"})
	var e *wire.Error
	require.ErrorAs(t, err, &e)
	assert.Contains(t, e.What, "cachedContent")

	// What a later API says, genai has no field for.
	future := quire.Opaque{Kind: "gemini/hologram", Raw: []byte(`{"kind":"gemini/hologram","block":{"hologram":1}}`)}
	p := &quire.Prompt{Messages: []quire.PromptMessage{{Role: quire.RoleUser, Parts: []quire.Part{future}}}}
	_, _, err = geminimodel.Params(p, "gemini-3-pro", nil)
	require.ErrorAs(t, err, &e)
	assert.Equal(t, "contents[0].parts[0]: genai has no field for all that stands there", e.What)
}

func TestReplyOfTheClient(t *testing.T) {
	answer := &genai.GenerateContentResponse{
		ResponseID: "r1", ModelVersion: "gemini-3-pro",
		Candidates: []*genai.Candidate{{FinishReason: genai.FinishReasonStop, Content: &genai.Content{Role: genai.RoleModel, Parts: []*genai.Part{
			{Text: "Hm.", Thought: true}, {Text: "Look."}, {FunctionCall: &genai.FunctionCall{ID: "c1", Name: "look", Args: map[string]any{"a": 1}}, ThoughtSignature: []byte("sig")},
		}}}},
		UsageMetadata: &genai.GenerateContentResponseUsageMetadata{PromptTokenCount: 10, CachedContentTokenCount: 4, CandidatesTokenCount: 3, ThoughtsTokenCount: 2},
	}
	r, err := geminimodel.Reply(answer)
	require.NoError(t, err)
	assert.Equal(t, &quire.Reply{
		ID: "r1", Model: "gemini-3-pro", Stop: quire.StopTools, Usage: quire.Usage{Input: 10, CachedInput: 4, Output: 5, Reasoning: 2},
		Parts: []quire.Part{quire.Reasoning{Model: "gemini-3-pro", Text: "Hm."}, quire.Text{Text: "Look."}, quire.ToolCall{ID: "c1", Name: "look", Args: `{"a":1}`, Signature: "c2ln"}},
	}, r)
}
