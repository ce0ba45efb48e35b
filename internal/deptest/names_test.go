package deptest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestDocumentsNameWhatIsThere holds that each exported name which a document says in
// code, as in `mailbox.Store` or `Store.Commit`, is there. Decisions are history, and may
// name what is gone.
func TestDocumentsNameWhatIsThere(t *testing.T) {
	known := exported(t)
	dotted := regexp.MustCompile(`\b(\w+)\.([A-Z]\w*)(?:\.([A-Z]\w*))?`)
	n := 0
	for _, pattern := range []string{"*.md", "docs/*.md"} {
		files, err := filepath.Glob(filepath.Join(root, pattern))
		require.NoError(t, err)
		for _, path := range files {
			b, err := os.ReadFile(path)
			require.NoError(t, err)
			for _, code := range regexp.MustCompile("`[^`\n]+`").FindAllString(string(b), -1) {
				for _, name := range dotted.FindAllStringSubmatch(code, -1) {
					owner, member := name[1], name[2]
					if _, ours := known[owner]; !ours && !ast.IsExported(owner) {
						continue // a variable, a file, or a package of others
					}
					n++
					assert.True(t, known[owner][member], "%s says %s: there is no %s.%s", path, code, owner, member)
					if name[3] != "" && known[owner][member] {
						assert.True(t, known[member][name[3]], "%s says %s: there is no %s.%s", path, code, member, name[3])
					}
				}
			}
		}
	}
	assert.Greater(t, n, 150, "the documents' names were not found")
}

// exported lists the exported names of each package, and the exported fields and methods
// of each exported type. What has one name in two packages counts as one.
func exported(t *testing.T) map[string]map[string]bool {
	t.Helper()
	known := map[string]map[string]bool{}
	add := func(owner, name string) {
		if !ast.IsExported(name) {
			return
		}
		if known[owner] == nil {
			known[owner] = map[string]bool{}
		}
		known[owner][name] = true
	}
	for _, f := range goFiles(t, true) {
		if f.test {
			continue
		}
		syntax, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, f.path), nil, 0)
		require.NoError(t, err)
		pkg := syntax.Name.Name
		for _, d := range syntax.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil {
					add(pkg, d.Name.Name)
				} else if owner := receiver(d.Recv.List[0].Type); ast.IsExported(owner) {
					add(owner, d.Name.Name)
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					switch spec := spec.(type) {
					case *ast.ValueSpec:
						for _, name := range spec.Names {
							add(pkg, name.Name)
						}
					case *ast.TypeSpec:
						add(pkg, spec.Name.Name)
						if spec.Name.IsExported() {
							members(spec, func(name string) { add(spec.Name.Name, name) })
						}
					}
				}
			}
		}
	}
	return known
}

// receiver is the name of a receiver's type.
func receiver(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return receiver(e.X)
	case *ast.IndexExpr:
		return receiver(e.X)
	case *ast.Ident:
		return e.Name
	}
	return ""
}

// members names the fields of a struct, or the methods of an interface.
func members(spec *ast.TypeSpec, add func(string)) {
	var list *ast.FieldList
	switch x := spec.Type.(type) {
	case *ast.StructType:
		list = x.Fields
	case *ast.InterfaceType:
		list = x.Methods
	default:
		return
	}
	for _, field := range list.List {
		for _, name := range field.Names {
			add(name.Name)
		}
	}
}
