package agent

import (
	"context"
	"errors"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/providers"
)

// generate plans and asks the model, and, when it can't serve now, those that
// stand in for it. The plan that comes with an error is the one that was sent.
func (a *Agent) generate(ctx context.Context, m *moment, in compose.Input, res *StepResult) (*compose.Plan, *quire.Reply, error) {
	a.switched, a.counted, a.countErr = nil, 0, nil
	var first error
	for {
		plan, reply, err := a.serve(ctx, m, a.aimed(in, m), res)
		var budget *compose.BudgetError
		if err != nil && !(first != nil && errors.As(err, &budget)) {
			first = err // a fallback that is too small says nothing about why it was asked
		}
		if err == nil || !a.fall(ctx, m, plan, err) {
			return plan, reply, cmpError(err, first)
		}
	}
}

// cmpError is nil if err is, and else why.
func cmpError(err, why error) error {
	if err == nil {
		return nil
	}
	return why
}

// serve plans for one model and asks it. It waits out rate limits and short
// outages, and composes once more, smaller, when the provider finds the prompt
// too long.
func (a *Agent) serve(ctx context.Context, m *moment, in compose.Input, res *StepResult) (*compose.Plan, *quire.Reply, error) {
	plan, err := a.plan(ctx, m, in)
	var budget *compose.BudgetError
	if errors.As(err, &budget) && in.Budget < a.budget() { // less than anything needs is no limit of a model
		m.host.loosen()
		in.Budget = a.budget()
		plan, err = a.plan(ctx, m, in)
	}
	if err != nil {
		return nil, nil, err
	}
	shorter, unread, tight := false, 0, 0
	var found search
	a.tries = 0
	for try := 1; ; try++ {
		a.tries = try - 1
		if err := a.afford(m, plan); err != nil {
			return plan, nil, err
		}
		res.Attempts++
		reply, err := a.ask(ctx, m, plan)
		if err == nil {
			a.accepted(m, &found)
			if tight > 0 {
				m.host.tighten(m.now, in.Model.Name, tight)
			}
			return plan, reply, nil
		}
		var failure *providers.Error
		if errors.As(err, &failure) && failure.Code == providers.CodeBadReply {
			unread++
		}
		switch {
		case ctx.Err() != nil || !errors.As(err, &failure):
			return plan, nil, err
		case failure.Code == providers.CodeBadReply && unread == 1: // it may have been cut off on its way
		case suspicious(failure, unread) && !(a.passesOn(err) && a.more()):
			if !a.refused(m, &found, plan, failure) {
				m.host.isolate(a.key()).none()
				return plan, nil, &unserved{failure}
			}
			if plan, err = a.plan(ctx, m, a.without(in, m)); err != nil {
				return plan, nil, errors.Join(failure, err)
			}
		case failure.Code == providers.CodeTooLong && !shorter:
			shorter = true
			in.State, in.Budget = m.state, shortened(min(in.Budget, plan.Used), failure.Limit)
			next, err := a.plan(ctx, m, in)
			if errors.As(err, &budget) && budget.Need < plan.Used { // as much less as can be
				in.Budget = (budget.Need + plan.Used) / 2
				next, err = a.plan(ctx, m, in)
			}
			if err != nil {
				return plan, nil, errors.Join(failure, err)
			}
			plan, tight = next, in.Budget
		case a.patient(failure, try):
			if err := a.nap(ctx, a.retryIn(m, failure, try)); err != nil {
				return plan, nil, err
			}
		default:
			return plan, nil, err
		}
	}
}

// retryable says whether the same request may succeed a little later.
func retryable(e *providers.Error) bool {
	return e.Code == providers.CodeRateLimited || e.Code == providers.CodeUnavailable
}

// failed deals with a call that brought no reply. What waits stays waiting: a
// call that may succeed later changes nothing but what is known of the
// provider's cache; one that can't is a turn that did not end well.
func (a *Agent) failed(ctx context.Context, m *moment, plan *compose.Plan, cause error) error {
	var budget *compose.BudgetError
	var failure *providers.Error
	var limit *LimitError
	switch {
	case errors.As(cause, &limit):
		return a.pause(ctx, m, limit)
	case errors.As(cause, &budget):
		if plan != nil { // it was sent, and found too long
			m.state = a.failedState(plan, cause)
		}
		m.host.Stalled = a.o.Limits.Stalled // the same prompt would not fit again
		return a.stop(ctx, m, cause)
	case plan == nil, errors.Is(cause, ErrShutdown):
		return cause
	case errors.As(cause, &failure) && lasting(cause):
		m.state = a.failedState(plan, cause)
		return a.stop(ctx, m, cause)
	case ctx.Err() != nil:
		return cause
	}
	m.state = a.failedState(plan, cause)
	tell, write := a.ails(m, cause)
	if !write {
		return cause
	}
	if _, err := a.commit(ctx, m, mailbox.Commit{Sends: tell}); err != nil {
		a.ill = nil // what is stored counts
		return errors.Join(cause, err)
	}
	return cause
}

// lasting says whether the same prompt would fail again, whoever waits.
func lasting(err error) bool {
	var none *unserved
	var e *providers.Error
	if errors.As(err, &none) || !errors.As(err, &e) {
		return false // of every prompt: see unserved
	}
	switch e.Code {
	case providers.CodeTooLong, providers.CodeRefused, providers.CodeBadReply, providers.CodeInvalid:
		return true
	}
	return false
}
