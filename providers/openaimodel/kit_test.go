package openaimodel_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/modeltest"
	"github.com/quire-dev/quire/providers/openaimodel"
)

// open makes a model that talks to a server of modeltest.
func open(t *testing.T, srv *modeltest.Server, o openaimodel.Options, name ...string) *openaimodel.Model {
	t.Helper()
	o.Key, o.BaseURL = "secret", srv.URL+"/v1"
	m, err := openaimodel.New(append(name, "")[0], &o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, m.Close()) })
	return m
}

// TestKit holds the model to the kit, through each format. The server checks every
// request with promptcheck.
func TestKit(t *testing.T) {
	for _, api := range []quire.API{quire.APIOpenAIResponses, quire.APIOpenAIChat, quire.APIStrict} {
		t.Run(string(api), func(t *testing.T) {
			modeltest.RunAs(t, api, func(t *testing.T, s modeltest.Script) providers.Model {
				return open(t, modeltest.NewServer(t, api, s), openaimodel.Options{API: api})
			}, nil)
		})
	}
}

// TestRetryKit: with Retries the SDK repeats, as the kit demands.
func TestRetryKit(t *testing.T) {
	modeltest.RunRetrying(t, func(t *testing.T, s modeltest.Script) providers.Model {
		return open(t, modeltest.NewServer(t, quire.APIOpenAIResponses, s), openaimodel.Options{Retries: 2})
	})
}

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
