package ledger_test

import (
	"fmt"
	"time"

	"github.com/quire-dev/quire/internal/ledger"
	"github.com/quire-dev/quire/models"
)

// Two calls of a loop: the second one reads what the first one wrote, and pays
// for writing what is new.
func Example() {
	p, ok := models.Find("claude-opus-4-6")
	model := p.Cache
	fmt.Println(model.Name, ok)

	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	// Where messages end: a digest of everything before, and its tokens.
	bounds := []ledger.Boundary{{Index: 0, Prefix: 0xa1, Tokens: 5000}, {Index: 1, Prefix: 0xb2, Tokens: 8000}}
	var known ledger.Ledger
	fmt.Println(known.Predict(model, now, bounds, []int{1}, 8100))
	known = known.After(model, now, bounds, []int{1}) // the call went well

	now = now.Add(time.Minute)
	bounds = append(bounds, ledger.Boundary{Index: 2, Prefix: 0xc3, Tokens: 9000})
	fmt.Println(known.Predict(model, now, bounds, []int{2}, 9100))
	// Output:
	// claude true
	// input 8100: read 0, write 8000, uncached 100; cost 10100.0
	// input 9100: read 8000, write 1000, uncached 100; cost 2150.0
}
