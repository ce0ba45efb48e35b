package main

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/providers/scripted"
)

func TestALongChatStaysWithinItsBudget(t *testing.T) {
	model := scripted.Func(func(_ context.Context, call int, _ *quire.Prompt) (*quire.Reply, error) {
		if call == 3 {
			return nil, errors.New("the line is busy")
		}
		reply := scripted.Text("Noted. " + strings.Repeat("I will keep it in mind. ", 5))
		return &reply, nil
	}).CheckAs(quire.APIOpenAIChat)
	profile, known := models.Find("gpt-5-mini")
	require.True(t, known)

	var in, out strings.Builder
	in.WriteString("Remember the number 4711.\n")
	for range 60 {
		in.WriteString(strings.Repeat("And this, and that. ", 5) + "\n")
	}
	require.NoError(t, chat(t.Context(), model, profile, strings.NewReader(in.String()), &out))

	assert.Equal(t, 60, strings.Count(out.String(), "Noted."))
	assert.Equal(t, 1, strings.Count(out.String(), "try again"))
	prompts := model.Prompts()
	last := prompts[len(prompts)-1]
	assert.Less(t, len(last.Messages), 40, "of 121 messages")
	assert.Contains(t, quire.PlainText(last.Messages[0].Parts), "earlier messages of this conversation")
	assert.Contains(t, quire.PlainText(prompts[0].Messages[0].Parts), "4711")
}
