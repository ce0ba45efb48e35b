package agent

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/providers"
)

// Fallback is a model that is asked while the ones before it can't serve. The
// prompt is composed anew for it, by its own profile and budget. What one model
// thought is never shown to another.
type Fallback struct {
	Model   providers.Model
	Profile models.Profile // as Options.Profile; its name must differ from the others'
	Budget  int            // as Options.Budget
}

// profileOf is what is known of a model: what the host says, or what the model does.
func profileOf(given models.Profile, m providers.Model) models.Profile {
	if says, ok := m.(providers.Profiled); ok && given.Name == "" && given.Window == 0 && given.Dialect.API == "" {
		return says.Profile()
	}
	return given
}

// budget is the most tokens of a request's input.
func (f *Fallback) budget() int {
	if f.Budget > 0 {
		return f.Budget
	}
	return f.Profile.Room()
}

// Switch is a change of the model that is asked.
type Switch struct {
	From, To string // names of models
	Err      error  // why; nil: the time of the fallback is over
}

// chained puts the first model and its fallbacks in a row, and checks them.
func (o *settings) chained() ([]Fallback, error) {
	chain := append([]Fallback{{Model: o.Model, Profile: o.Profile, Budget: o.Budget}}, o.Fallbacks...)
	names := map[string]bool{}
	for i := range chain {
		f := &chain[i]
		f.Profile = profileOf(f.Profile, f.Model)
		switch {
		case f.Model == nil:
			return nil, fmt.Errorf("agent: the model of Options.Fallbacks[%d] is missing", i-1)
		case names[f.Profile.Name] && i > 0:
			return nil, fmt.Errorf("agent: Options.Fallbacks[%d] is named %q as one before it: give each its own name", i-1, f.Profile.Name)
		case f.Profile.Name == "" && len(chain) > 1: // what is known of a model is kept under its name
			return nil, errors.New("agent: with Options.Fallbacks each model needs a name in its Profile")
		case f.budget() <= 0 && i > 0:
			return nil, fmt.Errorf("agent: Budget or Profile.Window of Options.Fallbacks[%d] must say how much a prompt may hold", i-1)
		case o.Limits.inMoney() && !f.Profile.Tariff.Known():
			return nil, fmt.Errorf("agent: Limits has a limit in money, and what model %q costs is not known: give its Profile.Tariff, which may have a tier of zeros", f.Profile.Name)
		}
		names[f.Profile.Name] = true
	}
	return chain, nil
}

// model is the one that is asked now.
func (a *Agent) model() *Fallback { return &a.chain[a.use] }

// pick takes the fallback that is in use, until its time is over: then the first
// model is tried again.
func (a *Agent) pick(m *moment) {
	a.remembered(m)
	a.use = 0
	h := &m.host
	if h.Model == "" || !m.now.Before(h.ModelSince.Add(a.o.Limits.FallbackFor)) || m.now.Before(h.ModelSince) {
		return
	}
	a.use = max(0, slices.IndexFunc(a.chain, func(f Fallback) bool { return f.Profile.Name == h.Model }))
}

// aimed returns the input for the model that is asked now.
func (a *Agent) aimed(in compose.Input, m *moment) compose.Input {
	f := a.model()
	a.withhold(m)
	in.Model, in.Budget, in.CacheKey = f.Profile, a.allowed(m), a.cacheKey()
	return a.without(in, m)
}

// without is the input without what is held back now.
func (a *Agent) without(in compose.Input, m *moment) compose.Input {
	in.State = m.state
	if m.bare && in.Notice != nil {
		n := *in.Notice
		n.Headers, in.Notice = nil, &n
	}
	return in
}

// fall goes on to the next model when this one can't serve now; false when there is
// none, or the error is not of that kind.
func (a *Agent) fall(ctx context.Context, m *moment, plan *compose.Plan, cause error) bool {
	if ctx.Err() != nil || errors.Is(cause, ErrShutdown) {
		return false
	}
	a.gaveUp(m, cause)
	if !a.more() || !a.passesOn(cause) {
		return false
	}
	from := a.model().Profile.Name
	if plan != nil { // what its cache kept of the call is not known
		m.state = a.failedState(plan, cause)
	}
	a.use = (a.use + 1) % len(a.chain)
	a.switched = append(a.switched, Switch{From: from, To: a.model().Profile.Name, Err: cause})
	a.log.Warn(logSwitch, "from", from, "model", a.model().Profile.Name, "turn", m.host.turn(), "err", cutWords(cause))
	a.survived(cause)
	return true
}

// more says whether there is a model that was not tried in this step: behind the
// last one comes the first again, for a step that began with a fallback.
func (a *Agent) more() bool { return len(a.switched)+1 < len(a.chain) }

// passesOn says whether another model may do what this one did not.
func (a *Agent) passesOn(err error) bool {
	var budget *compose.BudgetError
	if len(a.switched) > 0 && errors.As(err, &budget) {
		return true // it is smaller than the one before it
	}
	var failure *providers.Error
	if !errors.As(err, &failure) {
		return false
	}
	var out *unserved
	switch failure.Code {
	case providers.CodeUnavailable, providers.CodeRateLimited, providers.CodeAuth:
		return true
	case providers.CodeRefused:
		return a.o.FallbackRefused
	case providers.CodeInvalid, providers.CodeBadReply: // of every prompt
		return errors.As(err, &out)
	}
	return false
}

// patient says whether it is worth waiting for this model before the next one is
// asked, or the step ends.
func (a *Agent) patient(e *providers.Error, try int) bool {
	var hung *hungError
	switch {
	case !retryable(e), try >= a.o.Limits.Retries, e.RetryAfter > a.o.Limits.FallbackWait:
		return false
	case a.ill != nil: // it lasts: Run tries once, after its pause
		return false
	case errors.As(e, &hung): // each try takes as long
		return try < 2 && !a.more()
	}
	return true
}

// served notes which model answered. The owner is told once when it is another than
// the first, and once when it is the first again.
func (a *Agent) served(m *moment) []quire.Draft {
	m.attend()
	return append(a.recovered(m), a.servedBy(m)...)
}

func (a *Agent) servedBy(m *moment) []quire.Draft {
	h, name := &m.host, a.model().Profile.Name
	first := a.chain[0].Profile.Name
	switch {
	case a.use == 0 && h.Model != "":
		told, instead := h.ModelTold, h.Model
		h.Model, h.ModelSince, h.ModelTold = "", time.Time{}, false
		if told {
			return a.tellOwner(m, "Model back", fmt.Sprintf("%s serves again; %s is asked no longer.", first, instead))
		}
	case a.use > 0 && len(a.switched) > 0:
		h.Model, h.ModelSince = name, m.now
		if h.ModelTold {
			return nil
		}
		h.ModelTold = true
		return a.tellOwner(m, "Another model", fmt.Sprintf("%s can't serve now: %v\n%s is asked instead; %s is tried again at %s.",
			first, a.switched[0].Err, name, first, m.now.Add(a.o.Limits.FallbackFor).UTC().Format(time.RFC3339)))
	}
	return nil
}
