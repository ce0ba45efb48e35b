package main

import (
	"flag"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Nothing that the help says is taken for a request or an escape.
func TestManualPageIsOnlyWhatIsMeant(t *testing.T) {
	page := ok(t, "help", "--man")
	requests := regexp.MustCompile(`^\.(\\" |TH |SH |SS |TP$|PP$|EX$|EE$)`)
	escapes := regexp.MustCompile(`\\(&|e|-|fB|fI|fR|\(aq|\(ga|\(ha|\(ti|\(dq|\[u[0-9A-F]{4,6}\])`)
	for l := range strings.Lines(page) {
		if l = strings.TrimSuffix(l, "\n"); strings.HasPrefix(l, ".") || strings.HasPrefix(l, "'") {
			assert.Regexp(t, requests, l)
			if strings.HasPrefix(l, `.\" `) {
				continue
			}
		}
		assert.NotContains(t, escapes.ReplaceAllString(l, ""), `\`, "%s", l)
	}
	assert.Equal(t, strings.Count(page, "\n.EX\n"), strings.Count(page, "\n.EE\n"))
	assert.Equal(t, `\&.a\e\-\(aq\(ga\(ha\(ti\(dq\[u2026]\[u1F512]`, roff(".a\\-'`^~\"…🔒"))
}

// Man shows every command, every flag, and the examples as they are typed.
func TestManShowsThePage(t *testing.T) {
	man, err := exec.LookPath("man")
	if err != nil {
		t.Skip("there is no man")
	}
	c := exec.Command(man, "--warnings", "-P", "cat", "-l", "-")
	c.Env = append(os.Environ(), "MANWIDTH=240", "LC_ALL=C.UTF-8", "MAN_KEEP_FORMATTING=", "GROFF_NO_SGR=1")
	c.Stdin = strings.NewReader(ok(t, "help", "--man"))
	var complaints strings.Builder
	c.Stderr = &complaints
	out, err := c.Output()
	if err != nil {
		t.Skipf("this man takes no page from its standard input: %v %s", err, complaints.String())
	}
	assert.Empty(t, complaints.String())
	shown := string(out)
	require.Contains(t, shown, "EXIT STATUS")
	for _, cmd := range commands() {
		assert.Contains(t, shown, "quire "+cmd.line())
		for l := range strings.Lines(cmd.teach) {
			if strings.HasPrefix(l, "  ") {
				assert.Contains(t, shown, l, cmd.name)
			}
		}
		cmd.eachFlag(func(f *flag.Flag, _, about string) {
			assert.Contains(t, shown, "--"+f.Name)
			assert.Contains(t, shown, about, "%s --%s", cmd.name, f.Name)
		})
	}
}
