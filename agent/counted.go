package agent

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/providers"
)

// plan composes, asks the provider to count where the size is in doubt, and shows
// the plan to the hook.
func (a *Agent) plan(ctx context.Context, m *moment, in compose.Input) (*compose.Plan, error) {
	start := time.Now() // measured for the hook; nothing depends on it
	a.sized = 0
	plan, err := a.o.Composer.Plan(in)
	a.planned = time.Since(start)
	if counter, ok := a.model().Model.(providers.TokenCounter); ok && a.doubtful(plan, err) {
		plan, err = a.settled(ctx, m, in, counter, plan, err)
	}
	if err != nil {
		return plan, err
	}
	a.composed(plan)
	if a.o.OnPlan != nil {
		a.o.OnPlan(plan)
	}
	return plan, nil
}

// doubtful says whether a count by the provider may change what is sent: near the
// budget, where only doubt made something leave, or where only doubt forbids the
// call.
func (a *Agent) doubtful(plan *compose.Plan, err error) bool {
	within := a.o.Limits.CountWithin
	if plan == nil || within < 0 {
		return false
	}
	if tooMuch(err) {
		return plan.Estimate <= plan.Budget
	}
	return err == nil && (plan.Unsure || plan.Bound > plan.Budget-plan.Budget/100*within)
}

// tooMuch says whether what must stay does not fit.
func tooMuch(err error) bool {
	var budget *compose.BudgetError
	return errors.As(err, &budget)
}

// settled asks the provider to count the prompt as it would be if the estimate were
// right, and takes that plan if it fits. If it does not, what the provider said is
// learned from, and the plan made again. An endpoint that fails changes nothing.
func (a *Agent) settled(ctx context.Context, m *moment, in compose.Input, counter providers.TokenCounter, plan *compose.Plan, err error) (*compose.Plan, error) {
	likely := plan
	if plan.Unsure || err != nil {
		in.ByEstimate = true
		if p, e := a.o.Composer.Plan(in); e == nil {
			likely = p
		} else if err != nil {
			return plan, err
		}
		in.ByEstimate = false
	}
	n, failed := a.ahead(ctx, counter, likely)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	a.counted, a.countErr = max(n, 0), failed
	if failed != nil && !errors.Is(failed, errors.ErrUnsupported) {
		a.log.Warn(logCount, a.failing(failed)...)
	}
	switch {
	case failed != nil:
		return plan, err
	case n <= likely.Budget:
		a.sized = n
		return likely, nil
	}
	in.State = in.State.LearnAhead(likely, n)
	plan, err = a.o.Composer.Plan(in)
	if err == nil { // what forbids the call is asked again, and not remembered
		m.state = in.State
	}
	return plan, err
}

// Counts are help, so they are not waited for as long as replies are, and not believed
// where they are out of all proportion to what was counted here.
const (
	countPatience = 15 * time.Second
	countFactor   = 16
)

// ahead asks the provider how many tokens the plan's prompt takes.
func (a *Agent) ahead(ctx context.Context, counter providers.TokenCounter, plan *compose.Plan) (int, error) {
	p := plan.Prompt
	n, err := within(ctx, a, "what counts for "+a.model().Profile.Name, countPatience, func(ctx context.Context) (int, error) {
		return counter.CountTokens(ctx, &p)
	})
	switch {
	case err != nil:
		return 0, err
	case n <= 0:
		return 0, errors.New("the count is not positive")
	case n/countFactor > plan.Used+1000 || n < plan.Used/countFactor:
		return 0, fmt.Errorf("the count is %d, where %d were counted here", n, plan.Used)
	}
	return n, nil
}
