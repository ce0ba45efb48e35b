package work

import (
	"context"
	"fmt"
	"io"
)

// Show lives one life of a cell and writes what the reader did: of each request that
// it answers with a call the last bytes, then the call; then what came of each job.
func (c *Cell) Show(ctx context.Context, w io.Writer, life, tail int) error {
	spec := c.Spec.filled()
	if err := spec.valid(); err != nil {
		return err
	}
	jobs := spec.PerLife
	if c.Jobs > 0 {
		jobs = min(jobs, c.Jobs)
	}
	l := weave(&spec, c.Seed, life, jobs)
	s, err := c.setting(ctx, l)
	if err != nil {
		return err
	}
	n := 0
	var failed error
	out, err := c.Strategy.live(ctx, l, &s, func(body []byte, a Act) {
		n++
		if len(a.Calls) == 0 && tail >= 0 || failed != nil {
			return
		}
		_, failed = fmt.Fprintf(w, "call %d, %d bytes …%s\n  => %s%v %s\n\n", n, len(body), body[max(0, len(body)-max(tail, 0)):], a.Text, a.Calls, a.Slipped)
	})
	if err != nil {
		return err
	}
	for _, j := range l.Jobs {
		if _, err := fmt.Fprintf(w, "%s: want %q, got %q, slipped %t\n", j.ID, j.Want, out.Answers[j.ID], out.Slipped[j.ID]); err != nil {
			return err
		}
	}
	return failed
}
