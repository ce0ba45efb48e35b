package deptest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestProvidersAreProved holds that each cell of the table in docs/providers.md names
// tests that are there: in the package of its column, and, for a rule of the kit, run
// by that test and known to the kit.
func TestProvidersAreProved(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(root, "docs/providers.md"))
	require.NoError(t, err)
	rules := kitRules(t)
	head, rows := table(string(b))
	require.Greater(t, len(head), 4, "docs/providers.md has no table of providers")
	require.Greater(t, len(rows), 8)
	quoted := regexp.MustCompile("`([^`]+)`")
	tests := map[string]map[string]bool{}
	cells := 0
	for _, row := range rows {
		require.Len(t, row, len(head), "the row %q has another number of cells", row[0])
		for i, cell := range row[1:] {
			pkg := quoted.FindStringSubmatch(head[i+1])
			require.NotNil(t, pkg, "the column %q names no package", head[i+1])
			if tests[pkg[1]] == nil {
				tests[pkg[1]] = testsOf(t, filepath.Join(root, "providers", pkg[1]))
			}
			proved := cell == "–"
			for _, m := range quoted.FindAllStringSubmatch(cell, -1) {
				name, rule, ofKit := strings.Cut(m[1], "/")
				if !strings.HasPrefix(name, "Test") {
					continue
				}
				proved = true
				cells++
				kit, known := tests[pkg[1]][name]
				assert.True(t, known, "docs/providers.md, %s, %s: there is no %s in providers/%s", row[0], head[i+1], name, pkg[1])
				if ofKit {
					assert.True(t, kit, "docs/providers.md, %s: %s of providers/%s does not run the kit", row[0], name, pkg[1])
					assert.True(t, rules[rule], "docs/providers.md, %s: the kit has no rule %q", row[0], rule)
				}
			}
			assert.True(t, proved, "docs/providers.md, %s, %s: %q names no test", row[0], head[i+1], cell)
		}
	}
	assert.Greater(t, cells, 40)
}

// table returns the first table of a document.
func table(doc string) (head []string, rows [][]string) {
	for line := range strings.Lines(doc) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "|") {
			if head != nil {
				return head, rows
			}
			continue
		}
		var cells []string
		for _, c := range strings.Split(strings.Trim(line, "|"), "|") {
			cells = append(cells, strings.TrimSpace(c))
		}
		switch {
		case head == nil:
			head = cells
		case !strings.HasPrefix(cells[0], "---"):
			rows = append(rows, cells)
		}
	}
	return head, rows
}

// testsOf lists the tests of a package, and whether each runs the kit for models.
func testsOf(t *testing.T, dir string) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	each(t, filepath.Join(dir, "*_test.go"), func(f *ast.File) {
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Recv != nil || !strings.HasPrefix(fn.Name.Name, "Test") {
				continue
			}
			out[fn.Name.Name] = false
			ast.Inspect(fn, func(n ast.Node) bool {
				if s, ok := n.(*ast.SelectorExpr); ok {
					x, ok := s.X.(*ast.Ident)
					if ok && x.Name == "modeltest" && strings.HasPrefix(s.Sel.Name, "Run") {
						out[fn.Name.Name] = true
					}
				}
				return true
			})
		}
	})
	require.NotEmpty(t, out, "%s has no tests", dir)
	return out
}

// kitRules lists the names in the lists of rules of the kit: the first text of each
// literal that has two.
func kitRules(t *testing.T) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	each(t, filepath.Join(root, "providers/modeltest/rules*.go"), func(f *ast.File) {
		ast.Inspect(f, func(n ast.Node) bool {
			lit, ok := n.(*ast.CompositeLit)
			if !ok || len(lit.Elts) < 2 {
				return true
			}
			name, ok := lit.Elts[0].(*ast.BasicLit)
			if ok && name.Kind == token.STRING {
				s, err := strconv.Unquote(name.Value)
				require.NoError(t, err)
				out[s] = true
			}
			return true
		})
	})
	require.True(t, out["parallel-calls"], "the rules of the kit were not found")
	return out
}

func each(t *testing.T, pattern string, file func(*ast.File)) {
	t.Helper()
	files, err := filepath.Glob(pattern)
	require.NoError(t, err)
	for _, path := range files {
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		require.NoError(t, err)
		file(f)
	}
}
