package ledger_test

import (
	"testing"

	"github.com/quire-dev/quire/internal/ledger"
	"github.com/quire-dev/quire/price"
)

func BenchmarkLedger(b *testing.B) {
	bounds := even(1, 1000)
	for name, c := range map[string]price.CostModel{"exact": claude, "automatic": automatic} {
		var l ledger.Ledger
		for n := 100; n < 1000; n += 10 {
			l = l.After(c, start, bounds[:n], []int{n / 3, n - 1})
		}
		marks := []int{0, 300, 600, 1000}
		b.Run("predict/"+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				l.Predict(c, start, bounds, marks, 100_100)
			}
		})
		b.Run("readable/"+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				l.Readable(c, start, bounds)
			}
		})
		b.Run("after/"+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				l.After(c, start, bounds, marks)
			}
		})
	}
}
