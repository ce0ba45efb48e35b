package providers_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/scripted"
)

// plain hides that a model can stream.
type plain struct{ providers.Model }

func TestStreamFallsBackToGenerate(t *testing.T) {
	p := &quire.Prompt{Model: "m"}
	var got []quire.Delta
	for d, err := range providers.Stream(t.Context(), plain{scripted.New(scripted.Text("hi"))}, p) {
		require.NoError(t, err)
		got = append(got, d)
	}
	require.Len(t, got, 1)
	assert.Equal(t, []quire.Part{quire.Text{Text: "hi"}}, got[0].Reply.Parts)

	n := 0
	for range providers.Stream(t.Context(), scripted.New(scripted.Text("hi")), p) {
		n++
	}
	assert.Equal(t, 3, n, "two halves of the text and the reply")

	for _, err := range providers.Stream(t.Context(), plain{scripted.New()}, p) {
		assert.ErrorIs(t, err, scripted.ErrExhausted)
		n = 0
	}
	assert.Zero(t, n)
}

func TestErrorSaysWhatToDo(t *testing.T) {
	cause := errors.New("slow down")
	err := &providers.Error{Provider: "anthropic", Code: providers.CodeRateLimited, Status: 429, RetryAfter: 7 * time.Second, Err: cause}
	assert.EqualError(t, err, "anthropic: rate-limited (HTTP 429): slow down; retry in 7s")
	assert.ErrorIs(t, err, cause)
	assert.EqualError(t, &providers.Error{Provider: "x", Code: providers.CodeOther}, "x: other")
	assert.NotErrorIs(t, err, context.Canceled)
}
