package main

import (
	"fmt"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/providers/promptcheck"
	"github.com/quire-dev/quire/providers/wire"
)

// checker checks every prompt as the request of five wire formats. err is the
// first violation.
type checker struct {
	prompts int
	err     error
}

func (c *checker) prompt(who quire.Address, p *compose.Plan) {
	c.prompts++
	for _, api := range []quire.API{quire.APIAnthropic, quire.APIOpenAIChat, quire.APIOpenAIResponses, quire.APIGemini, quire.APIStrict, quire.APIOllama} {
		body, err := wire.Encode(api, &p.Prompt, nil)
		if err != nil {
			c.fail(fmt.Errorf("%s, call %d: %s: %w", who, p.Call, api, err))
			continue
		}
		for _, v := range promptcheck.Check(api, body) {
			c.fail(fmt.Errorf("%s, call %d: %s: %v", who, p.Call, api, v))
		}
	}
	if p.Used > p.Budget {
		c.fail(fmt.Errorf("%s, call %d: %d tokens in a budget of %d", who, p.Call, p.Used, p.Budget))
	}
}

func (c *checker) fail(err error) {
	if c.err == nil {
		c.err = err
	}
}
