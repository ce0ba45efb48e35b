package models

import (
	"strings"

	"github.com/quire-dev/quire"
)

// Takes says whether a piece of reasoning may go back to the model that a request names,
// over the dialect's API: it made it, and the format has a place for what is kept of it.
// Of another model nothing goes back; which model made it is known by the name that was
// asked as well as by the one that answered.
func (d *Dialect) Takes(model string, r *quire.Reasoning) bool {
	if d.Reasoning == ReasoningNotTaken || r.Model == "" {
		return false
	}
	return d.holds(r) && (Same(r.Model, model) || r.Asked != "" && Same(r.Asked, model) && kin(r.Model, model))
}

// holds says whether the format has a place for what is kept of a piece of reasoning.
func (d *Dialect) holds(r *quire.Reasoning) bool {
	fields := strings.HasPrefix(r.Data, "{") // of a message in the chat format, as they came; else it is opaque text
	switch d.API {
	case quire.APIAnthropic:
		return r.Signature != "" || r.Data != "" && !fields
	case quire.APIOpenAIResponses:
		return r.Data != "" && !fields
	case quire.APIGemini:
		return r.Signature != ""
	case quire.APIOpenAIChat, quire.APIStrict:
		return d.Echo != "" && fields || d.EchoesText() && r.Text != ""
	}
	return r.Text != ""
}

// EchoesText says whether messages of the chat format carry reasoning back as text.
func (d *Dialect) EchoesText() bool { return d.Echo != "" && d.Echo != EchoFields }

// kin says whether a model may be what another name stands for: nobody knows one of them,
// or one vendor made both. A gateway that lets another vendor's model step in says so by
// its name.
func kin(answered, asked string) bool {
	a, b := shipped().maker(answered), shipped().maker(asked)
	return a == "" || b == "" || a == b
}
