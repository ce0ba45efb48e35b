package langchainmodel_test

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/tmc/langchaingo/llms/anthropic"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers/langchainmodel"
)

// Without a key, the error says which variable to set.
func ExampleOpen() {
	os.Unsetenv("ANTHROPIC_API_KEY")
	_, err := langchainmodel.Open("anthropic:claude-opus-5", nil)
	fmt.Println(err)
	// Output: anthropic: auth: no API key: set ANTHROPIC_API_KEY in the environment or OpenOptions.Key
}

// A client that was made without HTTPClient goes through langchaingo's own
// types. What they would garble is refused before anything is sent.
func ExampleNew() {
	llm, err := anthropic.New(anthropic.WithToken("key"))
	if err != nil {
		fmt.Println(err)
		return
	}
	m, err := langchainmodel.New(llm, &langchainmodel.Options{Model: "claude-opus-5"})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = m.Generate(context.Background(), &quire.Prompt{
		Thinking: 4000,
		Messages: []quire.PromptMessage{{Role: quire.RoleUser, Parts: []quire.Part{quire.Text{Text: "hello"}}}},
	})
	var loss *langchainmodel.LossError
	fmt.Println(errors.As(err, &loss), loss.What)
	// Output: true thinking: it has no type for the proof that must be sent back
}
