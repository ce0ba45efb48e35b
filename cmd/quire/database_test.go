package main

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// database makes an empty database on the server that QUIRE_POSTGRES_DSN names, or skips
// the test.
func database(t *testing.T) string {
	t.Helper()
	dsn := os.Getenv("QUIRE_POSTGRES_DSN")
	if dsn == "" {
		t.Skip("QUIRE_POSTGRES_DSN names no server")
	}
	ctx := context.WithoutCancel(t.Context())
	server, err := pgx.Connect(ctx, dsn)
	require.NoError(t, err)
	name := fmt.Sprintf("quire_cli_%d_%d", os.Getpid(), time.Now().UnixNano())
	_, err = server.Exec(ctx, "CREATE DATABASE "+name)
	require.NoError(t, err)
	t.Cleanup(func() {
		_, err := server.Exec(ctx, "DROP DATABASE "+name)
		require.NoError(t, err)
		require.NoError(t, server.Close(ctx))
	})
	c := server.Config()
	return fmt.Sprintf("host='%s' port=%d user='%s' password='%s' dbname=%s", c.Host, c.Port, c.User, c.Password, name)
}

func TestADatabaseIsAStoreToo(t *testing.T) {
	db := database(t)
	t.Setenv("QUIRE_DB", db)
	t.Setenv("QUIRE_BOX", "ada")
	for _, args := range [][]string{{"ls"}, {"doctor"}, {"wait"}, {"done", "1"}, {"export"}} {
		r := do(t, "", args...)
		assert.Equal(t, exitFailed, r.code, "%v", args)
		assert.Contains(t, r.stderr, "no tables", "%v: reading makes none", args)
	}
	ok(t, "send", "--box", "mia", "--to", "ada", "Hello")
	assert.Equal(t, "1\n", ok(t, "wait"))
	assert.Len(t, inJSON[listed](t, "find", "hello").Messages, 1)
	ok(t, "doctor")
	ok(t, "done", "1")
	assert.Equal(t, exitTimeout, do(t, "", "wait", "--timeout", "1ms").code)
	assert.Equal(t, exitUsage, do(t, "", "backup", "copy").code)
	assert.Equal(t, exitUsage, do(t, "", "doctor", "--repair").code)
}

func TestADatabaseThatCantBeReached(t *testing.T) {
	t.Setenv("QUIRE_BOX", "")
	r := do(t, "", "ls", "--db", "postgres://mia:secret@127.0.0.1:1/mail?connect_timeout=5")
	assert.Equal(t, exitLater, r.code, r.stderr)
	assert.NotContains(t, r.stderr, "secret")
	r = do(t, "", "ls", "--db", "postgres://mia:secret@127.0.0.1:x/mail")
	assert.Equal(t, exitUsage, r.code, r.stderr)
	assert.NotContains(t, r.stderr, "secret")
}
