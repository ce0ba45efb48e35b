// Package cost is `bench cost`: what each strategy's prompts cost on each trace,
// under each budget, price rule and way to know what is dead.
package cost
