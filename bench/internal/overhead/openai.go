package overhead

import (
	"context"
	"net/http"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	openairesponses "github.com/openai/openai-go/v3/responses"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/openaimodel"
)

const openAIName = "gpt-5.1"

func openAIModel(api quire.API) func(url string, client *http.Client) (providers.Model, models.Profile, error) {
	return func(url string, client *http.Client) (providers.Model, models.Profile, error) {
		m, err := openaimodel.New(openAIName, &openaimodel.Options{API: api, Key: "k", BaseURL: url + "/v1", HTTPClient: client, Profile: models.Profile{Window: 1 << 20}})
		if err != nil {
			return nil, models.Profile{}, err
		}
		return m, m.Profile(), nil
	}
}

func openAIClient(url string, client *http.Client) openai.Client {
	return openai.NewClient(option.WithAPIKey("k"), option.WithBaseURL(url+"/v1"), option.WithHTTPClient(client), option.WithMaxRetries(0))
}

func responses() rival {
	return rival{
		name:  "openaimodel",
		reply: `{"id":"r1","object":"response","created_at":1,"status":"completed","model":"` + openAIName + `","output":[{"type":"message","id":"m1","status":"completed","role":"assistant","content":[{"type":"output_text","text":"Nothing to do about it.","annotations":[]}]}],"usage":{"input_tokens":32000,"input_tokens_details":{"cached_tokens":31000},"output_tokens":8,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":32008}}`,
		model: openAIModel(quire.APIOpenAIResponses),
		bare: func(url string, client *http.Client) (func(context.Context, []byte) error, error) {
			c := openAIClient(url, client)
			return func(ctx context.Context, body []byte) error {
				_, err := c.Responses.New(ctx, openairesponses.ResponseNewParams{}, option.WithRequestBody("application/json", body))
				return err
			}, nil
		},
	}
}

func chat() rival {
	return rival{
		name:  "openaimodel chat",
		reply: `{"id":"r1","object":"chat.completion","created":1,"model":"` + openAIName + `","choices":[{"index":0,"message":{"role":"assistant","content":"Nothing to do about it."},"finish_reason":"stop"}],"usage":{"prompt_tokens":32000,"completion_tokens":8,"total_tokens":32008,"prompt_tokens_details":{"cached_tokens":31000}}}`,
		model: openAIModel(quire.APIOpenAIChat),
		bare: func(url string, client *http.Client) (func(context.Context, []byte) error, error) {
			c := openAIClient(url, client)
			return func(ctx context.Context, body []byte) error {
				_, err := c.Chat.Completions.New(ctx, openai.ChatCompletionNewParams{}, option.WithRequestBody("application/json", body))
				return err
			}, nil
		},
	}
}
