package deptest

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// rooms says what each package of the root module may import of it; "" is
// package quire. Arrows point one way:
//
//	quire ← tokenizer, price ← models ← providers ← policy ← render ← compose ← agent
//	quire ← transcript
//	quire ← mailbox/driver ← mailbox ← memstore and the other stores; mailbox ← agent
//
// Composing knows neither mailbox nor providers, so that it can be had alone;
// a mailbox knows nothing of composing, and keeps its state as opaque bytes.
var rooms = map[string][]string{
	"":                           {},
	"internal/codec":             {"", "internal/jsontext"},
	"internal/jsontext":          {},
	"internal/deptest":           {},
	"internal/plainrequest":      {""},
	"internal/raced":             {},
	"internal/chaos":             {"", "agent", "compose", "mailbox", "mailbox/driver", "models", "providers"},
	"internal/names":             {""},
	"internal/oldstore":          {"", "agent", "compose", "mailbox", "mailbox/driver", "models", "policy", "providers", "internal/codec"},
	"internal/replaying":         {"", "compose", "mailbox", "mailbox/memstore", "models", "policy", "price", "providers/promptcheck", "providers/wire", "tokenizer", "transcript", "internal/names"},
	"internal/sent":              {"", "internal/emulate", "providers/wire", "models"},
	"tokenizer":                  {"", "internal/textclass"},
	"internal/textclass":         {},
	"internal/calibrate":         {"", "internal/textclass", "tokenizer"},
	"tokenizer/tiktoken":         {"", "tokenizer"},
	"tokenizer/tiktokengo":       {"", "tokenizer", "internal/jsontext"},
	"price":                      {""},
	"models":                     {"", "price", "tokenizer"},
	"internal/emulate":           {"price", "internal/ledger"},
	"transcript":                 {"", "internal/codec", "internal/jsontext"},
	"providers":                  {"", "models"},
	"providers/wire":             {"", "internal/jsontext", "providers", "models"},
	"internal/exchange":          {"", "providers", "providers/wire", "models", "internal/jsontext"},
	"providers/promptcheck":      {"", "models"},
	"providers/scripted":         {"", "models", "providers", "providers/wire", "providers/promptcheck"},
	"providers/record":           {"", "internal/jsontext", "providers", "internal/codec"},
	"providers/modeltest":        {"", "providers", "providers/promptcheck"},
	"policy":                     {"", "price"},
	"policy/policytest":          {"", "price", "policy"},
	"internal/render":            {"", "tokenizer", "internal/resident", "internal/codec", "internal/jsontext"},
	"internal/resident":          {"", "policy"},
	"internal/waits":             {},
	"internal/ledger":            {"price"},
	"internal/oldstate":          {""},
	"compose":                    {"", "tokenizer", "price", "policy", "internal/oldstate", "internal/render", "internal/resident", "models", "internal/codec", "internal/jsontext", "internal/calibrate", "internal/ledger", "internal/waits"},
	"mailbox":                    {"", "tokenizer", "mailbox/driver", "internal/rank", "mailbox/internal/words", "mailbox/internal/copies", "internal/codec", "internal/jsontext"},
	"mailbox/internal/copies":    {},
	"mailbox/driver":             {""},
	"mailbox/recall":             {"", "mailbox", "mailbox/driver", "mailbox/internal/words", "internal/rank"},
	"mailbox/memstore":           {"", "mailbox", "mailbox/driver"},
	"internal/rank":              {"", "tokenizer"},
	"mailbox/drivertest":         {"", "mailbox", "mailbox/driver", "mailbox/memstore", "internal/rank", "internal/codec", "internal/jsontext", "internal/raced"},
	"mailbox/internal/sqldriver": {"", "mailbox", "mailbox/driver", "mailbox/internal/uidlist", "mailbox/internal/words", "internal/codec"},
	"mailbox/internal/words":     {"", "mailbox/driver", "internal/rank", "internal/jsontext"},
	"mailbox/internal/uidlist":   {""},
	"mailbox/archive":            {"", "mailbox", "transcript", "internal/oldstate", "internal/codec", "mailbox/driver"},
	"mailbox/sqlitestore":        {"", "mailbox", "mailbox/driver", "internal/rank", "mailbox/internal/sqldriver", "mailbox/internal/uidlist", "mailbox/internal/words", "internal/oldstate"},
	"agent":                      {"", "tokenizer", "price", "policy", "compose", "mailbox", "mailbox/driver", "mailbox/recall", "models", "providers", "internal/codec", "internal/jsontext"},
	"adopt":                      {"", "compose", "models", "providers/wire", "internal/codec"},
	"internal/chromium":          {},
	"internal/look":              {"", "agent", "compose", "mailbox", "mailbox/driver", "models", "price", "internal/jsontext"},
	"inspect":                    {"", "agent", "compose", "mailbox", "mailbox/driver", "policy", "price", "internal/look"},
	"agent/streamhttp":           {"", "agent", "mailbox", "mailbox/driver"},
}

// kits test implementations of an interface, so they alone may import testing.
// No package but a test may import a library for testing.
var kits = []string{"policy/policytest", "mailbox/drivertest", "providers/modeltest"}

func TestImportsPointOneWay(t *testing.T) {
	found := map[string]bool{}
	for _, f := range goFiles(t, false) {
		if f.test {
			continue
		}
		found[f.dir()] = true
		allowed, known := rooms[f.dir()]
		if !assert.True(t, known, "%s: package %q is not in the table: decide what it may import, and add it to rooms in internal/deptest/rooms_test.go and to docs/design.md", f.path, f.dir()) {
			continue
		}
		for _, name := range f.imports {
			if dir, ours := inModule(name); ours {
				assert.True(t, slices.Contains(allowed, dir),
					"%s imports %s: the table of rooms does not let it. Turn the dependency round (an interface, or a value that is handed over); if the table is wrong, change it and docs/design.md with a decision in docs/decisions/", f.path, name)
			}
		}
	}
	for _, dir := range sortedKeys(rooms) {
		if !found[dir] {
			t.Logf("package %q of the table does not exist (yet)", dir)
		}
	}
}

func TestTableHasNoCycle(t *testing.T) {
	var visit func(dir string, path []string)
	visit = func(dir string, path []string) {
		if !assert.NotContains(t, path, dir, "the table of rooms lets %s import itself", strings.Join(append(path, dir), " → ")) {
			return
		}
		for _, next := range rooms[dir] {
			_, known := rooms[next]
			assert.True(t, known, "%q in the row of %q is no row of the table", next, dir)
			visit(next, append(slices.Clone(path), dir))
		}
	}
	for _, dir := range sortedKeys(rooms) {
		visit(dir, nil)
	}
}

func TestOnlyTestsImportTesting(t *testing.T) {
	for _, f := range goFiles(t, true) {
		if f.test {
			continue
		}
		for _, name := range f.imports {
			std := name == "testing" || strings.HasPrefix(name, "testing/")
			if std && (slices.Contains(kits, f.dir()) || f.dir() == "bench/internal/speed") {
				continue // the bench measures with testing.Benchmark
			}
			assert.False(t, std, "%s imports %s: move what needs it to a _test.go file, or to a kit (%s)", f.path, name, strings.Join(kits, ", "))
			lib := strings.HasPrefix(name, "github.com/stretchr/testify") || strings.HasPrefix(name, "pgregory.net/rapid")
			assert.False(t, lib, "%s imports %s: only _test.go files may; a kit reports through *testing.T alone", f.path, name)
		}
	}
}
