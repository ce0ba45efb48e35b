package deptest

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// dependency is a foreign module that the root module requires.
type dependency struct {
	why string
	by  []string // packages of ours whose non-test code may import it; none: tests only, or indirect
}

// dependencies is every line that go.mod may have, with a reason. A new one
// costs all users: their go.sum, their audits, their builds. What only some need
// belongs into a leaf module.
var dependencies = map[string]dependency{
	"github.com/pkoukk/tiktoken-go-loader": {"the vocabularies of cl100k and o200k, as files in a module", []string{"tokenizer/tiktoken"}},
	"github.com/pkoukk/tiktoken-go":        {"a second implementation: the oracle of our counter, and a Counter for other encodings", []string{"tokenizer/tiktokengo"}},
	"github.com/emersion/go-message":       {"mbox and MIME, with all the mail that is not quite right", []string{"transcript"}},
	"github.com/blevesearch/snowballstem":  {"the stemmers of the Snowball project, for 16 languages; BSD licence, without dependencies", []string{"internal/rank"}},
	"modernc.org/sqlite":                   {"SQLite without cgo: the store in one file", []string{"mailbox/sqlitestore"}},
	"github.com/google/jsonschema-go":      {"the JSON Schema of a Go struct, and what fits it, for tools that are Go functions", []string{"agent"}},
	"github.com/google/uuid":               {"message ids: UUID version 7", []string{"agent", "mailbox", "transcript"}},

	"github.com/stretchr/testify": {"assertions, in tests only", nil},
	"pgregory.net/rapid":          {"properties, in tests only", nil},

	"github.com/dlclark/regexp2":       {"of tiktoken-go", nil},
	"golang.org/x/text":                {"of go-message: character sets", nil},
	"go.yaml.in/yaml/v3":               {"of testify", nil},
	"modernc.org/libc":                 {"of modernc.org/sqlite, at the very version that it names; tests put a disk that fails under it", nil},
	"modernc.org/mathutil":             {"of modernc.org/libc", nil},
	"modernc.org/memory":               {"of modernc.org/libc", nil},
	"github.com/dustin/go-humanize":    {"of modernc.org/libc", nil},
	"github.com/ncruces/go-strftime":   {"of modernc.org/libc", nil},
	"github.com/mattn/go-isatty":       {"of modernc.org/libc", nil},
	"github.com/remyoudompheng/bigfft": {"of modernc.org/mathutil", nil},
	"golang.org/x/sys":                 {"of modernc.org/libc", nil},
	"golang.org/x/exp":                 {"of modernc.org/libc", nil},
	"github.com/davecgh/go-spew":       {"of testify", nil},
	"github.com/pmezard/go-difflib":    {"of testify", nil},
}

func TestForeignImportsHaveAReason(t *testing.T) {
	modules := sortedKeys(dependencies)
	for _, f := range goFiles(t, false) {
		for _, name := range f.imports {
			if !foreign(name) {
				continue
			}
			i := slices.IndexFunc(modules, func(m string) bool { return name == m || strings.HasPrefix(name, m+"/") })
			if !assert.GreaterOrEqual(t, i, 0, "%s imports %s, which is not in the list: do without, or move it into a leaf module, or add it to dependencies in internal/deptest/modules_test.go with the reason why every user should have it", f.path, name) {
				continue
			}
			if !f.test {
				assert.Contains(t, dependencies[modules[i]].by, f.dir(), "%s imports %s: that module was taken in for %q, and for nothing else: hide it behind a package of ours", f.path, name, dependencies[modules[i]].by)
			}
		}
	}
}

func TestRequirementsHaveAReason(t *testing.T) {
	for module := range requirements(t, filepath.Join(root, "go.mod")) {
		assert.Contains(t, dependencies, module, "go.mod requires %s, which nobody gave a reason for: see dependencies in internal/deptest/modules_test.go", module)
	}
}

// modernc.org/sqlite is generated for one version of modernc.org/libc; with
// another one it breaks at run time, not when it is built.
func TestLibcIsTheOneThatSQLiteNames(t *testing.T) {
	ours := requirements(t, filepath.Join(root, "go.mod"))
	if ours["modernc.org/sqlite"] == "" {
		t.Skip("the root module does not require modernc.org/sqlite")
	}
	cmd := exec.Command("go", "list", "-m", "-json", "modernc.org/sqlite")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=")
	out, err := cmd.Output()
	if err != nil {
		t.Skipf("go list can't tell where modernc.org/sqlite is: %v", err)
	}
	var info struct{ GoMod string }
	require.NoError(t, json.Unmarshal(out, &info))
	if _, err := os.Stat(info.GoMod); err != nil {
		t.Skipf("go.mod of modernc.org/sqlite is not on this machine: %v", err)
	}
	theirs := requirements(t, info.GoMod)
	require.NotEmpty(t, theirs["modernc.org/libc"])
	assert.Equal(t, theirs["modernc.org/libc"], ours["modernc.org/libc"],
		"modernc.org/libc must be the version that modernc.org/sqlite %s names: go get modernc.org/libc@%s", ours["modernc.org/sqlite"], theirs["modernc.org/libc"])
}

// requirements reads the required modules and their versions from a go.mod.
func requirements(t *testing.T, path string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	found := map[string]string{}
	block := false
	for line := range strings.Lines(string(text)) {
		line, _, _ = strings.Cut(line, "//")
		words := strings.Fields(line)
		switch {
		case len(words) == 2 && words[0] == "require" && words[1] == "(":
			block = true
		case len(words) == 1 && words[0] == ")":
			block = false
		case block && len(words) == 2:
			found[words[0]] = words[1]
		case len(words) == 3 && words[0] == "require":
			found[words[1]] = words[2]
		}
	}
	return found
}

func TestRequirements(t *testing.T) {
	path := filepath.Join(t.TempDir(), "go.mod")
	require.NoError(t, os.WriteFile(path, []byte("module a\nrequire b v1\nrequire (\n\tc v2 // indirect\n)\nreplace (\n\td v3 => e v4\n)\n"), 0o600))
	assert.Equal(t, map[string]string{"b": "v1", "c": "v2"}, requirements(t, path))
}
