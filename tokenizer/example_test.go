package tokenizer_test

import (
	"fmt"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/tokenizer"
)

func ExampleFraming() {
	framing, _ := tokenizer.FramingFor(quire.APIOpenAIChat)
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

func ExampleCalibration() {
	var c tokenizer.Calibration // knows nothing yet
	fmt.Println(c, c.Apply(10_000), c.Upper(10_000, 0.95))

	for _, reported := range []int{11_480, 11_530, 11_500} {
		c = c.Observe(10_000, reported)
	}
	fmt.Println(c, c.Apply(10_000), c.Upper(10_000, 0.95))
	// Output:
	// ×1.000 ±0.250 (n=0) 10000 15816
	// ×1.145 ±0.112 (n=3) 11455 13524
}

func ExampleNewEstimate() {
	factors, _ := tokenizer.FactorsFor("claude-4.7")
	counter := tokenizer.NewEstimate(tokenizer.Approx{}, factors)
	fmt.Println(counter.Name(), counter.CountText("How many tokens might this be?"))
	// Output: claude-4.7~approx@1 12
}
