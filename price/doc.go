// Package price says what a prompt costs at a provider that caches prefixes.
//
// A [CostModel] is data: what a provider charges for input that it reads from
// its cache, writes to it, or does neither with, and which prefixes it can find
// again. Package models has the ones that ship, each with its source and date.
//
// A [Ledger] is what a caller knows of that cache: the prefixes that its own
// earlier requests left there. [Ledger.Predict] makes the [Bill] of a request
// before it is sent; when it went well, [Ledger.After] is the next ledger, when
// it did not, [Ledger.Failed]. All three are pure functions of values: the time
// comes in, and nothing is changed in place.
//
// Two kinds of cache are told apart by CostModel.Exact. An exact one finds only
// prefixes on which an entry ends: at a mark of an earlier request or, with
// CostModel.Units, where the provider ends them by itself. The others find any
// prefix that a request has in common with an earlier one.
// Either way a ledger errs to one side: it never calls a prefix readable that
// the rules of the model don't promise, and may miss one that they do.
//
// Costs are in units of one uncached input token of the model. Output is not
// part of a bill. What a call costs in [Money], from the usage that was reported, says
// a [Tariff]: in whole millionths of a dollar, so that sums are exact, and never 0
// because nobody knows. Everything here is a value or a pure function, so it is safe for
// concurrent use.
//
// Package internal/emulate plays the caches themselves from the bytes of requests:
// it is what predictions are checked against.
package price
