package openaimodel_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers/modeltest"
	"github.com/quire-dev/quire/providers/openaimodel"
)

// TestDeadConnection: a connection that was used before, and dies before the first
// byte of an answer, costs no call.
func TestDeadConnection(t *testing.T) {
	srv := modeltest.NewServer(t, quire.APIOpenAIChat, modeltest.Script{modeltest.Say("warm"), {Fault: modeltest.FaultDead}, modeltest.Say("again")})
	m := open(t, srv, openaimodel.Options{API: quire.APIOpenAIChat})
	p := &quire.Prompt{Model: "gpt-6", Messages: []quire.PromptMessage{{Role: quire.RoleUser, Parts: []quire.Part{quire.Text{Text: "hi"}}}}}
	for _, want := range []string{"warm", "again"} {
		r, err := m.Generate(t.Context(), p)
		require.NoError(t, err)
		assert.Equal(t, want, quire.PlainText(r.Parts))
	}
}
