package models_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/price"
	"github.com/quire-dev/quire/tokenizer"
)

// TestEachProfileIsCompleteOrSaysUnknown: what a profile lacks, it names.
func TestEachProfileIsCompleteOrSaysUnknown(t *testing.T) {
	all := models.Shipped().Profiles()
	assert.Greater(t, len(all), 100)
	for _, p := range all {
		assert.NotEmpty(t, p.Vendor, p.Name)
		assert.NotEmpty(t, p.Source, p.Name)
		assert.Regexp(t, `^\d{4}-\d{2}-\d{2}$`, p.Date, p.Name)
		assert.NotEmpty(t, p.Dialect.Name, p.Name)
		assert.NotEmpty(t, p.Dialect.LoopEvict, p.Name)
		assert.NotEmpty(t, p.Dialect.Reasoning, p.Name)
		assert.Regexp(t, `^\d{4}-\d{2}-\d{2}$`, p.Dialect.Date, p.Name)
		assert.NotEmpty(t, p.Dialect.Source, p.Name)
		assert.Equal(t, string(p.Dialect.API), p.Framing.Name, p.Name)
		var lacks []string
		for _, x := range []struct {
			field string
			known bool
		}{{"window", p.Window > 0}, {"output", p.Output > 0}, {"cache", p.Cache.Name != ""}, {"tokenizer", p.Tokenizer != ""}, {"tariff", p.Tariff.Known()}} {
			if !x.known {
				lacks = append(lacks, x.field)
			}
		}
		assert.ElementsMatch(t, lacks, p.Unknown, p.Name)
		assert.Empty(t, p.Note, p.Name)
		if p.Window > 0 {
			assert.LessOrEqual(t, p.Output, p.Window, p.Name)
		}
		if _, public := map[string]bool{"o200k_base": true, "cl100k_base": true, "": true}[p.Tokenizer]; !public {
			_, ok := tokenizer.Estimate(p.Tokenizer, tokenizer.Approx{})
			assert.True(t, ok, "%s: tokenizer %q", p.Name, p.Tokenizer)
		}
	}
}

func TestFramingsOfAllAPIs(t *testing.T) {
	for _, api := range []quire.API{quire.APIAnthropic, quire.APIOpenAIChat, quire.APIOpenAIResponses, quire.APIGemini, quire.APIStrict, quire.APIOllama} {
		f := models.FindOver(api, "").Framing
		assert.Equal(t, string(api), f.Name)
		assert.NotEmpty(t, f.Source, api)
		assert.Regexp(t, `^\d{4}-\d{2}-\d{2}$`, f.Date, api)
		assert.Positive(t, f.Version, api)
		assert.Positive(t, f.PerMessage, api)
		assert.Positive(t, f.Rules.Image.Unknown, api)
	}
}

// TestCachesAreWhole: what the rules of a cache say fits together.
func TestCachesAreWhole(t *testing.T) {
	for _, p := range models.Shipped().Profiles() {
		for _, c := range []price.CostModel{p.Cache, p.Lasting} {
			if c.Name == "" {
				continue
			}
			assert.NotEmpty(t, c.Source, c.Name)
			assert.Regexp(t, `^\d{4}-\d{2}-\d{2}$`, c.Date, c.Name)
			assert.Equal(t, p.Vendor, c.Provider, p.Name)
			assert.Positive(t, c.Read, c.Name)
			assert.Equal(t, 1.0, c.Uncached, c.Name)
			assert.GreaterOrEqual(t, c.Write, c.Read, c.Name)
			assert.Equal(t, slices.Contains([]string{"llama.cpp", "ollama", "vllm"}, p.Vendor), c.InTime, c.Name)
			assert.Equal(t, c.LongTTL > 0, c.LongWrite > 0, c.Name)
			assert.True(t, c.LongTTL == 0 || c.LongTTL > c.TTL && c.LongWrite > c.Write, "%s: longer is dearer", c.Name)
			assert.False(t, c.Exact && c.Marks == 0, "%s: entries are made at marks", c.Name)
		}
		assert.True(t, p.Lasting.Name == "" || p.Lasting.TTL > p.Cache.TTL, p.Name)
	}
}

