package deptest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestSnippetsAreCompiled holds that what documents show as Go stands, line by
// line, in a test: so it compiles, and does what it says.
func TestSnippetsAreCompiled(t *testing.T) {
	var tests []string
	for _, f := range goFiles(t, true) {
		if f.test {
			b, err := os.ReadFile(filepath.Join(root, f.path))
			require.NoError(t, err)
			tests = append(tests, lines(string(b)))
		}
	}
	n := 0
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/decisions/*.md", "examples/*/*.md"} {
		files, err := filepath.Glob(filepath.Join(root, pattern))
		require.NoError(t, err)
		for _, file := range files {
			b, err := os.ReadFile(file)
			require.NoError(t, err)
			for _, snippet := range snippets(string(b)) {
				n++
				found := false
				for _, test := range tests {
					found = found || strings.Contains(test, snippet)
				}
				assert.True(t, found, "%s shows this Go, which stands in no test: put it into an Example.\n%s", file, snippet)
			}
		}
	}
	assert.Positive(t, n, "no document shows any Go")
}

// snippets returns the blocks that are marked as Go.
func snippets(doc string) []string {
	var out []string
	for {
		_, rest, ok := strings.Cut(doc, "```go\n")
		if !ok {
			return out
		}
		block, after, _ := strings.Cut(rest, "```")
		out, doc = append(out, lines(block)), after
	}
}

// lines takes the indentation away.
func lines(s string) string {
	var b strings.Builder
	for line := range strings.Lines(s) {
		b.WriteString(strings.TrimSpace(line) + "\n")
	}
	return b.String()
}
