package overhead

import (
	"context"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
)

// spent is what one step's time went into.
type spent struct {
	all, bare, read, compose, http, commit time.Duration
}

// meter adds up the time of a store's calls. One goroutine at a time uses it.
type meter struct {
	*mailbox.Store
	read, commit time.Duration
}

func (m *meter) since(to *time.Duration, start time.Time) { *to += time.Since(start) }

// Commit implements [mailbox.Store].
func (m *meter) Commit(ctx context.Context, c mailbox.Commit) (mailbox.Committed, error) {
	defer m.since(&m.commit, time.Now())
	return m.Store.Commit(ctx, c)
}

// Snapshot implements [mailbox.Store].
func (m *meter) Snapshot(ctx context.Context, addr quire.Address) (mailbox.Snapshot, error) {
	defer m.since(&m.read, time.Now())
	return m.Store.Snapshot(ctx, addr)
}

// Query implements [mailbox.Store].
func (m *meter) Query(ctx context.Context, addr quire.Address, q mailbox.Query) (mailbox.Page, error) {
	defer m.since(&m.read, time.Now())
	return m.Store.Query(ctx, addr, q)
}

// Get implements [mailbox.Store].
func (m *meter) Get(ctx context.Context, addr quire.Address, g mailbox.Get) ([]quire.Item, error) {
	defer m.since(&m.read, time.Now())
	return m.Store.Get(ctx, addr, g)
}

// Status implements [mailbox.Store].
func (m *meter) Status(ctx context.Context, addr quire.Address) (mailbox.Status, error) {
	defer m.since(&m.read, time.Now())
	return m.Store.Status(ctx, addr)
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
