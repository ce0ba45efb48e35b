package strategy

import (
	"context"
	"fmt"

	"github.com/quire-dev/quire/policy"
)

// grid lists plain schedules to compare with: a watermark from each tenth of the
// budget from 60% on, down to each tenth from 20% on. They go by the default
// policy, whoever says what is dead: nothing about them knows the work.
func grid() []Strategy {
	var out []Strategy
	for high := 60; high <= 100; high += 10 {
		for low := 20; low <= high-10; low += 10 {
			schedule := policy.Watermark{High: float64(high) / 100, Low: float64(low) / 100}
			out = append(out, Strategy{Name: fmt.Sprintf("watermark%d-%d", high, low), Set: Grid, Composed: true, Plain: true,
				Run: func(ctx context.Context, c *Case) (*Outcome, error) {
					return composedBy(ctx, c, policy.Default{}, schedule, nil)
				}})
		}
	}
	return out
}
