package ollamamodel_test

import (
	"github.com/quire-dev/quire/providers/ollamamodel"
)

// What the documentation of the package shows. It is compiled, and not run.
var _ = func() (*ollamamodel.Model, error) {
	m, err := ollamamodel.New("qwen3:8b", &ollamamodel.Options{Window: 32768})
	return m, err
}
