package deptest

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// noExample are public packages without an Example that runs, and why.
var noExample = map[string]string{
	"mailbox/drivertest":             "all of it wants a *testing.T, which an Example has not",
	"mailbox/postgresstore":          "it needs a server",
	"providers/ollamamodel/apicheck": "it is a test, and nobody imports it",
}

// withOutput is an Example that runs: its body ends with what it prints.
var withOutput = regexp.MustCompile(`(?s)\nfunc Example\w*\(\) \{\n.*?// (?:Unordered output|Output):`)

// TestPublicPackagesHaveAnExample holds that each package that others may import shows
// how, in an Example whose output is checked.
func TestPublicPackagesHaveAnExample(t *testing.T) {
	public, shown := map[string]bool{}, map[string]bool{}
	for _, f := range goFiles(t, true) {
		first, _, _ := strings.Cut(f.dir(), "/")
		if strings.Contains("/"+f.dir()+"/", "/internal/") || first == "examples" || first == "bench" || first == "tools" || first == "cmd" {
			continue
		}
		public[f.dir()] = true
		if f.test {
			shown[f.dir()] = shown[f.dir()] || withOutput.MatchString(f.text(t))
		}
	}
	for _, dir := range sortedKeys(public) {
		if why := noExample[dir]; why != "" {
			assert.False(t, shown[dir], "package %q has an Example: take it out of noExample (%s)", dir, why)
			continue
		}
		assert.True(t, shown[dir], "package %q has no Example with its output: write a small one", dir)
	}
	for _, dir := range sortedKeys(noExample) {
		assert.True(t, public[dir], "noExample names %q, which is not there", dir)
	}
}

// TestExamplesAreListed holds that a newcomer finds each example, and that a test runs it.
func TestExamplesAreListed(t *testing.T) {
	list, err := os.ReadFile(filepath.Join(root, "examples", "README.md"))
	require.NoError(t, err)
	tested := map[string]bool{}
	for _, f := range goFiles(t, true) {
		if name, ok := strings.CutPrefix(f.dir(), "examples/"); ok && !strings.Contains(name, "/") {
			tested[name] = tested[name] || f.test
		}
	}
	for _, name := range sortedKeys(tested) {
		assert.True(t, tested[name], "examples/%s has no test", name)
		assert.Contains(t, string(list), "| ["+name+"](", "examples/README.md has no line for %s", name)
	}
	assert.Greater(t, len(tested), 10)
}
