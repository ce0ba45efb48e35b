package price

// Tariffs returns the tariffs that ship, as fresh copies: standard service, US
// dollars, without discounts for batches or for volume. Prices change: look at Date,
// and bring your own where it matters. A model that is not here has no known price.
func Tariffs() []Tariff {
	var out []Tariff
	out = append(out, anthropicTariffs()...)
	out = append(out, openAITariffs()...)
	out = append(out, googleTariffs()...)
	return append(out, otherTariffs()...)
}

// cents is an amount in hundredths of a dollar.
func cents(n int64) Money { return Money(n) * Dollar / 100 }

// anthropicTariffs: writing costs 1.25 of the input for five minutes and 2 for an
// hour; what reading costs differs.
func anthropicTariffs() []Tariff {
	const page = "platform.claude.com: about-claude/pricing"
	row := func(source string, input, read, output Money, models ...string) Tariff {
		return Tariff{Provider: "anthropic", Models: models, Source: source, Date: "2026-11-28",
			Tiers: []Tier{{Input: input, Read: read, Write: input * 5 / 4, WriteLong: input * 2, Output: output}}}
	}
	const third = page + ", as third parties read it in October 2026"
	small := row(third, cents(10), cents(1), cents(50), "claude-haiku-5-5")
	small.Tiers = append(small.Tiers, Tier{Above: 100_000, Input: cents(50), Read: cents(5), Write: cents(50) * 5 / 4, WriteLong: cents(100), Output: cents(250)})
	return []Tariff{
		row(page, cents(1000), cents(25), cents(5000), "claude-fable-5-1", "claude-mythos-5-1"),
		row(page, cents(1000), cents(100), cents(5000), "claude-fable-5", "claude-mythos-5"),
		row(third, cents(400), cents(20), cents(2000), "claude-opus-5-5"),
		row(page, cents(500), cents(50), cents(2500), "claude-opus-5", "claude-opus-4-8", "claude-opus-4-7", "claude-opus-4-6", "claude-opus-4-5"),
		row(page, cents(1500), cents(150), cents(7500), "claude-opus-4-1", "claude-opus-4", "claude-opus-4-0"),
		row(third, cents(200), cents(10), cents(1000), "claude-sonnet-5-5"),
		row(third, cents(200), cents(20), cents(1000), "claude-sonnet-5"),
		row(page, cents(300), cents(30), cents(1500), "claude-sonnet-4-6", "claude-sonnet-4-5", "claude-sonnet-4", "claude-sonnet-4-0"),
		small,
		row(page, cents(100), cents(10), cents(500), "claude-haiku-4-5"),
	}
}

// openAITariffs: of the models up to GPT-5.5, which charge nothing for writing. What
// the later ones cost is not written down here: it is unknown.
func openAITariffs() []Tariff {
	row := func(input, read, output Money, models ...string) Tariff {
		return Tariff{Provider: "openai", Models: models, Date: "2026-11-28",
			Source: "openai.com/api/pricing, as third parties read it in 2026",
			Tiers:  []Tier{{Input: input, Read: read, Write: input, WriteLong: input, Output: output}}}
	}
	return []Tariff{
		row(cents(125), 125_000, cents(1000), "gpt-5", "gpt-5.1"),
		row(cents(250), cents(25), cents(1500), "gpt-5.4"),
		row(cents(75), 75_000, cents(450), "gpt-5.4-mini"),
	}
}

// googleTariffs: a request above 200,000 tokens costs more in all of its tokens.
func googleTariffs() []Tariff {
	return []Tariff{{Provider: "google", Models: []string{"gemini-3.1-pro-preview"}, Date: "2026-11-28",
		Source: "listing of a gateway, 2026-10-11; reading is taken as a tenth, as in ai.google.dev: gemini-api/docs/caching; storage of explicit caches is not in it",
		Tiers: []Tier{
			{Input: cents(200), Read: cents(20), Write: cents(200), WriteLong: cents(200), Output: cents(1200)},
			{Above: 200_000, Input: cents(400), Read: cents(40), Write: cents(400), WriteLong: cents(400), Output: cents(1800)},
		}}}
}

func otherTariffs() []Tariff {
	return []Tariff{
		{Provider: "deepseek", Models: []string{"deepseek-v4-pro"}, Date: "2026-11-28",
			Source: "api-docs.deepseek.com: quick_start/pricing, as third parties read it on 2026-10-27; the dearer hours: half outside of them",
			Tiers:  []Tier{{Input: cents(132), Read: 44_000, Write: cents(132), WriteLong: cents(132), Output: cents(396)}}},
		{Provider: "free", Models: []string{""}, Source: "none: nothing costs anything", Date: "2026-11-28", Tiers: []Tier{{}}},
	}
}
