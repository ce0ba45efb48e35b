// Package price says what a prompt costs at a provider that caches prefixes.
//
// A [CostModel] is data: what a provider charges for input that it reads from
// its cache, writes to it, or does neither with, and which prefixes it can find
// again. Package models has the ones that ship, each with its source and date.
//
// Two kinds of cache are told apart by CostModel.Exact. An exact one finds only
// prefixes on which an entry ends: at a mark of an earlier request or, with
// CostModel.Units, where the provider ends them by itself. The others find any
// prefix that a request has in common with an earlier one. A [Bill] is what a request
// costs by them; package compose predicts it for each plan.
//
// Costs are in units of one uncached input token of the model. Output is not
// part of a bill. What a call costs in [Money], from the usage that was reported, says
// a [Tariff]: in whole millionths of a dollar, so that sums are exact, and never 0
// because nobody knows. Everything here is a value or a pure function, so it is safe for
// concurrent use.
package price
