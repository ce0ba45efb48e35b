package models_test

import (
	"fmt"

	"github.com/quire-dev/quire/models"
)

func ExampleFind() {
	p, known := models.Find("claude-opus-5")
	fmt.Println(p.Window, p.Cache.Name, known)

	p, known = models.Find("openrouter/openai/gpt-7")
	fmt.Println(p.Dialect.Name, p.Tariff.Known(), known)
	fmt.Println(p.Note)
	// Output:
	// 1000000 claude, from 512 true
	// openai/gpt-6.2 false false
	// the catalogue does not have "openrouter/openai/gpt-7": taken for the newest family of openai, that of gpt-6.2-sol
}
