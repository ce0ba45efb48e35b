package price_test

import (
	"fmt"

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
