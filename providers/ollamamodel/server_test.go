package ollamamodel_test

import (
	"cmp"
	"os"
	"testing"

	"github.com/quire-dev/quire/providers/modeltest"
	"github.com/quire-dev/quire/providers/ollamamodel"
)

// TestOnAServer holds the model to the kit's rules for real servers. The answers mean
// nothing, whatever the model is: this proves format, accounting and streaming.
func TestOnAServer(t *testing.T) {
	url := os.Getenv("QUIRE_OLLAMA")
	if url == "" {
		t.Skip("QUIRE_OLLAMA names no server: go run ./bench server -help says how to make one")
	}
	name := cmp.Or(os.Getenv("QUIRE_OLLAMA_MODEL"), "quire-random")
	modeltest.RunServer(t, open(t, url, ollamamodel.Options{Window: 8192}, name), nil)
}
