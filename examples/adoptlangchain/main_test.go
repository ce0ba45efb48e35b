package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/examples/internal/adopted"
	"github.com/quire-dev/quire/providers/modeltest"
)

func TestTheServiceStaysWithinItsBudget(t *testing.T) {
	t.Setenv("OPENAI_API_KEY", "key")
	server := modeltest.NewServer(t, quire.APIOpenAIChat, adopted.Script())
	service, err := newService(server.URL + "/v1")
	require.NoError(t, err)
	require.NoError(t, adopted.Ask(service, quire.APIOpenAIChat, model, 4000, server.Requests))
}
