package price

import (
	"slices"
	"time"
)

// Table returns the cost models that ship, as fresh copies. Where a provider's
// documents leave a figure open, the row has the one that promises less, and
// Source says so; only a life that is not stated at all is 0, which is taken as
// unlimited. Prices change: look at Date, and bring a row of your own where
// it matters. The first row of a provider is its most common kind.
func Table() []CostModel {
	rows := make([]CostModel, 0, 32)
	rows = append(rows, anthropic()...)
	rows = append(rows, openAI()...)
	rows = append(rows, google()...)
	rows = append(rows, engines()...)
	return append(rows, others()...)
}

// date is when the sources were read.
const date = "2026-11-23"

const anthropicSource = "platform.claude.com: build-with-claude/prompt-caching, about-claude/pricing; github.com/anthropics/skills claude-api/shared/prompt-caching.md"

// anthropic: an entry is written at each of at most 4 marks and found from 20
// positions on; each read lets it live anew. A mark may ask for five minutes or for an
// hour. The rows that have entries of an hour alone are of the same models and come
// later, so that For never returns them.
func anthropic() []CostModel {
	rows := []CostModel{
		claude("claude", 0.1, 4096, "claude-opus-4-5", "claude-opus-4-6", "claude-haiku-4-5"),
		claude("claude, from 512", 0.1, 512, "claude-opus-5"),
		claude("claude, from 1024", 0.1, 1024, "claude-opus-4", "claude-opus-4-1", "claude-opus-4-8", "claude-sonnet-4", "claude-sonnet-5"),
		claude("claude, from 2048", 0.1, 2048, "claude-opus-4-7"),
		claude("claude opus 5.5", 0.05, 512, "claude-opus-5-5"),
		claude("claude sonnet 5.5", 0.05, 4096, "claude-sonnet-5-5"),
		claude("claude 5.1 large", 0.025, 512, "claude-fable-5-1", "claude-mythos-5-1"),
		claude("claude haiku 5.5", 0.1, 4096, "claude-haiku-5-5"),
	}
	for i := range rows {
		switch rows[i].Name {
		case "claude sonnet 5.5":
			rows[i].Source += "; the shortest prefix is not stated: the longest of the family"
		case "claude haiku 5.5":
			rows[i].Steps = []Step{{Above: 100_000, Factor: 5}}
			rows[i].Source += "; the shortest prefix is not stated: the longest of the family; step as seen by third parties"
		}
	}
	for _, row := range rows {
		row.Name += ", 1h"
		row.Write, row.TTL = row.LongWrite, row.LongTTL
		row.LongWrite, row.LongTTL = 0, 0
		row.Models, row.Steps = slices.Clone(row.Models), slices.Clone(row.Steps)
		rows = append(rows, row)
	}
	return rows
}

func claude(name string, read float64, minPrefix int, models ...string) CostModel {
	return CostModel{Name: name, Provider: "anthropic", Models: models,
		Read: read, Write: 1.25, Uncached: 1, MinPrefix: minPrefix, TTL: 5 * time.Minute, LongWrite: 2, LongTTL: time.Hour,
		Exact: true, Marks: 4, Lookback: 20, Source: anthropicSource, Date: date}
}

const openAISource = "developers.openai.com: api/docs/guides/prompt-caching, models"

// openAI: from GPT-5.6 on a request with explicit breakpoints writes up to 4 and
// reads only at its own breakpoints; before, the cache is automatic. The longer
// retention that some models offer is in rows that For never returns.
func openAI() []CostModel {
	marked := CostModel{Name: "gpt-5.6, 6", Provider: "openai", Models: []string{"gpt-5.6", "gpt-5.7", "gpt-5.8", "gpt-5.9", "gpt-6"},
		Read: 0.1, Write: 1.25, Uncached: 1, MinPrefix: 1024, TTL: 30 * time.Minute,
		Exact: true, Marks: 4, Lookback: 1, Steps: openAISteps(), Source: openAISource, Date: date}
	cheaper, long := marked, marked
	cheaper.Name, cheaper.Models, cheaper.Read, cheaper.Steps = "gpt-6.1, 6.2", []string{"gpt-6.1", "gpt-6.2"}, 0.05, openAISteps()
	long.Name, long.Models, long.Read, long.Steps = "gpt-6.2, 12h", []string{"gpt-6.2"}, 0.05, openAISteps()
	long.Write, long.TTL = 2.5, 12*time.Hour

	automatic := CostModel{Name: "gpt-5", Provider: "openai", Models: []string{"gpt-5"},
		Read: 0.1, Write: 1, Uncached: 1, Quantum: 128, MinPrefix: 1024, TTL: 5 * time.Minute,
		Steps: openAISteps(), Source: openAISource + "; life is 5 to 10 minutes: the shorter", Date: date}
	coarse, kept, gpt41, gpt4o := automatic, automatic, automatic, automatic
	coarse.Name, coarse.Models, coarse.Quantum, coarse.Steps = "gpt-5.5", []string{"gpt-5.5"}, 2048, openAISteps()
	kept.Name, kept.Models, kept.TTL, kept.Steps = "gpt-5, 24h", []string{"gpt-5"}, 24*time.Hour, openAISteps()
	kept.Source = openAISource
	gpt41.Name, gpt41.Models, gpt41.Read, gpt41.Steps = "gpt-4.1", []string{"gpt-4.1"}, 0.25, nil
	gpt4o.Name, gpt4o.Models, gpt4o.Read, gpt4o.Steps = "gpt-4o", []string{"gpt-4o"}, 0.5, nil
	return []CostModel{automatic, marked, cheaper, coarse, gpt41, gpt4o, kept, long}
}

func openAISteps() []Step { return []Step{{Above: 272_000, Factor: 2}} }

// google: implicit caching is not promised, so its life is unknown, and real
// hit rates are lower than the rule allows. Storage of explicit caches is not
// priced.
func google() []CostModel {
	pro := CostModel{Name: "gemini", Provider: "google", Models: []string{"gemini-2.5", "gemini-3"},
		Read: 0.1, Write: 1, Uncached: 1, MinPrefix: 4096,
		Source: "ai.google.dev: gemini-api/docs/caching; implicit caching, hits not promised", Date: date}
	flash := pro
	flash.Name, flash.Models, flash.MinPrefix = "gemini flash", []string{"gemini-2.5-flash", "gemini-3-flash"}, 1024
	return []CostModel{pro, flash}
}

func others() []CostModel {
	return []CostModel{
		{Name: "deepseek v4", Provider: "deepseek", Models: []string{"deepseek-v4"},
			Read: 0.033, Write: 1, Uncached: 1, TTL: time.Hour, Exact: true, Units: true, Marks: 1,
			Source: "api-docs.deepseek.com: guides/kv_cache; reads are 0.02 to 0.033: the dearer; life is hours to days: an hour; of the units that it keeps, those at the end of the output and at an interval that is not stated are not counted",
			Date:   date},
		{Name: "free", Provider: "free", Models: []string{""},
			Source: "none: nothing costs anything", Date: date},
	}
}
