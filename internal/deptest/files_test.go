package deptest

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	root   = "../.." // of the repository, from here
	module = "github.com/quire-dev/quire"
)

// file is one Go file of the repository.
type file struct {
	path    string // from the root, with slashes
	test    bool
	lines   int
	imports []string
}

// dir is the folder of the file: "" for the root.
func (f file) dir() string {
	if d := path.Dir(f.path); d != "." {
		return d
	}
	return ""
}

// text is what the file says.
func (f file) text(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root, f.path))
	require.NoError(t, err)
	return string(b)
}

// goFiles reads every Go file below the root, whatever its build constraints,
// but for those of hidden folders and testdata. With leaves it goes into the
// modules below the root too.
func goFiles(t *testing.T, leaves bool) []file {
	t.Helper()
	var files []file
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, p)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if d.IsDir() {
			return enter(p, rel, d.Name(), leaves)
		}
		if strings.HasSuffix(rel, ".go") {
			files = append(files, read(t, p, rel))
		}
		return nil
	})
	require.NoError(t, err)
	require.Greater(t, len(files), 20, "the walk did not find the repository: is this test in internal/deptest?")
	return files
}

func enter(p, rel, name string, leaves bool) error {
	if rel == "." {
		return nil
	}
	if name[0] == '.' || name[0] == '_' || name == "testdata" || name == "vendor" {
		return fs.SkipDir
	}
	if _, err := os.Stat(filepath.Join(p, "go.mod")); err == nil && !leaves {
		return fs.SkipDir
	}
	return nil
}

func read(t *testing.T, p, rel string) file {
	t.Helper()
	src, err := os.ReadFile(p)
	require.NoError(t, err)
	f := file{path: rel, test: strings.HasSuffix(rel, "_test.go"), lines: strings.Count(string(src), "\n")}
	syntax, err := parser.ParseFile(token.NewFileSet(), p, src, parser.ImportsOnly)
	require.NoError(t, err)
	for _, spec := range syntax.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		require.NoError(t, err)
		f.imports = append(f.imports, name)
	}
	return f
}

// inModule returns the folder of a package of this module, "" for the root.
func inModule(name string) (dir string, ok bool) {
	if name == module {
		return "", true
	}
	return strings.CutPrefix(name, module+"/")
}

// foreign says whether an import is neither ours nor of the standard library.
func foreign(name string) bool {
	_, ours := inModule(name)
	first, _, _ := strings.Cut(name, "/")
	return !ours && strings.Contains(first, ".")
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