// TestTariffsAgreeWithCaches: what a tariff charges for reading and writing is what the
// rules of the cache have as shares of the input, or less.
func TestTariffsAgreeWithCaches(t *testing.T) {
	for _, p := range models.Shipped().Profiles() {
		if !p.Tariff.Known() {
			continue
		}
		assert.Zero(t, p.Tariff.Tiers[0].Above, p.Name)
		for i, tier := range p.Tariff.Tiers {
			assert.LessOrEqual(t, tier.Read, tier.Input, p.Name)
			assert.LessOrEqual(t, tier.Input, tier.Write, p.Name)
			assert.LessOrEqual(t, tier.Write, tier.WriteLong, p.Name)
			assert.LessOrEqual(t, tier.Input, tier.Output, p.Name)
			if i > 0 {
				assert.Greater(t, tier.Above, p.Tariff.Tiers[i-1].Above, p.Name)
				assert.Greater(t, tier.Input, p.Tariff.Tiers[i-1].Input, p.Name)
			}
			if p.Cache.Name == "" || p.Cache.InTime || tier.Input == 0 {
				continue
			}
			share := func(m price.Money) float64 { return float64(m) / float64(tier.Input) }
			assert.LessOrEqual(t, share(tier.Read), p.Cache.Read+0.001, "%s reads", p.Name)
			if p.Cache.LongWrite > 0 {
				assert.InDelta(t, p.Cache.LongWrite, share(tier.WriteLong), 0.01, "%s writes for longer", p.Name)
			}
			if p.Cache.Marks > 1 {
				assert.InDelta(t, p.Cache.Write, share(tier.Write), 0.01, "%s writes", p.Name)
				assert.InDelta(t, p.Cache.Read, share(tier.Read), 0.001, "%s reads", p.Name)
			}
		}
	}
}

// TestPricesAreAsTheyWere: the figures of the tables in code that came before the catalogue.
// Of gpt-5.4 the tier above 272,000 tokens was missing.
func TestPricesAreAsTheyWere(t *testing.T) {
	text, err := os.ReadFile("testdata/prices.json")
	require.NoError(t, err)
	var was map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(text, &was))
	caches := map[string]price.CostModel{}
	for _, p := range models.Shipped().Profiles() {
		caches[p.Cache.Name], caches[p.Lasting.Name] = p.Cache, p.Lasting
	}
	var table []price.CostModel
	require.NoError(t, json.Unmarshal(was["table"], &table))
	delete(was, "table")
	for _, c := range table {
		if c.Name != "free" {
			assert.Equal(t, c, bare(caches[c.Name]), c.Name)
		}
	}
	for key, text := range was {
		var old struct {
			Cache price.CostModel
			Tiers []price.Tier
		}
		require.NoError(t, json.Unmarshal(text, &old))
		provider, name, _ := strings.Cut(key, "|")
		if provider == "free" {
			continue
		}
		if name == "x" {
			name = provider + "/x"
		}
		p, known := models.Find(name)
		assert.True(t, known, key)
		if old.Cache.Name != "" {
			assert.Equal(t, old.Cache, bare(p.Cache), key)
		}
		for i, tier := range old.Tiers {
			assert.Equal(t, tier, p.Tariff.Tiers[i], key)
		}
	}
}

// bare is a cost model without what it says of its source.
func bare(c price.CostModel) price.CostModel {
	c.Source, c.Date = "", ""
	return c
}

func TestFindTakesNamesAsGatewaysSpellThem(t *testing.T) {
	for spelled, name := range map[string]string{
		"anthropic/claude-sonnet-4.5":                 "claude-sonnet-4-5",
		"openrouter/anthropic/claude-opus-5:thinking": "claude-opus-5",
		"us.anthropic.claude-sonnet-5-5-v1:0":         "claude-sonnet-5-5",
		"anthropic.claude-opus-4-5-20251101-v1:0":     "claude-opus-4-5",
		"claude-opus-4-6@20260205":                    "claude-opus-4-6",
		"claude-opus-5@default":                       "claude-opus-5",
		"claude-opus-5[1m]":                           "claude-opus-5",
		"claude-sonnet-4-20250514":                    "claude-sonnet-4",
		"models/gemini-2.5-flash":                     "gemini-2.5-flash",
		"gemini/gemini-3-pro":                         "gemini-3-pro-preview",
		"azure/eu/gpt-4o-2024-11-20":                  "gpt-4o",
		"gpt-35-turbo":                                "gpt-3.5-turbo",
		"GPT-5.5-2026-04-23":                          "gpt-5.5",
		"gpt-5-chat-latest":                           "gpt-5-chat",
		"mistral/mistral-medium-2604":                 "mistral-medium-3.5",
		"deepseek/deepseek-v4-pro":                    "deepseek-v4-pro",
		"MiniMax-M2.7":                                "minimax-m2.7",
		"deepseek-v4-flash":                           "deepseek-flash",
		"x-ai/grok-4.5:free":                          "grok-4.5",
	} {
		got, known := models.Find(spelled)
		want, _ := models.Find(name)
		assert.True(t, known, spelled)
		assert.Equal(t, spelled, got.Name)
		got.Name = name
		assert.Equal(t, want, got, spelled)
	}
}

