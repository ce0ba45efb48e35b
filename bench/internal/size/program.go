package size

import (
	"fmt"
	"strings"
)

const quireModule = "github.com/quire-dev/quire"

// program is a small one that is built.
type program struct {
	name   string
	folder string // of the adapter's module, from the root; "" for none
	open   string // the expression that makes the model, with its error
}

func programs() []program {
	return []program{
		{name: "core", open: `scripted.New(), error(nil)`}, // a model that answers nothing,
		{name: "openaimodel", folder: "providers/openaimodel", open: `openaimodel.New("gpt-5.1", &openaimodel.Options{Key: "k"})`},
		{name: "anthropicmodel", folder: "providers/anthropicmodel", open: `anthropicmodel.New("claude-opus-5", &anthropicmodel.Options{Key: "k"})`},
		{name: "geminimodel", folder: "providers/geminimodel", open: `geminimodel.New("gemini-3-pro", &geminimodel.Options{Key: "k"})`},
		{name: "ollamamodel", folder: "providers/ollamamodel", open: `ollamamodel.New("qwen3", nil)`},
		{name: "langchainmodel", folder: "providers/langchainmodel", open: `langchainmodel.Open("openai:gpt-5.1", &langchainmodel.OpenOptions{Key: "k"})`},
	}
}

func names() []string {
	var out []string
	for _, p := range programs() {
		out = append(out, p.name)
	}
	return out
}

func programNamed(name string) (program, bool) {
	for _, p := range programs() {
		if p.name == name {
			return p, true
		}
	}
	return program{}, false
}

// source is the program's main file. change makes it another one.
func (p *program) source(change int) string {
	adapter := "providers/scripted"
	if p.folder != "" {
		adapter = p.folder
	}
	return fmt.Sprintf(`package main

import (
	"context"
	"fmt"
	"os"

	"%[1]s"
	"%[1]s/agent"
	"%[1]s/mailbox/sqlitestore"
	"%[1]s/%[2]s"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err, %[4]d)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	store, err := sqlitestore.Open(ctx, "mail.db", nil)
	if err != nil {
		return err
	}
	defer store.Close()
	open := func() (model, error) {
		m, err := %[3]s
		return m, err
	}
	m, err := open()
	if err != nil {
		return err
	}
	a, err := agent.New(store.Box("ada"), m, &agent.Options{Budget: 8000})
	if err != nil {
		return err
	}
	return a.Run(ctx)
}

type model interface {
	Generate(context.Context, *quire.Prompt) (*quire.Reply, error)
}
`, quireModule, adapter, p.open, change)
}

// goMod makes the program's go.mod of the adapter's (or of quire's own): the same
// requirements, and every module of the repository where it is on this disk.
func (p *program) goMod(theirs, root string) string {
	var b strings.Builder
	b.WriteString("module example.org/small\n")
	for line := range strings.Lines(theirs) {
		words := strings.Fields(line)
		switch {
		case len(words) > 0 && words[0] == "module", strings.Contains(line, "=>"):
		default:
			b.WriteString(line)
		}
	}
	own := []string{""}
	if p.folder != "" {
		own = append(own, "/"+p.folder)
	}
	for _, folder := range own {
		fmt.Fprintf(&b, "\nrequire %s%s v0.0.0-00010101000000-000000000000\n", quireModule, folder)
		fmt.Fprintf(&b, "replace %s%s => %s%s\n", quireModule, folder, root, folder)
	}
	return strings.ReplaceAll(b.String(), "replace (\n)\n", "")
}
