package deptest

import (
	"go/doc/comment"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestSnippetsAreCompiled holds that what documents show as Go stands, line by
// line, in a test or in a program of examples, which have tests: so it compiles, and
// does what it says.
func TestSnippetsAreCompiled(t *testing.T) {
	var tests []string
	for _, f := range goFiles(t, true) {
		if f.test || strings.HasPrefix(f.path, "examples/") {
			tests = append(tests, lines(f.text(t)))
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
				assert.True(t, found, "%s shows this Go, which stands in no test and in no program of examples: put it into an Example.\n%s", file, snippet)
			}
		}
	}
	assert.Positive(t, n, "no document shows any Go")
	n = 0
	for _, f := range goFiles(t, true) {
		if f.test {
			continue
		}
		for _, snippet := range docSnippets(t, f.path) {
			n++
			found := slices.ContainsFunc(tests, func(test string) bool { return strings.Contains(test, snippet) })
			assert.True(t, found, "the documentation in %s shows this Go, which stands in no test: put it into an Example, or into a function that is only compiled.\n%s", f.path, snippet)
		}
	}
	assert.Greater(t, n, 20, "no package shows any Go")
}

// looksLikeGo tells code from commands, diagrams and formulas.
var looksLikeGo = regexp.MustCompile(`(?m)(:=|^func |^type |^return |^if err)`)

// docSnippets returns the paragraphs of Go in what a file says of its package.
func docSnippets(t *testing.T, path string) []string {
	t.Helper()
	syntax, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, path), nil, parser.PackageClauseOnly|parser.ParseComments)
	require.NoError(t, err)
	var out []string
	for _, block := range new(comment.Parser).Parse(syntax.Doc.Text()).Content {
		code, ok := block.(*comment.Code)
		if !ok {
			continue
		}
		for _, paragraph := range strings.Split(strings.TrimSpace(code.Text), "\n\n") {
			if looksLikeGo.MatchString(paragraph) {
				out = append(out, lines(paragraph+"\n"))
			}
		}
	}
	return out
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
