package modeltest_test

import (
	"fmt"
	"testing"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/modeltest"
)

// mymodel stands for the package of a model.
var mymodel struct {
	New func(url, key, model string) providers.Model
}

// What the documentation of the package shows. It is compiled, and not run.
var _ = func(t *testing.T) {
	modeltest.Run(t, func(t *testing.T, s modeltest.Script) providers.Model {
		srv := modeltest.NewServer(t, quire.APIAnthropic, s)
		return mymodel.New(srv.URL, "key", "claude-opus-5")
	})
}

// Each rule has a name, which a model that is known to break it is excused by, and a
// sentence.
func ExampleRules() {
	rule := modeltest.Rules()[0]
	fmt.Printf("%s: %s\n", rule.Name, rule.Text)
	// Output:
	// text: a reply has the text that the provider sent, byte for byte, and stops with "end"
}
