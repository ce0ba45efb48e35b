package tokenizer_test

import (
	"fmt"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/tokenizer"
)

func ExampleFraming() {
	framing := models.FindOver(quire.APIOpenAIChat, "").Framing
	prompt := &quire.Prompt{
		System: "Be brief.",
		Messages: []quire.PromptMessage{
			{Role: quire.RoleUser, Parts: []quire.Part{quire.Text{Text: "What is a quire?"}}},
		},
	}
	var counter tokenizer.Approx // or tiktoken.O200k(), which is exact
	fmt.Println(framing.Prompt(counter, prompt), "tokens by", tokenizer.Key(counter, framing))
	// Output: 17 tokens by approx@1/openai-chat@1
}

func ExampleEstimate() {
	counter, _ := tokenizer.Estimate("claude-4.7", tokenizer.Approx{})
	fmt.Println(counter.Name(), counter.CountText("How many tokens might this be?"))
	// Output: claude-4.7~approx@1 12
}
