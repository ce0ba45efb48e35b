package geminimodel_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers/geminimodel"
	"github.com/quire-dev/quire/providers/modeltest"
)

// TestDeadConnection: a connection that was used before, and dies before the first
// byte of an answer, costs no call.
func TestDeadConnection(t *testing.T) {
	srv := modeltest.NewServer(t, quire.APIGemini, modeltest.Script{modeltest.Say("warm"), {Fault: modeltest.FaultDead}, modeltest.Say("again")})
	m := open(t, srv.URL, geminimodel.Options{})
	p := &quire.Prompt{Model: "gemini-3-pro", Messages: []quire.PromptMessage{{Role: quire.RoleUser, Parts: []quire.Part{quire.Text{Text: "hi"}}}}}
	for _, want := range []string{"warm", "again"} {
		r, err := m.Generate(t.Context(), p)
		require.NoError(t, err)
		assert.Equal(t, want, quire.PlainText(r.Parts))
	}
}
