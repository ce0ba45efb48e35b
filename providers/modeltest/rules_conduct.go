package modeltest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/quire-dev/quire/providers"
)

func checkCancelledBefore(k *kit) error {
	ctx, cancel := context.WithCancel(k.t.Context())
	cancel()
	_, err := k.generate(ctx, k.open(k.t, Script{Say("x")}), k.prompt())
	return cancelled(err)
}

func cancelled(err error) error {
	if !errors.Is(err, context.Canceled) {
		return fmt.Errorf("got %v, want context.Canceled", err)
	}
	return nil
}

func checkCancelledDuring(k *kit) error {
	script := Script{Say("warm up")}
	for range repeats {
		script = append(script, Step{Hang: true})
	}
	m := k.open(k.t, script)
	if _, err := k.generate(k.t.Context(), m, k.prompt()); err != nil {
		return err
	}
	before := runtime.NumGoroutine()
	for range repeats {
		if err := k.cancelOne(m); err != nil {
			return err
		}
	}
	return k.settle(before)
}

// cancelOne calls the model and cancels the call while it hangs.
func (k *kit) cancelOne(m providers.Model) error {
	ctx, cancel := context.WithCancel(k.t.Context())
	defer cancel()
	timer := time.AfterFunc(10*time.Millisecond, cancel)
	defer timer.Stop()
	_, err := k.generate(ctx, m, k.prompt())
	if errors.Is(err, errStuck) {
		return err
	}
	return cancelled(err)
}

func checkConcurrent(k *kit) error {
	const calls = 8
	var script Script
	for i := range calls {
		script = append(script, Say(fmt.Sprintf("reply %d", i)))
	}
	m := k.open(k.t, script)
	var mu sync.Mutex
	seen := map[string]int{}
	var first error
	var wg sync.WaitGroup
	for range calls {
		wg.Go(func() {
			r, err := k.generate(k.t.Context(), m, k.prompt())
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				first = err
				return
			}
			text, _, _ := split(r)
			seen[text]++
		})
	}
	wg.Wait()
	if first != nil {
		return first
	}
	if len(seen) != calls {
		return fmt.Errorf("%d calls got %d different replies", calls, len(seen))
	}
	return nil
}
