package openaimodel_test

import (
	"context"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers/openaimodel"
)

// What the documentation of the package shows. It is compiled, and not run.
var _ = func(ctx context.Context, prompt *quire.Prompt) (*quire.Reply, error) {
	m, err := openaimodel.New("gpt-6", nil)
	if err != nil {
		return nil, err // without a key: says which variable to set
	}
	return m.Generate(ctx, prompt)
}

var _ = func() (*openaimodel.Model, error) {
	m, err := openaimodel.New("qwen3", &openaimodel.Options{API: quire.APIStrict, BaseURL: "http://localhost:11434/v1"})
	return m, err
}
