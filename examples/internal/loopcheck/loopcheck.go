// Package loopcheck judges what a loop sent, for the tests of examples.
package loopcheck

import (
	"fmt"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/providers/promptcheck"
	"github.com/quire-dev/quire/providers/wire"
	"github.com/quire-dev/quire/tokenizer"
)

// Largest returns the tokens of the largest request among bodies, as a session counts them.
// The error names the first that breaks a rule of its provider.
func Largest(api quire.API, model string, bodies [][]byte) (tokens int, err error) {
	profile := models.FindOver(api, model)
	for i, body := range bodies {
		if v := promptcheck.Check(api, body); len(v) > 0 {
			return 0, fmt.Errorf("request %d: %v", i, v)
		}
		r, err := wire.DecodeRequest(api, model, body)
		if err != nil {
			return 0, fmt.Errorf("request %d: %w", i, err)
		}
		tokens = max(tokens, profile.Framing.Prompt(tokenizer.Approx{}, &r.Prompt))
	}
	return tokens, nil
}
