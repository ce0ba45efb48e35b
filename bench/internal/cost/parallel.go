package cost

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
)

// parallel runs jobs on all processors and waits for them. It returns the error
// of the first job, in their order, that had one; after an error no further job
// is begun.
func parallel(ctx context.Context, jobs []func() error) error {
	errs := make([]error, len(jobs))
	var next atomic.Int64
	var failed atomic.Bool
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(jobs)) {
		wg.Go(func() {
			for !failed.Load() && ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(jobs) {
					return
				}
				if errs[i] = jobs[i](); errs[i] != nil {
					failed.Store(true)
				}
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}
