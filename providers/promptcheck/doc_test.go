package promptcheck_test

import (
	"log"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers/promptcheck"
)

// What the documentation of the package shows. It is compiled, and not run.
var _ = func(body []byte) {
	for _, v := range promptcheck.Check(quire.APIAnthropic, body) {
		log.Print(v) // B1 messages[2]: results stand first in the next user message …
	}
}
