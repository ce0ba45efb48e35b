package langchainmodel_test

import (
	"context"

	"github.com/tmc/langchaingo/llms/openai"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/langchainmodel"
)

// What the documentation of the package shows. It is compiled, and not run.
var _ = func(ctx context.Context, prompt *quire.Prompt) (*quire.Reply, error) {
	m, err := langchainmodel.Open("anthropic:claude-opus-5", nil)
	if err != nil {
		return nil, err // without a key: says which variable to set
	}
	return m.Generate(ctx, prompt)
}

var _ = func(url string) (providers.Model, error) {
	llm, err := openai.New(openai.WithAPIType(openai.APITypeAzure), openai.WithBaseURL(url),
		openai.WithHTTPClient(langchainmodel.HTTPClient(nil)))
	if err != nil {
		return nil, err
	}
	return langchainmodel.New(llm, &langchainmodel.Options{Exact: true})
}
