package models_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/price"
)

const litellmText = `{
 "sample_spec": {"mode": "chat", "max_tokens": "set to max output tokens"},
 "house-embed": {"mode": "embedding", "input_cost_per_token": 1e-7},
 "claude-opus-5": {"litellm_provider": "anthropic", "mode": "chat", "max_input_tokens": 1000000, "max_output_tokens": 64000,
  "input_cost_per_token": 6e-06, "output_cost_per_token": 2.5e-05, "cache_read_input_token_cost": 5e-07,
  "cache_creation_input_token_cost": 7.5e-06, "cache_creation_input_token_cost_above_1hr": 1.2e-05,
  "input_cost_per_token_above_200k_tokens": 1.2e-05, "output_cost_per_token_above_200k_tokens": 3e-05, "source": "https://example.com/prices"},
 "xai/grok-9": {"litellm_provider": "xai", "mode": "chat", "max_input_tokens": 500000, "input_cost_per_token": 2e-06, "output_cost_per_token": 6e-06,
  "cache_read_input_token_cost": 5e-07, "output_cost_per_reasoning_token": 1e-06},
 "together_ai/house": {"mode": "chat", "max_input_tokens": "many"}
}`

const modelsDevText = `{"openai": {"id": "openai", "models": {
  "gpt-9": {"id": "gpt-9", "limit": {"context": 400000, "output": 128000}, "last_updated": "2026-11-01",
   "cost": {"input": 1.25, "output": 10, "cache_read": 0.125, "tiers": [{"tier": {"size": 272000}, "input": 2.5, "output": 15, "cache_read": 0.25}]}},
  "gpt-image-9": {"id": "gpt-image-9", "limit": {"context": 0, "output": 0}}}},
 "somewhere": {"models": {"vendor/kimi-k3": {"limit": {"context": 9000, "output": 100}, "cost": {"input": 1, "output": 2, "context_over_200k": {"input": 3, "output": 4}}}}}}`

func TestReadLiteLLM(t *testing.T) {
	all, err := models.ReadLiteLLM(strings.NewReader(litellmText))
	require.NoError(t, err)
	require.Len(t, all, 3)
	opus, house, grok := all[0], all[1], all[2]
	assert.Equal(t, "claude-opus-5", opus.Name)
	assert.Equal(t, []int{1_000_000, 64_000}, []int{opus.Window, opus.Output})
	assert.Equal(t, []price.Tier{
		{Input: 6_000_000, Read: 500_000, Write: 7_500_000, WriteLong: 12_000_000, Output: 25_000_000},
		{Above: 200_000, Input: 12_000_000, Read: 12_000_000, Write: 12_000_000, WriteLong: 12_000_000, Output: 30_000_000},
	}, opus.Tariff.Tiers)
	assert.Equal(t, "claude, from 512", opus.Cache.Name, "what the file does not say is the shipped catalogue's")
	assert.Contains(t, opus.Source, "https://example.com/prices")

	assert.Equal(t, "grok-9", grok.Name)
	assert.Equal(t, 0.25, grok.Cache.Read)
	assert.Equal(t, "openai-chat/grok", grok.Dialect.Name)
	assert.Contains(t, grok.Note, "newest family of xai")
	assert.NotContains(t, grok.Unknown, "tariff")
	assert.Contains(t, grok.Unknown, "output")

	assert.Equal(t, "together_ai/house", house.Name)
	assert.Subset(t, house.Unknown, []string{"window", "output", "tariff"})

	c := models.Shipped().With(all...)
	found, known := c.Find("xai/grok-9")
	assert.True(t, known)
	assert.True(t, found.Tariff.Known())

	_, err = models.ReadLiteLLM(strings.NewReader("[]"))
	assert.ErrorContains(t, err, "litellm")
}

func TestReadModelsDev(t *testing.T) {
	all, err := models.ReadModelsDev(strings.NewReader(modelsDevText))
	require.NoError(t, err)
	require.Len(t, all, 2)
	gpt, kimi := all[0], all[1]
	assert.Equal(t, "gpt-9", gpt.Name)
	assert.Equal(t, "2026-11-01", gpt.Date)
	assert.Equal(t, []price.Tier{
		{Input: 1_250_000, Read: 125_000, Write: 1_250_000, WriteLong: 1_250_000, Output: 10_000_000},
		{Above: 272_000, Input: 2_500_000, Read: 250_000, Write: 2_500_000, WriteLong: 2_500_000, Output: 15_000_000},
	}, gpt.Tariff.Tiers)
	assert.Equal(t, 400_000, gpt.Window)
	assert.Equal(t, "openai/gpt-6.2", gpt.Dialect.Name)

	assert.Equal(t, "somewhere/vendor/kimi-k3", kimi.Name)
	assert.Equal(t, price.Money(3_000_000), kimi.Tariff.Tiers[1].Input)
	assert.Equal(t, "kimi-k3", kimi.Cache.Name)

	_, err = models.ReadModelsDev(strings.NewReader(`{"a": 1}`))
	assert.ErrorContains(t, err, "models.dev")
}

func FuzzImporters(f *testing.F) {
	f.Add(litellmText)
	f.Add(modelsDevText)
	f.Fuzz(func(t *testing.T, text string) {
		for _, read := range []func(string) ([]models.Profile, error){
			func(s string) ([]models.Profile, error) { return models.ReadLiteLLM(strings.NewReader(s)) },
			func(s string) ([]models.Profile, error) { return models.ReadModelsDev(strings.NewReader(s)) },
		} {
			all, err := read(text)
			if err != nil {
				assert.Empty(t, all)
			}
			for _, p := range all {
				assert.GreaterOrEqual(t, p.Window, 0)
				assert.NotEmpty(t, p.Dialect.Name)
			}
		}
	})
}

// One model whose figures can't be meant takes nothing from the others, and no figure
// becomes a negative one.
func TestFiguresThatCannotBeMeantAreLeftOut(t *testing.T) {
	lite, err := models.ReadLiteLLM(strings.NewReader(`{
		"a": {"mode":"chat","max_input_tokens":1e300,"max_output_tokens":-1,"input_cost_per_token":1e300,"output_cost_per_token":1e308},
		"b": {"mode":"chat","max_input_tokens":10,"input_cost_per_token":1e-6,"output_cost_per_token":2e-6,
			"input_cost_per_token_above_-5k_tokens":1e-6,"output_cost_per_token_above_-5k_tokens":1e-6,
			"input_cost_per_token_above_9223372036854775807k_tokens":1e-6,"output_cost_per_token_above_9223372036854775807k_tokens":1e-6}}`))
	require.NoError(t, err)
	dev, err := models.ReadModelsDev(strings.NewReader(`{"p":{"models":{
		"a": {"limit":{"context":10,"output":1e30},"cost":[]},
		"b": {"limit":{"context":10},"cost":{"input":1,"output":2,"tiers":[{"tier":{"size":-5},"input":1,"output":1}]}},
		"c": {"limit":{"context":9223372036854775807}},
		"d": {"limit":{"context":"many"}}}}}`))
	require.NoError(t, err)
	require.Len(t, lite, 2)
	require.Len(t, dev, 2)
	for _, list := range [][]models.Profile{lite, dev} {
		assert.Zero(t, list[0].Output)
		assert.Empty(t, list[0].Tariff.Tiers)
		assert.Equal(t, 10, list[1].Window)
		require.Len(t, list[1].Tariff.Tiers, 1)
		assert.Equal(t, price.Dollar, list[1].Tariff.Tiers[0].Input)
	}
	assert.Zero(t, lite[0].Window)
}
