package providers_test

import (
	"context"
	"fmt"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/scripted"
)

// A reply while it is being made. A model that can't stream yields one piece.
func ExampleStream() {
	model := scripted.New(scripted.Text("There are two files."))
	prompt := &quire.Prompt{Messages: []quire.PromptMessage{
		{Role: quire.RoleUser, Parts: []quire.Part{quire.Text{Text: "What is here?"}}}}}
	for delta, err := range providers.Stream(context.Background(), model, prompt) {
		if err != nil {
			fmt.Println(err)
			return
		}
		if delta.Reply != nil { // the last one: all before it was provisional
			fmt.Println(delta.Reply.Stop, quire.PlainText(delta.Reply.Parts))
			break
		}
		fmt.Printf("%q\n", delta.Text)
	}
	// Output:
	// "There are "
	// "two files."
	// end There are two files.
}
