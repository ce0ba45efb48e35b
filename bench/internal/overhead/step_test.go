package overhead

import (
	"io"
	"net/http"
	"path/filepath"
	"testing"
)

// BenchmarkStep is a step of an agent at 33k tokens on a SQLite file that is not synced,
// with a model whose server answers at once: for profiles.
func BenchmarkStep(b *testing.B) {
	o, err := Parse([]string{"-normal"}, io.Discard)
	if err != nil {
		b.Fatal(err)
	}
	r := claude()
	srv := newServer(r.reply)
	defer srv.Close()
	past, file := filepath.Join(b.TempDir(), "past.db"), filepath.Join(b.TempDir(), "now.db")
	if err := writePast(b.Context(), past, r, o); err != nil {
		b.Fatal(err)
	}
	clock := &clock{next: http.DefaultTransport}
	var l *life
	var sum spent
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		if n%round == 0 { // or what stands in the context would grow
			b.StopTimer()
			if l != nil {
				_ = l.store.Close()
			}
			if err := copyFile(past, file); err != nil {
				b.Fatal(err)
			}
			if l, err = openAgent(b.Context(), file, r, o, srv.URL, &http.Client{Transport: clock}); err != nil {
				b.Fatal(err)
			}
			for range warm {
				if _, err := l.step(b.Context(), clock); err != nil {
					b.Fatal(err)
				}
			}
			b.StartTimer()
		}
		s, err := l.step(b.Context(), clock)
		if err != nil {
			b.Fatal(err)
		}
		sum.all += s.all
		sum.read += s.read
		sum.compose += s.compose
		sum.http += s.http
		sum.commit += s.commit
	}
	_ = l.store.Close()
	each := func(d int64, unit string) { b.ReportMetric(float64(d)/float64(b.N)/1e3, unit) }
	each(int64(sum.all), "step-µs")
	each(int64(sum.read), "read-µs")
	each(int64(sum.compose), "compose-µs")
	each(int64(sum.http), "http-µs")
	each(int64(sum.commit), "commit-µs")
}
