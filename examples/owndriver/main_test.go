package main

import (
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/drivertest"
	"github.com/quire-dev/quire/mailbox/memstore"
)

// The kit holds the driver to the whole contract: durability, order, waiting, streams.
func TestDriverKeepsTheContract(t *testing.T) {
	drivertest.Run(t, func(_ *testing.T, o *mailbox.Options) *mailbox.Store {
		return mailbox.New(New(memstore.NewDriver(""), io.Discard), o)
	})
}

func TestEachMessageIsOneLine(t *testing.T) {
	var out strings.Builder
	require.NoError(t, run(t.Context(), &out))
	require.Equal(t, 1, strings.Count(out.String(), "\n"))
	var line Line
	require.NoError(t, json.Unmarshal([]byte(out.String()), &line))
	assert.Equal(t, quire.Address("mia"), line.From)
	assert.Equal(t, "Shall we ship?", line.Snippet)
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("the disk is full") }

func TestALogThatFailsCostsNoMail(t *testing.T) {
	assert.ErrorContains(t, run(t.Context(), full{}), "the disk is full")
}
