package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/examples/internal/adopted"
	"github.com/quire-dev/quire/providers/modeltest"
)

func TestTheServiceStaysWithinItsBudget(t *testing.T) {
	t.Setenv("ANTHROPIC_API_KEY", "key")
	server := modeltest.NewServer(t, quire.APIAnthropic, adopted.Script())
	service := newService(server.URL)
	require.NoError(t, adopted.Ask(service, quire.APIAnthropic, model, 4000, server.Requests))
}
