package langchainmodel

import (
	"fmt"

	"github.com/quire-dev/quire/providers"
)

// LossError says that langchaingo's mapping would garble a prompt, or has
// garbled a reply. It comes wrapped in a *providers.Error: with CodeInvalid
// before the call, with CodeBadReply after it. [Prompt], [Messages] and the types that use
// them return it as it is.
type LossError struct {
	Provider string // whose client; "" where langchaingo's types have no place for it, or quire's
	What     string // what would be lost, and where
	Advice   string // what to do instead
}

// Error returns "langchaingo's anthropic client would garble thinking (…); make the model …".
func (e *LossError) Error() string {
	if e.Provider == "" {
		return fmt.Sprintf("langchainmodel: %s can't be carried; %s", e.What, e.Advice)
	}
	return fmt.Sprintf("langchaingo's %s client would garble %s; %s", e.Provider, e.What, e.Advice)
}

// adviceExact is what helps against every loss.
const adviceExact = "make the model with langchainmodel.Open, or give its client langchainmodel.HTTPClient and set Options.Exact"

// loss refuses a prompt.
func (m *Model) loss(format string, args ...any) error {
	return m.lost(providers.CodeInvalid, format, args...)
}

func (m *Model) lost(code providers.Code, format string, args ...any) error {
	p := m.opts.Provider
	advice := adviceExact
	if _, ok := stubs[p]; !ok {
		advice = "use another adapter"
	}
	return &providers.Error{Provider: p, Code: code, Err: &LossError{Provider: p, What: fmt.Sprintf(format, args...), Advice: advice}}
}

// noPlace says what can't be carried between langchaingo's types and quire's.
func noPlace(advice, format string, args ...any) error {
	return &LossError{What: fmt.Sprintf(format, args...), Advice: advice}
}

func invalid(provider string, err error) error {
	return &providers.Error{Provider: provider, Code: providers.CodeInvalid, Err: err}
}

func (m *Model) badReply(err error) error {
	return &providers.Error{Provider: m.opts.Provider, Code: providers.CodeBadReply, Err: err}
}
