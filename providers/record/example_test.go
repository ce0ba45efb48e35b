package record_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/record"
	"github.com/quire-dev/quire/providers/scripted"
)

// ask is what is tested: some code that calls a model.
func ask(m providers.Model, question string) (string, error) {
	r, err := m.Generate(context.Background(), &quire.Prompt{Model: "m", Messages: []quire.PromptMessage{
		{Role: quire.RoleUser, Parts: []quire.Part{quire.Text{Text: question}}},
	}})
	if err != nil {
		return "", err
	}
	return r.Parts[0].(quire.Text).Text, nil
}

// A run with a real model is recorded once; the test plays it from then on.
func Example() {
	dir, err := os.MkdirTemp("", "record")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "capitals.jsonl")

	// In a test the mode comes from a flag, and the model from its adapter.
	rec, err := record.Open(file, &record.Options{Mode: record.Record})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(ask(rec.Model(scripted.New(scripted.Text("Lima."))), "What is the capital of Peru?"))
	if err := rec.Close(); err != nil {
		fmt.Println(err)
		return
	}

	rec, err = record.Open(file, nil) // plays, and needs no model
	if err != nil {
		fmt.Println(err)
		return
	}
	m := rec.Model(nil)
	fmt.Println(ask(m, "What is the capital of Peru?"))
	_, err = ask(m, "What is the capital of Chile?")
	fmt.Println(strings.ReplaceAll(err.Error(), dir+string(filepath.Separator), ""))
	fmt.Println("unused:", rec.Unused())
	// Output:
	// Lima. <nil>
	// Lima. <nil>
	// record: invalid: record: capitals.jsonl does not hold this request (prompt for m, 1 messages); nearest is line 2, first difference at messages[0].parts[0].text, character 23: recorded …"t is the capital of Peru?", now …"t is the capital of Chile?"
	// unused: []
}