func TestFindSaysWhatItTookANameFor(t *testing.T) {
	for _, c := range []struct{ name, dialect, cache, note string }{
		{"gpt-7", "openai/gpt-6.2", "gpt-6.1, 6.2", "the newest family of openai"},
		{"gpt-6.9-sol", "openai/gpt-6.2", "gpt-6.1, 6.2", "the newest family of openai"},
		{"o9-mini", "openai/gpt-6.2", "gpt-6.1, 6.2", "the newest family of openai"},
		{"gpt-5-search-api", "openai/gpt-5", "gpt-5", "a variant of gpt-5"},
		{"gpt-5.5-pro-eu", "openai/gpt-5", "gpt-5.5", "a variant of gpt-5.5-pro"},
		{"claude-saga-7", "anthropic/claude-5.5", "claude sonnet 5.5", "the newest family of anthropic"},
		{"claude-3-opus", "anthropic/claude-4", "", "a variant of claude-3"},
		{"gemini-5-pro", "gemini/3", "gemini 4", "the newest family of google"},
		{"kimi-k9", "openai-chat/kimi", "kimi-k3", "the newest family of moonshot"},
		{"gpt-neo", "openai-chat", "", "any server of OpenAI's chat format"},
		{"", "openai-chat", "", "any server of OpenAI's chat format"},
	} {
		p, known := models.Find(c.name)
		assert.False(t, known, c.name)
		assert.Equal(t, c.dialect, p.Dialect.Name, c.name)
		assert.Equal(t, c.cache, p.Cache.Name, c.name)
		assert.Contains(t, p.Note, c.note, c.name)
		assert.False(t, p.Tariff.Known(), "%s: no price is guessed", c.name)
		assert.Zero(t, p.Window, c.name)
		assert.Contains(t, p.Unknown, "tariff", c.name)
	}
}

func TestNamesThatAreNotWhatTheyBeginWith(t *testing.T) {
	chat, _ := models.Find("gpt-5-chat-latest")
	assert.Empty(t, chat.Dialect.Thinks, "it does not reason, so nothing asks for its reasoning")
	oss, _ := models.Find("openai/gpt-oss-120b")
	assert.Equal(t, "openai/open", oss.Dialect.Name)
	assert.False(t, oss.Tariff.Known())
}

func TestEngines(t *testing.T) {
	for name, engine := range map[string]string{"ollama/qwen3:8b": "ollama", "vllm": "vllm", "hosted_vllm/Qwen/Qwen3-32B": "vllm", "llama.cpp/any": "llama.cpp"} {
		p, known := models.Find(name)
		assert.True(t, known, name)
		assert.Equal(t, engine, p.Cache.Name, name)
		assert.True(t, p.Cache.InTime, name)
		cost, ok := p.Tariff.Cost(quire.Usage{Input: 1000, Output: 10})
		assert.True(t, ok)
		assert.Zero(t, cost, "an engine of one's own costs nothing in money")
	}
	oss := models.FindOver(quire.APIOllama, "gpt-oss:20b")
	assert.Equal(t, "effort", oss.Dialect.Thinks)
	assert.Equal(t, "gpt-oss:20b", oss.Name)
}

func TestOtherAPIs(t *testing.T) {
	for _, c := range []struct {
		api   quire.API
		model string
		want  string
	}{
		{quire.APIAnthropic, "kimi-k3", "anthropic"},
		{quire.APIOpenAIChat, "openai/gpt-6.2-sol", "openai-chat/gpt-6.2"},
		{quire.APIOpenAIChat, "gpt-5.5", "openai-chat/gpt-5.4"},
		{quire.APIOpenAIChat, "deepseek/deepseek-v4-pro", "openai-chat/deepseek"},
		{quire.APIOpenAIChat, "claude-opus-5", "openai-chat"},
		{quire.APIOpenAIChat, "", "openai-chat"},
		{quire.APIGemini, "gemini-3-pro", "gemini/3"},
		{quire.APIStrict, "qwen3", "strict"},
		{"telex", "x", "unknown"},
	} {
		p := models.FindOver(c.api, c.model)
		assert.Equal(t, c.want, p.Dialect.Name, "%s %s", c.api, c.model)
		assert.Equal(t, c.api, p.Dialect.API)
		own, _ := models.Find(c.model)
		assert.Equal(t, p, own.Over(c.api))
	}
	unknown := models.FindOver("telex", "x")
	assert.Equal(t, models.LoopNone, unknown.Dialect.LoopEvict)
	assert.Equal(t, "strict", unknown.Framing.Name, "the framing that adds most")
}

