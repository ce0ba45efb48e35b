package overhead

import (
	"context"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
)

// spent is what one step's time went into.
type spent struct {
	all, bare, read, compose, http, commit time.Duration
}

// meter adds up the time that a store's driver takes, with the rules that a transaction is
// run by; what is made ready before one and read out behind it is not in it. One goroutine
// at a time uses it.
type meter struct{ read, commit time.Duration }

// over is a store whose time is measured.
func (m *meter) over(s *mailbox.Store) (*mailbox.Store, error) {
	return s.Wrap(func(d driver.Driver) driver.Driver { return &metered{d, m} })
}

type metered struct {
	driver.Driver
	m *meter
}

func since(to *time.Duration, start time.Time) { *to += time.Since(start) }

// View implements [driver.Driver].
func (m *metered) View(ctx context.Context, fn func(driver.Read) error) error {
	defer since(&m.m.read, time.Now())
	return m.Driver.View(ctx, fn)
}

// Update implements [driver.Driver].
func (m *metered) Update(ctx context.Context, u driver.Update, fn func(driver.Write) error) (bool, error) {
	defer since(&m.m.commit, time.Now())
	return m.Driver.Update(ctx, u, fn)
}

// clock is a transport that measures from a request to the end of its answer. One
// goroutine at a time uses it.
type clock struct {
	next http.RoundTripper
	took time.Duration
}

// RoundTrip implements [http.RoundTripper].
func (c *clock) RoundTrip(req *http.Request) (*http.Response, error) {
	start := time.Now()
	res, err := c.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	res.Body = &clocked{res.Body, c, start}
	return res, nil
}

// clocked is a body whose end is noticed.
type clocked struct {
	io.ReadCloser
	clock *clock
	start time.Time
}

// Read implements [io.Reader].
func (c *clocked) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	c.clock.took = time.Since(c.start)
	return n, err
}

// quantile is the value that a share of all are not above.
func quantile(all []time.Duration, share float64) time.Duration {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[min(int(float64(len(sorted))*share), len(sorted)-1)]
}
