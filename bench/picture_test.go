package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestThePictureInTheREADMEIsTrue draws it again.
func TestThePictureInTheREADMEIsTrue(t *testing.T) {
	out := filepath.Join(t.TempDir(), "cost.svg")
	var errs bytes.Buffer
	require.Zero(t, run(t.Context(), []string{"picture", "-o", out}, nil, &errs), errs.String())
	want, err := os.ReadFile(filepath.Join("..", "docs", "cost.svg"))
	require.NoError(t, err)
	got, err := os.ReadFile(out)
	require.NoError(t, err)
	assert.True(t, bytes.Equal(want, got), "run go run ./bench picture -o docs/cost.svg in the root, and look at it")
}

func TestAPictureOfWhatThereIsNot(t *testing.T) {
	for want, args := range map[string][]string{
		`no synthetic trace "x"`: {"picture", "-trace", "x"},
		`no price rule "x"`:      {"picture", "-rule", "x"},
	} {
		var errs bytes.Buffer
		assert.Equal(t, 1, run(t.Context(), args, nil, &errs))
		assert.Contains(t, errs.String(), want)
	}
	assert.Equal(t, 2, run(t.Context(), []string{"picture", "x"}, nil, &bytes.Buffer{}))
}
