package agent

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers"
)

// Health says whether an agent's models can be reached. It stands in the store, so that
// any process may read it; while an outage lasts it is written every few minutes.
type Health struct {
	OK       bool
	Since    time.Time // when the outage began; zero when OK
	Failures int       // steps in a row that brought no reply
	Reason   string    // what was said last, in the provider's words
	Next     time.Time // of the next try
}

// illness is an outage: that of the first model and of all that stand in for it.
type illness struct {
	Since    time.Time `json:"since"`
	Failures int       `json:"failures"`
	Reason   string    `json:"reason"`
	Next     time.Time `json:"next"`
	Told     bool      `json:"told,omitzero"` // the owner knows
	written  time.Time // when this was, by this process
}

// How often Run tries again, and how often the store hears of it.
const (
	maxPause   = 5 * time.Minute // between two tries of an outage
	maxDelay   = time.Hour       // that a provider may ask for
	writeEvery = 3 * time.Minute
	maxReason  = 500 // bytes of Reason
)

func (h *host) health() Health {
	if h.Ill == nil {
		return Health{OK: true}
	}
	return Health{Since: h.Ill.Since, Failures: h.Ill.Failures, Reason: h.Ill.Reason, Next: h.Ill.Next}
}

// says is why mail waits.
func (i *illness) says() string {
	return fmt.Sprintf("waits: its model can't be reached since %s: %s", stamp(i.Since), i.Reason)
}

// outage says whether an error is about a provider, and not about what it was asked: it
// may pass, if need be when somebody does something.
func outage(err error) bool {
	var failure *providers.Error
	return errors.As(err, &failure) && !lasting(err)
}

// remembered brings what this process knows of an outage, which is newer than what is
// stored.
func (a *Agent) remembered(m *moment) {
	m.host.righted(m.now)
	switch stored := m.host.Ill; {
	case stored == nil:
		a.ill = nil
	case a.ill != nil && a.ill.Since.Equal(stored.Since) && a.ill.Failures >= stored.Failures:
		ill := *a.ill
		m.host.Ill = &ill
	default:
		ill := *stored
		a.ill = &ill
	}
}

// righted moves the deadlines of questions that were asked in the future: the clock was
// ahead then, and nobody is to wait for longer than was said.
func (h *host) righted(now time.Time) {
	for i := range h.Asked {
		q := &h.Asked[i]
		if ahead := q.Asked.Sub(now); ahead > 0 {
			q.Asked, q.ReplyBy, h.moved = now, q.ReplyBy.Add(-ahead), true
		}
	}
}

// ails takes note of a step that brought no reply. It returns what the owner is told,
// and whether it is to be written now.
func (a *Agent) ails(m *moment, cause error) (tell []quire.Draft, write bool) {
	if !outage(cause) {
		return nil, true
	}
	now := a.o.Now()
	ill := illness{Since: now}
	began := a.ill == nil
	if began && !a.failedAt.IsZero() && a.failedAt.Before(now) {
		ill.Since = a.failedAt
	} else if !began {
		ill = *a.ill
	}
	if ill.Since.After(now) { // the clock was put right
		ill.Since = now
	}
	ill.Failures++
	ill.Reason = oneLine(cause.Error(), maxReason)
	ill.Next = now.Add(a.pauseFor(&ill, cause))
	atOnce := needsSomebody(cause) && (now.Sub(m.host.IllTold) >= tellAgain || now.Before(m.host.IllTold))
	if !ill.Told && a.o.Limits.TellAfter >= 0 && (atOnce || now.Sub(ill.Since) >= a.o.Limits.TellAfter) {
		m.host.IllTold = now
		tell = a.tellOwner(m, "Model unavailable", a.unavailable(&ill))
		ill.Told = true
	}
	if since := now.Sub(ill.written); began || tell != nil || since < 0 || since >= writeEvery {
		write, ill.written = true, now
	}
	kept := ill
	a.ill, m.host.Ill = &kept, &ill
	what := logOutage2
	if began {
		what = logOutage
	}
	a.log.Error(what, append(a.failing(cause), "since", ill.Since, "failures", ill.Failures, "wait", ill.Next.Sub(now))...)
	return tell, write
}

