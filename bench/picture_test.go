package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire/internal/raced"
)

// TestThePicturesInTheDocumentsAreTrue draws them again.
func TestThePicturesInTheDocumentsAreTrue(t *testing.T) {
	raced.Skip(t)
	docs := filepath.Join("..", "docs")
	for name, args := range map[string][]string{
		"cost.svg":     nil,
		"frontier.svg": {"-rows", filepath.Join(docs, "frontier.jsonl")},
	} {
		out := filepath.Join(t.TempDir(), name)
		var errs bytes.Buffer
		require.Zero(t, run(t.Context(), append([]string{"picture", "-o", out}, args...), nil, &errs), errs.String())
		want, err := os.ReadFile(filepath.Join(docs, name))
		require.NoError(t, err)
		got, err := os.ReadFile(out)
		require.NoError(t, err)
		assert.True(t, bytes.Equal(want, got), "%s: run what go run ./bench picture -help says in the root, and look at it", name)
	}
}

func TestAPictureOfWhatThereIsNot(t *testing.T) {
	for want, args := range map[string][]string{
		`no synthetic trace "x"`:      {"picture", "-trace", "x"},
		`no price rule "x"`:           {"picture", "-rule", "x"},
		"no such file":                {"picture", "-rows", "nowhere"},
		"no strategy is in all cells": {"picture", "-rows", os.DevNull},
	} {
		var errs bytes.Buffer
		assert.Equal(t, 1, run(t.Context(), args, nil, &errs))
		assert.Contains(t, errs.String(), want)
	}
	assert.Equal(t, 2, run(t.Context(), []string{"picture", "x"}, nil, &bytes.Buffer{}))
	assert.Equal(t, 2, run(t.Context(), []string{"picture", "-mark", "rent-or-buy"}, nil, &bytes.Buffer{}))
}
