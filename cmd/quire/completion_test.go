package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// completed are the words that bash offers for the last of a line.
func completed(t *testing.T, bash string, words ...string) []string {
	t.Helper()
	c := exec.Command(bash, "--norc", "-c", `source <(printf %s "$SCRIPT"); COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _quire; printf '%s\n' "${COMPREPLY[@]}"`, "bash", "quire")
	c.Args = append(c.Args, words...)
	c.Env = append(os.Environ(), "SCRIPT="+ok(t, "completion", "bash"))
	c.Dir = t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(c.Dir, "mail.db"), nil, 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(c.Dir, "other file"), nil, 0o600))
	out, err := c.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return strings.Fields(string(out))
}

func TestBashCompletes(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("there is no bash")
	}
	var all []string
	for _, w := range completable() {
		all = append(all, w.name)
	}
	assert.Equal(t, all, completed(t, bash, ""))
	assert.Equal(t, []string{"compact", "completion"}, completed(t, bash, "comp"))
	assert.Equal(t, []string{"find"}, completed(t, bash, "--db", "mail.db", "--json", "fi"))
	assert.Equal(t, []string{"mail.db"}, completed(t, bash, "--db", "ma"))
	assert.Empty(t, completed(t, bash, "--box", ""), "which mailboxes there are it does not know")
	assert.Equal(t, []string{"--db"}, completed(t, bash, "--d"))
	assert.Equal(t, []string{"mail.db"}, completed(t, bash, "top", "--db", "ma"))
	assert.Equal(t, []string{"--once"}, completed(t, bash, "top", "--o"))
	assert.Equal(t, []string{"watermark"}, completed(t, bash, "whatif", "--schedule", "w"))
	assert.Empty(t, completed(t, bash, "whatif", "--budget", ""), "a number")
	assert.Equal(t, shells, completed(t, bash, "completion", ""))
	assert.Equal(t, []string{"wait", "why", "whatif"}, completed(t, bash, "help", "w"))
	assert.Equal(t, []string{"mail.db"}, completed(t, bash, "import", "ma"))
	for _, w := range completable() {
		assert.Equal(t, strings.Fields(w.names()), completed(t, bash, w.name, "-"), w.name)
	}
}

// TestOtherShellsComplete asks fish what it offers, and has zsh take its script.
func TestOtherShellsComplete(t *testing.T) {
	dir := t.TempDir()
	script := func(shell string) string {
		path := filepath.Join(dir, "_quire."+shell)
		require.NoError(t, os.WriteFile(path, []byte(ok(t, "completion", shell)), 0o600))
		return path
	}
	t.Run("fish", func(t *testing.T) {
		fish, err := exec.LookPath("fish")
		if err != nil {
			t.Skip("there is no fish")
		}
		offers := func(line string) string {
			c := exec.Command(fish, "--no-config", "-c", "source $argv[1]; complete -C $argv[2]", script("fish"), line)
			c.Env = append(os.Environ(), "HOME="+dir)
			out, err := c.CombinedOutput()
			require.NoError(t, err, "%s", out)
			return string(out)
		}
		assert.Equal(t, "find\t"+commandOf("find").about+"\n", offers("quire fin"))
		assert.Contains(t, offers("quire top --on"), "--once\tprint once, and end")
		assert.Contains(t, offers("quire whatif --schedule w"), "watermark")
		assert.Contains(t, offers("quire completion z"), "zsh")
		assert.NotContains(t, offers("quire find --"), "--once", "which is of another command")
	})
	t.Run("zsh", func(t *testing.T) {
		zsh, err := exec.LookPath("zsh")
		if err != nil {
			t.Skip("there is no zsh")
		}
		out, err := exec.Command(zsh, "-f", "-c", `autoload -U compinit; compinit -D -u; source "$1"; [[ $_comps[quire] == _quire ]] && which _quire | wc -l`, "zsh", script("zsh")).CombinedOutput()
		require.NoError(t, err, "%s", out)
		assert.NotContains(t, string(out), "error")
	})
}

func TestCompletionIsForAShellThatIsKnown(t *testing.T) {
	for _, args := range [][]string{{}, {"csh"}, {"bash", "zsh"}} {
		assert.Equal(t, exitUsage, do(t, "", append([]string{"completion"}, args...)...).code)
	}
	one := inJSON[map[string]string](t, "completion", "zsh")
	assert.Equal(t, ok(t, "completion", "zsh"), one["script"])
	for _, shell := range shells {
		for _, w := range completable() {
			for _, o := range w.flags {
				assert.Contains(t, ok(t, "completion", shell), o.name, "%s of %s", o.name, w.name)
			}
		}
	}
}
