package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
)

func TestForgettingWantsYesAndIsCertified(t *testing.T) {
	place(t)
	ok(t, "send", "--box", "eve", "--to", "ada", "--id", "m1", "The key is zebra-4711-lima")
	ok(t, "send", "--box", "mia", "--to", "ada", "--id", "m2", "I heard of zebra-4711-lima")
	lines := filepath.Join(t.TempDir(), "before.jsonl")
	ok(t, "export", "--out", lines)
	r := do(t, "", "forget", "--from", "eve")
	assert.Equal(t, exitUsage, r.code)
	assert.Contains(t, r.out, "ada: 1 messages")
	assert.Contains(t, ok(t, "read", "--box", "ada", "1"), "zebra")
	assert.Equal(t, exitUsage, do(t, "", "forget").code)

	c := inJSON[mailbox.Certificate](t, "forget", "--from", "eve", "--yes")
	require.Len(t, c.Messages, 1)
	assert.Equal(t, quire.MessageID("m1"), c.Messages[0].Message)
	require.Len(t, c.Quotes, 1)
	assert.Equal(t, quire.MessageID("m2"), c.Quotes[0].Message)
	assert.NotContains(t, ok(t, "read", "--box", "ada", "1"), "zebra")
	assert.Contains(t, ok(t, "forget", "m2", "nobodys", "--yes"), "there is no message nobodys")
	now := ok(t, "export")
	assert.NotContains(t, now, "zebra")

	for _, file := range []string{lines, ""} { // what was forgotten does not come back
		args := []string{"import", "--restore"}
		if file != "" {
			args = append(args, file)
		}
		r := do(t, now, args...)
		assert.Zero(t, r.code, r.stderr)
		assert.Equal(t, now, ok(t, "export"))
	}
}

func TestDeletingAMailboxWantsYes(t *testing.T) {
	place(t)
	ok(t, "send", "--box", "mia", "--to", "ada,ben", "--id", "m1", "Hello")
	r := do(t, "", "delete", "ada")
	assert.Equal(t, exitUsage, r.code)
	assert.Contains(t, r.out, "ada: 1 messages")
	c := inJSON[mailbox.Certificate](t, "delete", "ada", "--yes")
	assert.Len(t, c.Messages, 1)
	assert.Len(t, c.Kept, 1)
	assert.NotContains(t, ok(t, "ls"), "ada")
	assert.Contains(t, ok(t, "find", "--box", "ben"), "Hello")
	assert.Equal(t, exitUsage, do(t, "", "delete").code)
	_, err := os.Stat(os.Getenv("QUIRE_DB"))
	require.NoError(t, err)
}
