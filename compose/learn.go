package compose

import (
	"slices"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/calibrate"
	"github.com/quire-dev/quire/price"
)

// maxOthers is how many models are remembered besides the one that was called
// last: an agent's fallbacks.
const maxOthers = 3

// known is what is known of one model's provider: what is left in its cache, and
// how it counts.
type known struct {
	Model       string                `json:"model"`
	Ledger      price.Ledger          `json:"ledger"`
	Calibration calibrate.Calibration `json:"calibration"`
	Stable      quire.Digest          `json:"stable"`
	Reads       Reads                 `json:"reads,omitzero"`
}

// Learned is one report that a calibration was taught by. Reports since the last
// call are kept for its receipt.
type Learned struct {
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

// For returns the state with what is known of that model in place of what is known
// of the one before, which is kept: a model that is gone back to finds its own
// calibration, and its cache as it left it. The three models that were called last
// are kept besides.
func (s State) For(model string) State {
	if s.Model == model || s.Model == "" { // "": of a format that did not name it
		s.Model = model
		return s
	}
	others := slices.Clone(s.others)
	next := known{Model: model}
	if i := slices.IndexFunc(others, func(k known) bool { return k.Model == model }); i >= 0 {
		next = others[i]
		others = slices.Delete(others, i, i+1)
	}
	others = append(others, known{s.Model, s.Ledger, s.Calibration, s.Stable, s.Reads})
	s.others = others[max(0, len(others)-maxOthers):]
	s.Model, s.Ledger, s.Calibration, s.Stable, s.Reads = next.Model, next.Ledger, next.Calibration, next.Stable, next.Reads
	return s
}

// Learn returns the state with the calibration of its model taught by what the
// provider reported for a plan; mix is its [Plan.Mix], of what was sent, and tokens
// the whole input. A report without input teaches nothing.
func (s State) Learn(mix calibrate.Mix, tokens int) State {
	return s.learn(Learned{Mix: mix, Tokens: tokens})
}

// LearnAhead is [State.Learn] for a plan that is not sent: its provider was asked to
// count it. Plan again with the state that it returns.
func (s State) LearnAhead(mix calibrate.Mix, tokens int) State {
	return s.learn(Learned{Mix: mix, Tokens: tokens, Ahead: true})
}

func (s State) learn(l Learned) State {
	if l.Tokens > 0 && l.Mix.Total() > 0 {
		l.Model = s.Model
		s.absorb(l)
		s.Learned = append(slices.Clip(s.Learned), l)
	}
	return s
}

// absorb takes in what was learned.
func (s *State) absorb(l Learned) {
	s.Calibration = s.Calibration.Observe(l.Mix, l.Tokens)
	ours := float64(l.Mix.Total()) / float64(max(l.Tokens, 1)) // it counts otherwise than we do
	s.Reads = s.Reads.observe(l.Promised, float64(max(l.Read, 0))*ours)
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
	if n := len(w.in.State.Learned); n > 0 && w.in.State.Learned[n-1].Ahead {
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
	cal := &w.in.State.Calibration
	if cal.N() == 0 {
		return false
	}
	m := w.mixed().Add(calibrate.Mix{Prose: max(0, w.reserve-w.plan.notice)})
	return cal.Apply(m) <= w.plan.Budget && cal.Upper(m, w.c.confidence) > w.plan.Budget
}

// weigh settles what the finished prompt takes of the provider's tokens.
func (w *work) weigh() {
	p, cal := w.plan, &w.in.State.Calibration
	p.Mix = w.mixed()
	p.Estimate, p.Bound, w.bound = p.Used, p.Used, p.Used
	if cal.N() > 0 {
		p.Estimate, p.Bound = cal.Apply(p.Mix), cal.Upper(p.Mix, w.c.confidence)
		w.bound = cal.Upper(p.Mix, w.confidence())
	}
}
