package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/internal/raced"
)

// daemon runs the program in this process.
func daemon(t *testing.T, want int, args ...string) (stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	code := run(t.Context(), args, &out, &err)
	require.Equal(t, want, code, "%s\n%s", out.String(), err.String())
	return out.String(), err.String()
}

func TestTwelveTurnsTellAStory(t *testing.T) {
	db := filepath.Join(t.TempDir(), "a.db")
	out, errs := daemon(t, 0, "-db", db, "-check")
	assert.Empty(t, errs)
	assert.Len(t, regexp.MustCompile(`(?m)^  context  \d+ of 4000 tokens`).FindAllString(out, -1), 12)
	for _, want := range []string{"notice: 1 waiting in your mailbox", "context_pull", "mail_send", "context_drop", "% kept", "mia decided", "ben, turn 1"} {
		assert.Contains(t, out, want)
	}
	assert.Regexp(t, `a line stays, \d{3,} tokens`, out, "what left, not the line that stays")
	again, _ := daemon(t, 0, "-db", db, "-turns", "1")
	assert.NotContains(t, again, "turn 1,", "it goes on and does not begin anew")
	fresh, _ := daemon(t, 0, "-db", db, "-turns", "1", "-fresh")
	assert.Contains(t, fresh, "ada, turn 1,")
}

// TestWhatLeftInATurn: the tokens are those that went, not those of what stays; what
// never stood did not leave.
func TestWhatLeftInATurn(t *testing.T) {
	left := func(uid quire.UID, f compose.Fate, reason string, tokens, left int) compose.Decision {
		return compose.Decision{UID: uid, Fate: f, Reason: reason, Tokens: tokens, Left: left, New: true}
	}
	s := show{out: []compose.Decision{
		left(5, compose.FateStub, "of no more use", 20, 480), left(6, compose.FateStub, "of no more use", 20, 1),
		left(7, compose.FateExcerpt, "too long", 60, 90), left(8, compose.FateOut, "of no more use", 300, 300),
		left(9, compose.FateOut, "the same as #2 above", 0, 0),
	}}
	assert.Equal(t, "#5 #6 (of no more use, a line stays, 481 tokens); #7 (too long, an excerpt stays, 90 tokens); "+
		"#8 (of no more use, 300 tokens); #9 (the same as #2 above, did not enter)", s.left())
}

func TestTheSameLifeInOneRunOrInMany(t *testing.T) {
	raced.Skip(t)
	dir := t.TempDir()
	daemon(t, 0, "-quiet", "-turns", "0", "-until", "30", "-db", dir+"/one.db", "-dump", dir+"/one.txt")
	for range 29 {
		daemon(t, 0, "-quiet", "-turns", "1", "-db", dir+"/many.db")
	}
	daemon(t, 0, "-quiet", "-turns", "0", "-until", "30", "-db", dir+"/many.db", "-dump", dir+"/many.txt")
	one, err := os.ReadFile(dir + "/one.txt")
	require.NoError(t, err)
	many, err := os.ReadFile(dir + "/many.txt")
	require.NoError(t, err)
	assert.Equal(t, string(one), string(many))
	assert.Contains(t, string(one), "next prompt of ben")
}

func TestNobodyAnswers(t *testing.T) {
	out, _ := daemon(t, 0, "-db", filepath.Join(t.TempDir(), "a.db"), "-turns", "60", "-person", "off")
	assert.Contains(t, out, "Its default is taken: next batch.")
	assert.Contains(t, out, "so nothing is decided")
	assert.NotContains(t, out, "mia decided")
}

func TestALongLifeKeepsTheRules(t *testing.T) {
	raced.Skip(t)
	out, _ := daemon(t, 0, "-db", filepath.Join(t.TempDir(), "a.db"), "-quiet", "-turns", "120", "-check", "-stats", "-budget", "2500")
	assert.Contains(t, out, "120 turns")
	assert.Contains(t, out, "prompts checked in 5 wire formats")
}

// TestATooSmallBudgetEndsTheProgram: once, with what to do, and that works.
func TestATooSmallBudgetEndsTheProgram(t *testing.T) {
	db := filepath.Join(t.TempDir(), "a.db")
	_, errs := daemon(t, 1, "-db", db, "-budget", "10")
	m := regexp.MustCompile(`^daemon: -budget 10 is too small for ada, and stays so: run it again with -budget (\d+): `).FindStringSubmatch(errs)
	require.NotNil(t, m, errs)
	assert.Equal(t, 1, strings.Count(errs, "\n"))
	assert.Contains(t, errs, "system and tools ", "what takes the room")
	out, _ := daemon(t, 0, "-db", db, "-budget", m[1])
	assert.Regexp(t, `(?m)^  context  \d+ of `+m[1]+` tokens`, out)
}

func TestWrongStartsAreExplained(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"-nonsense"}, "flag provided but not defined"},
		{[]string{"extra"}, `unexpected argument "extra"`},
		{[]string{"-person", "maybe"}, "on or off"},
		{[]string{"-clock", "sun"}, "logical or wall"},
		{[]string{"-turns", "-1"}, "must not be negative"},
		{[]string{"-model", "openai:gpt-5-mini"}, "OPENAI_API_KEY"},
		{[]string{"-model", "nobody:x"}, "nobody"},
	} {
		t.Setenv("OPENAI_API_KEY", "")
		_, errs := daemon(t, 2, append([]string{"-db", filepath.Join(t.TempDir(), "a.db")}, c.args...)...)
		assert.Contains(t, errs, c.want)
	}
	out, _ := daemon(t, 0, "-help")
	assert.Contains(t, out, "go run ./examples/daemon")
	assert.Contains(t, out, "-budget")
}

func TestInterruptedIsNoFailure(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, errs bytes.Buffer
	code := run(ctx, []string{"-db", filepath.Join(t.TempDir(), "a.db")}, &out, &errs)
	assert.Zero(t, code, errs.String())
	assert.Contains(t, out.String(), "run again to go on")
}
