package compose_test

import (
	"fmt"
	"testing"

	"github.com/quire-dev/quire"
)

// BenchmarkSession makes the next prompt of a list, in a session that goes on and in
// one that is begun anew.
func BenchmarkSession(b *testing.B) {
	for _, n := range []int{401, 4001} {
		list := chat(n)
		b.Run(fmt.Sprintf("anew/messages=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := session(2000).Next(list); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("goes on/messages=%d", n), func(b *testing.B) {
			s := session(2000)
			plan, err := s.Next(list)
			if err != nil {
				b.Fatal(err)
			}
			if err := s.Sent(plan, quire.Usage{}); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.Next(list); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