// needsSomebody says that an outage does not pass by itself.
func needsSomebody(err error) bool {
	var failure *providers.Error
	var none *unserved
	return errors.As(err, &none) || errors.As(err, &failure) && failure.Code == providers.CodeAuth
}

// unavailable is what the owner reads.
func (a *Agent) unavailable(ill *illness) string {
	return fmt.Sprintf("%s can't reach its model since %s: %s\nMail waits and is not lost. It is tried again by itself, at least every %s; the next time at %s.",
		a.o.Address, stamp(ill.Since), ill.Reason, maxPause, stamp(ill.Next))
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// recovered takes note that a model answered. Who was told of the outage is told of its
// end.
func (a *Agent) recovered(m *moment) []quire.Draft {
	ill := m.host.Ill
	a.failedAt = time.Time{}
	if ill == nil {
		return nil
	}
	m.host.Ill, a.ill = nil, nil
	now := a.o.Now()
	a.log.Info(logWell, "model", a.model().Profile.Name, "since", ill.Since, "failures", ill.Failures)
	if !ill.Told {
		return nil
	}
	return a.tellOwner(m, "Model available again", fmt.Sprintf("%s reaches its model again. The outage lasted from %s to %s.",
		a.o.Address, stamp(ill.Since), stamp(now)))
}

// pauseFor is how long Run waits after a step that brought no reply.
func (a *Agent) pauseFor(ill *illness, cause error) time.Duration {
	base := doubled(30*a.o.Limits.Backoff, ill.Failures-1)
	j := jitter(string(a.o.Address), ill.Since.UTC().String(), fmt.Sprint(ill.Failures))
	return max(spread(base, j), askedFor(cause, j))
}

// retryIn is how long a step waits before it asks the same model again.
func (a *Agent) retryIn(m *moment, failure *providers.Error, try int) time.Duration {
	j := jitter(string(a.o.Address), a.model().Profile.Name, fmt.Sprint(m.state.Calls()), fmt.Sprint(try))
	wait := cmp.Or(askedFor(failure, j), spread(doubled(a.o.Limits.Backoff, try-1), j))
	a.tries = try
	a.log.Warn(logCall, append(a.failing(failure), "turn", m.host.turn(), "step", m.host.Steps+1, "attempt", try, "wait", wait)...)
	a.survived(failure)
	return wait
}

// gaveUp says that a model is not asked again in this step.
func (a *Agent) gaveUp(m *moment, cause error) {
	var failure *providers.Error
	if errors.As(cause, &failure) {
		a.log.Warn(logCall, append(a.failing(cause), "turn", m.host.turn(), "step", m.host.Steps+1, "attempt", a.tries+1, "wait", time.Duration(0))...)
	}
}

// doubled is a pause, doubled n times, and never more than maxPause.
func doubled(d time.Duration, n int) time.Duration {
	for ; n > 0 && d < maxPause; n-- {
		d *= 2
	}
	return min(d, maxPause)
}

// spread takes up to a quarter off a pause, so that many agents don't try at once.
func spread(d time.Duration, j float64) time.Duration {
	return d - time.Duration(j*float64(d/4))
}

// askedFor is the delay that a provider asked for, and up to a tenth of it more; 0: it did
// not. What is out of all proportion is not believed.
func askedFor(err error, j float64) time.Duration {
	var failure *providers.Error
	if !errors.As(err, &failure) || failure.RetryAfter <= 0 {
		return 0
	}
	d := min(failure.RetryAfter, maxDelay)
	return min(d+time.Duration(j*float64(min(d/10, time.Minute))), maxDelay)
}

// jitter is a number from 0 to 1 that follows from what it is for.
func jitter(seed ...string) float64 {
	return float64(binary.BigEndian.Uint32(hashOf(seed...))) / (1 << 32)
}
