// Package strategy composes the calls of a life in different ways, and says what
// each way costs and keeps. The prompts of all of them are made of the same
// messages with the same token counts, and are billed by the same ledger.
//
// Three strategies run through quire's composer: watermark100, watermark80 and
// rent-or-buy. The others are simple composers of this package.
package strategy
