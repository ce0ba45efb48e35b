package drivertest

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"testing"
	"time"

	"github.com/quire-dev/quire/mailbox"
)

// open opens an empty store. The kit closes it.
type open func(t *testing.T) store

// patience is when a call that does not return is taken for one that hangs.
const patience = 2 * time.Minute

// testCase is one rule with the test that holds a store to it.
type testCase struct {
	rule     string
	run      func(k *kit)
	patience time.Duration // 0: patience
	rules    mailbox.Rules // of ruleCases
}

// Run holds a driver to every rule of the contract. open makes an empty store of it with
// the options; the kit closes it.
func Run(t *testing.T, open func(t *testing.T, o *mailbox.Options) *mailbox.Store) {
	for _, c := range slices.Concat(cases(), ruleCases, claimRuleCases, sizeRuleCases, streamCases, streamWaitCases) {
		t.Run(c.rule, func(t *testing.T) {
			if err := c.check(t, func(t *testing.T) store { return open(t, &mailbox.Options{Rules: c.rules}) }); err != nil {
				t.Error(err)
			}
		})
	}
}

// RunWakeUps has a driver's waits and its mail meet in as many ways as schedules says,
// and finds each wake-up that is lost. Run does some of that too.
func RunWakeUps(t *testing.T, open func(t *testing.T, o *mailbox.Options) *mailbox.Store, schedules int) {
	c := testCase{rule: wakeUpRule, patience: time.Hour, run: func(k *kit) { k.wakeUps(schedules) }}
	if err := c.check(t, func(t *testing.T) store { return open(t, nil) }); err != nil {
		t.Error(err)
	}
}

// cases are the rules of a store with the zero rules, in the order in which a store is best made to work.
func cases() []testCase {
	var all []testCase
	for _, list := range [][]testCase{
		deliveryCases, claimCases, draftCases, sizeCases, commitCases, threadCases, guardCases, contentCases, snapshotCases,
		queryCases, searchCases, snippetCases, changeCases, waitCases, leaseCases, clockCases, importCases, expungeCases, compactCases, forgetCases, boxCases, concurrencyCases, driverCases, vectorCases, aheadCases, modelCases,
	} {
		all = append(all, list...)
	}
	return all
}

// failure is what ends a case.
type failure struct{ error }

// check runs one case on a store of its own. A panic of the store is a failure.
func (c testCase) check(t *testing.T, open open) (err error) {
	limit := patience
	if c.patience > 0 {
		limit = c.patience
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), limit)
	defer cancel()
	k := &kit{ctx: ctx, store: open(t), t: t, open: open}
	defer func() {
		switch p := recover().(type) {
		case nil:
		case failure:
			err = p.error
		default:
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
		if e := k.store.Close(); e != nil && err == nil {
			err = fmt.Errorf("closing: %w", e)
		}
	}()
	c.run(k)
	return nil
}
