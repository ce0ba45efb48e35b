package price_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire/price"
)

func TestCost(t *testing.T) {
	c := price.CostModel{Read: 0.1, Write: 1.25, Steps: []price.Step{{Above: 1000, Factor: 5}, {Above: 500, Factor: 2}}}
	assert.InDelta(t, 10+125+300, c.Cost(100, 100, 300), 1e-9, "uncached 0 means 1; 500 is not above 500")
	assert.InDelta(t, 2*(10+125+301), c.Cost(100, 100, 301), 1e-9)
	assert.InDelta(t, 5*(10+125+801), c.Cost(100, 100, 801), 1e-9)
	assert.Zero(t, price.CostModel{}.Cost(5, 6, 7), "the zero model costs nothing")
	assert.InDelta(t, 14, price.CostModel{Uncached: 2}.Cost(5, 6, 7), 1e-9)
}

func TestBills(t *testing.T) {
	b := price.Bill{Read: 1, Write: 2, Uncached: 3, Cost: 4.25}.Add(price.Bill{Read: 10, Write: 20, Uncached: 30, Cost: 40})
	assert.Equal(t, price.Bill{Read: 11, Write: 22, Uncached: 33, Cost: 44.25}, b)
	assert.Equal(t, 66, b.Input())
	assert.Equal(t, "input 66: read 11, write 22, uncached 33; cost 44.2", b.String())
}

func TestTableRowsAreWhole(t *testing.T) {
	names := map[string]bool{}
	for _, c := range price.Table() {
		assert.False(t, names[c.Name], "%s twice", c.Name)
		names[c.Name] = true
		assert.NotEmpty(t, c.Provider, c.Name)
		assert.NotEmpty(t, c.Models, c.Name)
		assert.NotEmpty(t, c.Source, c.Name)
		_, err := time.Parse(time.DateOnly, c.Date)
		assert.NoError(t, err, c.Name)
		assert.GreaterOrEqual(t, c.Write, c.Read, c.Name)
		if c.Provider != "free" {
			assert.Positive(t, c.Read, c.Name)
			assert.Equal(t, 1.0, c.Uncached, c.Name)
		}
		assert.Equal(t, slices.Contains([]string{"llama.cpp", "ollama", "vllm"}, c.Provider), c.InTime, c.Name)
		assert.Equal(t, c.LongTTL > 0, c.LongWrite > 0, c.Name)
		assert.True(t, c.LongTTL == 0 || c.LongTTL > c.TTL && c.LongWrite > c.Write, "%s: longer is dearer", c.Name)
		assert.False(t, c.Exact && c.Marks == 0, "%s: entries are made at marks", c.Name)
	}
	a := price.Table()
	a[0].Models[0], a[0].Name = "x", "y"
	for i := range a {
		if len(a[i].Steps) > 0 {
			a[i].Steps[0].Above = 1
		}
	}
	for _, c := range price.Table() {
		assert.NotEqual(t, "y", c.Name)
		assert.NotContains(t, c.Models, "x")
		for _, s := range c.Steps {
			assert.Greater(t, s.Above, 1)
		}
	}
}

func TestRowsShareNothingWithEachOther(t *testing.T) {
	rows := price.Table()
	for i := range rows {
		for j := range rows[:i] {
			if len(rows[i].Steps) > 0 && len(rows[j].Steps) > 0 {
				assert.NotSame(t, &rows[i].Steps[0], &rows[j].Steps[0], "%s, %s", rows[i].Name, rows[j].Name)
			}
			assert.NotSame(t, &rows[i].Models[0], &rows[j].Models[0], "%s, %s", rows[i].Name, rows[j].Name)
		}
	}
}

func TestForTakesTheLongestPrefix(t *testing.T) {
	for _, c := range []struct{ provider, model, want string }{
		{"anthropic", "claude-opus-4-6", "claude"},
		{"Anthropic", "Claude-Opus-4-20250514", "claude, from 1024"},
		{"anthropic", "claude-opus-4-7", "claude, from 2048"},
		{"anthropic", "claude-sonnet-4-5-20250929", "claude, from 1024"},
		{"anthropic", "claude-opus-5", "claude, from 512"},
		{"anthropic", "claude-opus-5-5", "claude opus 5.5"},
		{"anthropic", "claude-fable-5-1", "claude 5.1 large"},
		{"openai", "gpt-5-mini", "gpt-5"},
		{"openai", "gpt-5.1", "gpt-5"},
		{"openai", "gpt-5.5-2026-01-01", "gpt-5.5"},
		{"openai", "gpt-5.6", "gpt-5.6, 6"},
		{"openai", "gpt-6", "gpt-5.6, 6"},
		{"openai", "gpt-6.2-sol", "gpt-6.1, 6.2"},
		{"openai", "gpt-50", ""},
		{"openai", "gpt-4o-mini", "gpt-4o"},
		{"openai", "gpt-4.1", "gpt-4.1"},
		{"google", "gemini-2.5-flash-lite", "gemini flash"},
		{"google", "gemini-3-pro-preview", "gemini"},
		{"deepseek", "deepseek-v4.1", "deepseek v4"},
		{"vllm", "anything", "vllm"},
		{"vllm", "", "vllm"},
		{"llama.cpp", "some-model", "llama.cpp"},
		{"ollama", "qwen3:8b", "ollama"},
		{"free", "7b", "free"},
		{"openai", "claude-opus-5", ""},
		{"nobody", "gpt-5", ""},
		{"", "", ""},
	} {
		got, ok := price.For(c.provider, c.model)
		assert.Equal(t, c.want != "", ok, c.model)
		assert.Equal(t, c.want, got.Name, c.model)
	}
}

func TestFiguresOfTheTable(t *testing.T) {
	get := func(provider, model string) price.CostModel {
		c, ok := price.For(provider, model)
		require.True(t, ok, model)
		return c
	}
	c := get("anthropic", "claude-haiku-5-5")
	assert.InDelta(t, 5*101_000, c.Cost(0, 0, 101_000), 1e-6)
	assert.Equal(t, 5*time.Minute, c.TTL)
	c = get("openai", "gpt-6.1")
	assert.Equal(t, []any{0.05, 1.25, 30 * time.Minute, true, 4}, []any{c.Read, c.Write, c.TTL, c.Exact, c.Marks})
	assert.InDelta(t, 2*272_001, c.Cost(0, 0, 272_001), 1e-6)
	c = get("openai", "gpt-4o")
	assert.InDelta(t, 300_000, c.Cost(0, 0, 300_000), 1e-6)
	hours := 0
	for _, row := range price.Table() {
		if row.Provider == "anthropic" && row.TTL == time.Hour {
			assert.InDelta(t, 2, row.Write, 0, row.Name)
			hours++
		}
	}
	assert.Equal(t, 8, hours)
}
