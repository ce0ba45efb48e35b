package compose_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
)

// withTools is a session over 401 messages, of which one says where the key is.
func withTools(t *testing.T) (*compose.Session, []quire.PromptMessage, *compose.Plan) {
	list := chat(401)
	list[41] = said(quire.RoleAssistant, "The key lies under the third flowerpot. "+strings.Repeat("It rained all day. ", 200))
	s := session(2500)
	s.Options.Tools = s.Tools()
	plan, err := s.Next(list)
	require.NoError(t, err)
	return s, list, plan
}

func answer(t *testing.T, s *compose.Session, name, args string) quire.ToolResult {
	res, err := s.Call(quire.ToolCall{ID: "x1", Name: name, Args: args})
	require.NoError(t, err)
	require.Equal(t, "x1", res.CallID)
	require.NotEmpty(t, quire.PlainText(res.Parts))
	return res
}

func TestSessionToolsBringBackWhatLeft(t *testing.T) {
	s, list, plan := withTools(t)
	assert.Contains(t, quire.PlainText(plan.Prompt.Messages[0].Parts), "are left out; context_find searches them, context_pull shows them by number]")
	for _, tool := range s.Tools() {
		assert.True(t, json.Valid(tool.Schema), tool.Name)
	}

	found := quire.PlainText(answer(t, s, "context_find", `{"words":"where is the KEY, flowerpots?"}`).Parts)
	row, _, _ := strings.Cut(found, "\n")
	assert.True(t, strings.HasPrefix(row, "#42 assistant: The key lies under the third flowerpot."), found)
	assert.Equal(t, "Nothing has any of these words.", quire.PlainText(answer(t, s, "context_find", `{"words":"xylophone"}`).Parts))

	pulled := answer(t, s, "context_pull", `{"uids":["#42", 7]}`)
	text := quire.PlainText(pulled.Parts)
	assert.Contains(t, text, "[#42 assistant, bytes 0 to ")
	assert.Contains(t, text, "flowerpot")
	assert.Contains(t, text, "[#7 user]\nuser says its message number 6 in a few words")
	part := quire.PlainText(answer(t, s, "context_pull", `{"uids":[42],"from":4,"to":12}`).Parts)
	assert.Equal(t, "[#42 assistant, bytes 4 to 12 of 3840; from=12 goes on]\nkey lies", part)

	list = append(list, say(quire.RoleAssistant, quire.ToolCall{ID: "x1", Name: "context_pull", Args: `{"uids":[42]}`}), say(quire.RoleTool, pulled))
	require.NoError(t, s.Sent(plan, quire.Usage{}))
	plan, err := s.Next(list)
	require.NoError(t, err)
	assert.Contains(t, words(&plan.Prompt), "flowerpot", "it stands as the tool's result")
	assert.Equal(t, []quire.Part{pulled}, plan.Prompt.Messages[len(plan.Prompt.Messages)-1].Parts)
	again := quire.PlainText(answer(t, s, "context_find", `{"words":"key flowerpot"}`).Parts)
	assert.NotContains(t, again, "result of context_pull", "a search finds no search")
}

func TestSessionToolsSayWhatIsWrong(t *testing.T) {
	s, _, _ := withTools(t)
	for args, want := range map[string]string{
		`{"uids":[]}`: "by number", `{"uids":[9999]}`: "there is no message #9999", `{"uids":"x"}`: "is no number", `{`: "can't be read",
		`{"uids":[1],"from":9,"to":3}`: "from before to", `{"uids":[0]}`: "there is no message #0",
	} {
		res := answer(t, s, "context_pull", args)
		assert.True(t, res.IsError, args)
		assert.Contains(t, quire.PlainText(res.Parts), want, args)
	}
	assert.True(t, answer(t, s, "context_find", `{"words":"…"}`).IsError)
	assert.True(t, answer(t, s, "context_drop", `{}`).IsError)
	_, err := s.Call(quire.ToolCall{ID: "x", Name: "read"})
	assert.ErrorIs(t, err, compose.ErrSession)
	res, err := session(900).Call(quire.ToolCall{Name: "context_pull", Args: `{"uids":[1]}`})
	require.NoError(t, err)
	assert.True(t, res.IsError, "before the first prompt there is nothing")
}

// TestSessionDropsWhatTheModelReleases: from the list alone too.
func TestSessionDropsWhatTheModelReleases(t *testing.T) {
	list := []quire.PromptMessage{said(quire.RoleUser, "go"), called("a", "read", "{}"), returned("a", quire.Text{Text: "first " + strings.Repeat("long ", 100)}),
		called("b", "read", `{"n":2}`), returned("b", quire.Text{Text: "second " + strings.Repeat("long ", 300)}), called("d", "context_drop", `{"uids":[5]}`)}
	s := session(1200)
	s.Options.Tools = s.Tools()
	_, err := s.Next(list[:5])
	require.NoError(t, err)
	list = append(list, returned("d", answer(t, s, "context_drop", `{"uids":[5]}`).Parts...))
	for i := range 12 {
		id := fmt.Sprint("e", i)
		list = append(list, called(id, "read", fmt.Sprintf(`{"n":%d}`, 3+i)), returned(id, quire.Text{Text: strings.Repeat("more ", 50)}))
	}
	for n := 7; n <= len(list); n += 2 {
		s := session(1200)
		s.Options.Tools = s.Tools()
		plan, err := s.Next(list[:n])
		require.NoError(t, err)
		if text := words(&plan.Prompt); strings.Contains(text, "context_pull #5 shows it") {
			assert.Contains(t, text, "first long", "what was dropped goes first")
			return
		}
	}
	t.Fatal("nothing left")
}

// TestSessionFindsTheWordItself: neither newer messages with another ending nor those with
// a word that all have take the place of the one that is asked for.
func TestSessionFindsTheWordItself(t *testing.T) {
	list := chat(401)
	for i := 101; i < 400; i += 2 {
		list[i] = said(quire.RoleAssistant, fmt.Sprintf("Some talk of selotas, number %d.", i))
	}
	list[41] = said(quire.RoleAssistant, "The depth of selo is 417.")
	s := session(2500)
	s.Options.Tools = s.Tools()
	_, err := s.Next(list)
	require.NoError(t, err)

	found := quire.PlainText(answer(t, s, "context_find", `{"words":"selo"}`).Parts)
	assert.True(t, strings.HasPrefix(found, "#42 assistant: The depth of selo is 417."), found)

	found = quire.PlainText(answer(t, s, "context_find", `{"words":"the depth of selo"}`).Parts)
	rows := strings.Split(found, "\n")
	require.Len(t, rows, 2, found)
	assert.True(t, strings.HasPrefix(rows[0], "#42 assistant:"), found)
	assert.Contains(t, rows[1], "more with fewer of these words")
	assert.Greater(t, strings.Count(quire.PlainText(answer(t, s, "context_find", `{"words":"the depth of selo","limit":5}`).Parts), "\n"), 3, "a limit asks for them")
}
