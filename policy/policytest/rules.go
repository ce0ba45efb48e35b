package policytest

import (
	"errors"
	"fmt"
	"iter"
	"sync"

	"github.com/quire-dev/quire/policy"
)

// sizes are the views that every rule is tried on, in units; each size with
// several seeds.
var sizes = []int{0, 1, 2, 3, 7, 20, 60, 200}

const seeds = 12

// rule is one sentence of a contract, and what finds it broken in one view.
type rule[T any] struct {
	text  string
	check func(subject T, v view) error
	role  role
}

// role orders rules among each other: what modifies its input is not called
// concurrently with input that is shared, which would be the same finding again
// and a data race besides.
type role int

const (
	modifies   role = iota + 1 // broken when the input is modified
	concurrent                 // shares its input
)

// view can be made again: the checks that change nothing compare with a new one.
type view struct {
	seed  uint64
	units int
}

func (v view) make() *policy.View { return RandomView(v.seed, v.units) }

func (v view) String() string { return fmt.Sprintf("RandomView(%d, %d)", v.seed, v.units) }

// run tries all rules on all views and reports each broken rule once.
func run[T any](subject T, rules []rule[T]) error {
	var errs []error
	modified := false
	for _, r := range rules {
		if r.role == concurrent && modified {
			continue
		}
		if err := r.try(subject); err != nil {
			errs = append(errs, err)
			modified = modified || r.role == modifies
		}
	}
	return errors.Join(errs...)
}

func (r rule[T]) try(subject T) error {
	for v := range world() {
		if err := safely(func() error { return r.check(subject, v) }); err != nil {
			return fmt.Errorf("%s: but with %s %w", r.text, v, err)
		}
	}
	return nil
}

// world yields all views, the small ones first.
func world() iter.Seq[view] {
	return func(yield func(view) bool) {
		for _, units := range sizes {
			for seed := range uint64(seeds) {
				if !yield(view{seed, units}) {
					return
				}
			}
		}
	}
}

// safely turns a panic into an error.
func safely(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("it panics: %v", p)
		}
	}()
	return f()
}

// together runs f in several goroutines at once and returns the first error by
// their order.
func together(f func() error) error {
	errs := make([]error, 4)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Add(1)
		go func() {
			defer wg.Done()
			errs[i] = safely(f)
		}()
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
