package price_test

import (
	"fmt"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/price"
)

// What a call costs, by the usage that was reported.
func ExampleTariff_Cost() {
	p, ok := models.Find("claude-opus-5")
	tariff := p.Tariff
	cost, known := tariff.Cost(quire.Usage{Input: 66_000, CachedInput: 60_000, CacheWrite: 5_000, Output: 500})
	fmt.Println(ok, cost, known)

	_, known = price.Tariff{}.Cost(quire.Usage{Input: 66_000}) // of a model that nobody knows
	fmt.Println(known)
	// Output:
	// true $0.07875 true
	// false
}

// Two calls of a loop: the second one reads what the first one wrote, and pays
// for writing what is new.
func Example() {
	p, ok := models.Find("claude-opus-4-6")
	model := p.Cache
	fmt.Println(model.Name, ok)

	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	// Where messages end: a digest of everything before, and its tokens.
	bounds := []price.Boundary{{Index: 0, Prefix: 0xa1, Tokens: 5000}, {Index: 1, Prefix: 0xb2, Tokens: 8000}}
	var ledger price.Ledger
	fmt.Println(ledger.Predict(model, now, bounds, []int{1}, 8100))
	ledger = ledger.After(model, now, bounds, []int{1}) // the call went well

	now = now.Add(time.Minute)
	bounds = append(bounds, price.Boundary{Index: 2, Prefix: 0xc3, Tokens: 9000})
	fmt.Println(ledger.Predict(model, now, bounds, []int{2}, 9100))
	// Output:
	// claude true
	// input 8100: read 0, write 8000, uncached 100; cost 10100.0
	// input 9100: read 8000, write 1000, uncached 100; cost 2150.0
}
