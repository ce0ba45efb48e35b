package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox/sqlitestore"
)

// ran is what a command did.
type ran struct {
	code        int
	out, stderr string
}

// do runs a command in this process.
func do(t *testing.T, stdin string, args ...string) ran {
	t.Helper()
	return doUntil(t.Context(), stdin, args...)
}

func doUntil(ctx context.Context, stdin string, args ...string) ran {
	var out, stderr bytes.Buffer
	code := run(ctx, args, strings.NewReader(stdin), &out, &stderr)
	return ran{code, out.String(), stderr.String()}
}

// ok runs a command that must go well, and returns what it printed.
func ok(t *testing.T, args ...string) string {
	t.Helper()
	r := do(t, "", args...)
	require.Zero(t, r.code, "%v: %s", args, r.stderr)
	return r.out
}

// inJSON runs a command with --json, and reads what it printed.
func inJSON[T any](t *testing.T, args ...string) (v T) {
	t.Helper()
	return decoded[T](t, ok(t, append(args, "--json")...))
}

func decoded[T any](t *testing.T, out string) (v T) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(out), &v), out)
	require.Equal(t, 1, strings.Count(out, "\n"), "one object on one line")
	return v
}

// listed is what find, read and wait print.
type listed struct {
	Messages []message   `json:"messages"`
	More     bool        `json:"more"`
	Timeout  bool        `json:"timeout"`
	State    quire.State `json:"state"`
}

// place is a file for a store, which is not there yet, in the environment.
func place(t *testing.T) string {
	t.Helper()
	db := filepath.Join(t.TempDir(), "mail.db")
	t.Setenv("QUIRE_DB", db)
	t.Setenv("QUIRE_BOX", "")
	return db
}

func TestTheHelpTeachesEachCommand(t *testing.T) {
	place(t)
	all := ok(t, "help")
	assert.Equal(t, all, ok(t, "--help"))
	for _, e := range exitCodes {
		assert.Contains(t, all, e.means)
	}
	for _, c := range commands() {
		assert.Contains(t, all, "  "+c.name+" ", "the overview lists it")
		help := ok(t, "help", c.name)
		assert.Equal(t, help, ok(t, c.name, "--help"))
		assert.Contains(t, help, "\n  quire "+c.name, "%s: it shows how it is used", c.name)
		assert.Greater(t, strings.Count(help, "\n  quire "), 1, "%s: it has an example", c.name)
		assert.Contains(t, help, "--json")
		for l := range strings.Lines(help[:strings.Index(help, "\nFlags:")]) {
			assert.LessOrEqual(t, len([]rune(l)), 101, "%s: %s", c.name, l)
		}
	}
}

func TestThePageIsTheHelp(t *testing.T) {
	page, err := os.ReadFile("../../docs/cli.md")
	require.NoError(t, err)
	assert.Equal(t, ok(t, "help", "--markdown"), string(page), "docs/cli.md is old: go run ./cmd/quire help --markdown > docs/cli.md")
}

// The commands that the help shows are commands and flags that there are.
func TestTheHelpShowsNoCommandThatIsNotThere(t *testing.T) {
	page := ok(t, "help", "--markdown")
	n := 0
	for l := range strings.Lines(page) {
		words := strings.Fields(l)
		for i, w := range words {
			if !strings.HasSuffix(w, "quire") || strings.Contains(w, "/") || i+1 >= len(words) || !strings.HasPrefix(l, "  ") {
				continue
			}
			name := strings.Trim(words[i+1], ".,;:")
			if name == "help" || strings.HasPrefix(name, "[") {
				continue
			}
			n++
			c := commandOf(name)
			if !assert.NotNil(t, c, "%s", l) {
				continue
			}
			f := flags(name)
			new(common).flags(f, c.box)
			c.prepare(f)
			for _, arg := range words[i+2:] {
				if strings.HasSuffix(arg, "quire") || arg == "|" || strings.HasSuffix(arg, ";") {
					break
				}
				if flag, long := strings.CutPrefix(arg, "--"); long && flag != "" {
					assert.NotNil(t, f.Lookup(strings.TrimRight(flag, ";,")), "%s: --%s", l, flag)
				}
			}
		}
	}
	assert.Greater(t, n, 10, "no examples were found")
}