func TestProfilesAreCopies(t *testing.T) {
	a, _ := models.Find("claude-haiku-5-5")
	a.Tariff.Tiers[0].Input, a.Cache.Steps[0].Above = 1, 1
	b, _ := models.Find("claude-haiku-5-5")
	assert.NotEqual(t, a.Tariff.Tiers[0], b.Tariff.Tiers[0])
	assert.NotEqual(t, a.Cache.Steps[0], b.Cache.Steps[0])
	p, _ := models.Find("x")
	p.Unknown[0] = "nothing"
	again, _ := models.Find("x")
	assert.Equal(t, "window", again.Unknown[0])
}

func TestProfilesOfOnesOwn(t *testing.T) {
	text := `[{"name":"Claude-Opus-5","window":1000,"source":"mine","date":"2026-11-29"},
		{"name":"house/model-1","dialect":{"name":"house","api":"strict","loopEvict":"none","reasoning":"not-taken","noTools":true},"window":9}]`
	var own []models.Profile
	require.NoError(t, json.Unmarshal([]byte(text), &own))
	c := models.Shipped().With(own...)
	p, known := c.Find("anthropic/claude-opus-5")
	assert.True(t, known)
	assert.Equal(t, 1000, p.Window, "it overrides the shipped one")
	assert.Equal(t, "anthropic/claude-5", p.Dialect.Name, "and takes from it what it does not say")
	p, known = c.Find("house/model-1")
	assert.True(t, known)
	assert.True(t, p.Dialect.NoTools)
	assert.Equal(t, "strict", p.Framing.Name)
	over := p.Over(quire.APIOpenAIChat)
	assert.Equal(t, []any{9, "openai-chat"}, []any{over.Window, over.Dialect.Name})
	shipped, _ := models.Find("claude-opus-5")
	assert.Equal(t, 1_000_000, shipped.Window, "the shipped catalogue is as it was")
	assert.Len(t, c.Profiles(), len(models.Shipped().Profiles())+1)
	assert.True(t, slices.ContainsFunc(c.Profiles(), func(p models.Profile) bool { return p.Name == "house/model-1" }))
}

func TestProfilesInJSON(t *testing.T) {
	for _, p := range models.Shipped().Profiles() {
		b, err := json.Marshal(p)
		require.NoError(t, err)
		var back models.Profile
		require.NoError(t, json.Unmarshal(b, &back))
		assert.Equal(t, p, back)
	}
}

func TestRoom(t *testing.T) {
	for _, c := range []struct {
		p    models.Profile
		want int
	}{
		{models.Profile{}, 0},
		{models.Profile{Window: 1000}, 1000},
		{models.Profile{Window: 1000, Output: 100}, 900},
		{models.Profile{Window: 1000, Output: 1000}, 750},
		{models.Profile{Window: 1000, Output: 1000, MaxOutput: 300, Thinking: 50}, 650},
		{models.Profile{Window: 100, MaxOutput: 300}, 0},
	} {
		assert.Equal(t, c.want, c.p.Room(), "%+v", c.p)
	}
}

// A model that somebody tuned is its family's, with prices of its own.
func TestATunedModelIsOfItsFamily(t *testing.T) {
	for name, of := range map[string]string{
		"ft:gpt-4o-2024-08-06:acme::abc123":         "gpt-4o",
		"ft:gpt-4.1-mini-2025-04-14:org:name:id":    "gpt-4.1-mini",
		"openai/ft:gpt-4o-mini-2024-07-18:acme::a1": "gpt-4o-mini",
	} {
		p, known := models.Find(name)
		base, _ := models.Find(of)
		assert.False(t, known, name)
		assert.Equal(t, base.Dialect, p.Dialect, name)
		assert.Equal(t, base.Tokenizer, p.Tokenizer, name)
		assert.False(t, p.Tariff.Known(), name)
	}
}
