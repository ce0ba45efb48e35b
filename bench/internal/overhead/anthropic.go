package overhead

import (
	"context"
	"net/http"

	"github.com/anthropics/anthropic-sdk-go/v2"
	"github.com/anthropics/anthropic-sdk-go/v2/option"

	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/anthropicmodel"
)

const claudeName = "claude-opus-5"

func claude() rival {
	return rival{
		name:  "anthropicmodel",
		reply: `{"id":"r1","type":"message","role":"assistant","model":"` + claudeName + `","content":[{"type":"text","text":"Nothing to do about it."}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":1000,"cache_read_input_tokens":31000,"cache_creation_input_tokens":0,"output_tokens":8}}`,
		model: func(url string, client *http.Client) (providers.Model, models.Profile, error) {
			m, err := anthropicmodel.New(claudeName, &anthropicmodel.Options{Key: "k", BaseURL: url, HTTPClient: client, Profile: models.Profile{Window: 1 << 20}})
			if err != nil {
				return nil, models.Profile{}, err
			}
			return m, m.Profile(), nil
		},
		bare: func(url string, client *http.Client) (func(context.Context, []byte) error, error) {
			c := anthropic.NewClient(option.WithoutEnvironmentDefaults(), option.WithAPIKey("k"), option.WithBaseURL(url), option.WithHTTPClient(client), option.WithMaxRetries(0))
			return func(ctx context.Context, body []byte) error {
				_, err := c.Messages.New(ctx, anthropic.MessageNewParams{}, option.WithRequestBody("application/json", body))
				return err
			}, nil
		},
	}
}