func TestACommandLineThatCantBeMeant(t *testing.T) {
	place(t)
	ok(t, "send", "--box", "mia", "--to", "ada", "Hello")
	for _, args := range [][]string{
		{}, {"nothing"}, {"help", "nothing"}, {"ls", "--nothing"}, {"ls", "ada"}, {"find"}, {"find", "--box", "a b"},
		{"find", "--box", "ada", "--kind", "letter"}, {"find", "--box", "ada", "--has", "x"}, {"find", "--box", "ada", "--after", "soon"}, {"find", "--box", "ada", "--limit", "-1"},
		{"read", "--box", "ada"}, {"done", "--box", "ada"}, {"send", "--box", "mia", "Hello"}, {"send", "--box", "mia", "--to", "a b", "Hello"},
		{"send", "--box", "mia", "--to", "ada"}, {"send", "--box", "mia", "--to", "ada", "--by", "1h", "Hello"},
		{"reply", "--box", "ada"}, {"wait", "--box", "ada", "--timeout", "soon"}, {"wait", "--box", "ada", "--timeout", "-3s"}, {"wait", "--box", "ada", "1"},
		{"find", "--db", "", "--box", "ada"},
	} {
		r := do(t, "", args...)
		assert.Equal(t, exitUsage, r.code, "%v: %s", args, r.stderr)
		assert.NotEmpty(t, r.stderr, "%v", args)
	}
}

func TestWhatCantBeOpenedSaysWhy(t *testing.T) {
	dir := t.TempDir()
	empty, other := filepath.Join(dir, "empty"), filepath.Join(dir, "other")
	require.NoError(t, os.WriteFile(empty, nil, 0o600))
	require.NoError(t, os.WriteFile(other, bytes.Repeat([]byte("no database "), 1000), 0o600))
	for _, c := range []struct {
		db, says, name string
	}{
		{dir, "is a folder", "failed"},
		{filepath.Join(dir, "nobody.db"), "is not there", "notFound"},
		{empty, "is empty", "failed"},
		{other, "quire doctor", "corrupt"},
	} {
		for _, args := range [][]string{{"ls"}, {"find"}, {"read", "1"}, {"wait"}, {"done", "1"}, {"reply", "1", "Hello"}, {"answer", "1", "yes"}} {
			args = append(args, "--db", c.db)
			if args[0] != "ls" {
				args = append(args, "--box", "ada")
			}
			r := do(t, "", args...)
			assert.Equal(t, exitFailed, r.code, "%v", args)
			assert.Contains(t, r.stderr, c.says, "%v", args)
			r = do(t, "", append(args, "--json")...)
			assert.Contains(t, r.stderr, `"error":"`+c.name+`"`, "%v", args)
		}
	}
	said := do(t, "", "doctor", "--db", other)
	assert.Contains(t, said.out, "--db names the right store")
	assert.NotContains(t, said.out, "export", "which could not open it either")
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Len(t, left, 2, "nothing was made")
}

func TestAStoreThatIsWrittenToIsBusy(t *testing.T) {
	err := errBusy(t)
	r := request{ctx: t.Context()}
	name, code := r.outcome(err)
	assert.Equal(t, "unavailable", name)
	assert.Equal(t, exitLater, code)
	assert.Contains(t, advice(err), "try again")
}

// errBusy is what a store says while another process writes.
func errBusy(t *testing.T) error {
	t.Helper()
	db := place(t)
	ok(t, "send", "--box", "mia", "--to", "ada", "Hello")
	held := lock(t, db)
	defer held()
	s, err := sqlitestore.Open(t.Context(), db, &sqlitestore.Options{Busy: 1})
	if err == nil {
		_, err = s.Box("mia").Send(t.Context(), quire.Mail("ada", "", "Hello"))
		require.NoError(t, s.Close())
	}
	require.Error(t, err)
	return err
}

func TestWhatIsInterruptedSaysSo(t *testing.T) {
	place(t)
	ok(t, "send", "--box", "mia", "--to", "ada", "Hello")
	ctx, stop := context.WithCancel(t.Context())
	stop()
	for _, args := range [][]string{{"ls"}, {"wait", "--box", "mia"}, {"send", "--box", "mia", "--to", "ada", "Hello"}, {"send", "--box", "mia", "--to", "ada"}} {
		r := doUntil(ctx, "", args...)
		assert.Equal(t, exitInterrupted, r.code, "%v: %s", args, r.stderr)
		assert.Contains(t, r.stderr, "interrupted", "%v", args)
	}
	assert.Contains(t, ok(t, "ls"), "ada      1", "nothing was sent")
}
