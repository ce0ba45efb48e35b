package compose

import (
	"slices"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/calibrate"
	"github.com/quire-dev/quire/internal/ledger"
)

// maxOthers is how many models are remembered besides the one that was called
// last: an agent's fallbacks.
const maxOthers = 3

// known is what is known of one model's provider: what is left in its cache, and
// how it counts.
type knownModel struct {
	Model       string                `json:"model"`
	Ledger      ledger.Ledger         `json:"ledger"`
	Calibration calibrate.Calibration `json:"calibration"`
	Stable      quire.Digest          `json:"stable"`
	Reads       reads                 `json:"reads,omitzero"`
}

// lesson is one report that a calibration was taught by. Reports since the last
// call are kept for its receipt.
type lesson struct {
	Mix    calibrate.Mix `json:"mix"`
	Tokens int           `json:"tokens"` // of the whole input, as reported
	// Ahead: the provider counted a prompt that was not sent, before the call that is
	// planned now.
	Ahead bool   `json:"ahead,omitzero"`
	Model string `json:"model,omitzero"` // whose provider it was
	// Promised is what the ledger said would be read, as counted here, and Read what was,
	// as reported.
	Promised int `json:"promised,omitzero"`
	Read     int `json:"read,omitzero"`
}

// forModel returns the state with what is known of that model in place of what is known
// of the one before, which is kept: a model that is gone back to finds its own
// calibration, and its cache as it left it. The three models that were called last
// are kept besides.
func (s State) forModel(model string) State {
	if s.model == model || s.model == "" { // "": of a format that did not name it
		s.model = model
		return s
	}
	others := slices.Clone(s.others)
	next := knownModel{Model: model}
	if i := slices.IndexFunc(others, func(k knownModel) bool { return k.Model == model }); i >= 0 {
		next = others[i]
		others = slices.Delete(others, i, i+1)
	}
	others = append(others, knownModel{s.model, s.ledger, s.calibration, s.stable, s.reads})
	s.others = others[max(0, len(others)-maxOthers):]
	s.model, s.ledger, s.calibration, s.stable, s.reads = next.Model, next.Ledger, next.Calibration, next.Stable, next.Reads
	return s
}

// LearnAhead returns the state with what the provider counted of a plan that is not sent:
// tokens is the whole input. Plan again with the state that it returns.
func (s State) LearnAhead(p *Plan, tokens int) State {
	return s.forModel(p.Prompt.Model).learn(lesson{Mix: p.Mix, Tokens: tokens, Ahead: true})
}

// learn teaches the calibration of the state's model. A report without input teaches
// nothing.
func (s State) learn(l lesson) State {
	if l.Tokens > 0 && l.Mix.Total() > 0 {
		l.Model = s.model
		s.absorb(l)
		s.learned = append(slices.Clip(s.learned), l)
	}
	return s
}

// absorb takes in what was learned.
func (s *State) absorb(l lesson) {
	s.calibration = s.calibration.Observe(l.Mix, l.Tokens)
	ours := float64(l.Mix.Total()) / float64(max(l.Tokens, 1)) // it counts otherwise than we do
	s.reads = s.reads.observe(l.Promised, float64(max(l.Read, 0))*ours)
}

// mixed is what the prompt's tokens are tokens of, as head and log are rendered.
func (w *work) mixed() calibrate.Mix {
	m := w.memo.mix
	for _, r := range w.shown {
		m = m.Add(r.mix)
	}
	if w.plan.notice > 0 {
		m = m.Add(calibrate.Mix{Prose: w.plan.notice - w.c.framing.PerMessage, Framing: w.c.framing.PerMessage})
	}
	m.New = w.plan.notice
	if n := len(w.in.State.learned); n > 0 && w.in.State.learned[n-1].Ahead {
		return m // what enters now stood in the prompt that was counted
	}
	m.New += w.newTokens()
	if w.switched {
		m.New = m.Total()
	}
	return m
}

// doubt says whether all of the log would fit, with the room for the notice, if the
// calibration were right, and would not at its bound.
func (w *work) doubt() bool {
	cal := w.calibration()
	if cal.N() == 0 {
		return false
	}
	m := w.mixed().Add(calibrate.Mix{Prose: max(0, w.reserve-w.plan.notice)})
	return cal.Apply(m) <= w.plan.Budget && cal.Upper(m, w.c.confidence) > w.plan.Budget
}

// weigh settles what the finished prompt takes of the provider's tokens.
func (w *work) weigh() {
	p, cal := w.plan, w.calibration()
	p.Mix = w.mixed()
	p.Estimate, p.Bound, w.bound = p.Used, p.Used, p.Used
	if cal.N() > 0 {
		p.Estimate, p.Bound = cal.Apply(p.Mix), cal.Upper(p.Mix, w.c.confidence)
		w.bound = cal.Upper(p.Mix, w.confidence())
	}
}

// calibration is what corrects the counts of the plan.
func (w *work) calibration() *calibrate.Calibration {
	if w.asCounted {
		return &calibrate.Calibration{}
	}
	return &w.in.State.calibration
}
