package work

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/adopt"
	"github.com/quire-dev/quire/bench/internal/vendor"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/providers/wire"
)

// adopts is a loop that keeps one list of messages and sends all of it each time, over a
// client whose transport composes. It has the tool that sends and no other: a transport adds
// none.
func adopts() Strategy {
	return Strategy{Name: "adopt", live: livesIn(func(t *town, a *Agent) *one {
		o := &one{name: a.Address, system: a.System, desk: newDesk(a.Address, t, false), tools: sending()}
		ao := adopt.Options{Base: vendorOf{o, t.set}, Now: t.clock.now}
		if t.set.Keep || t.set.Budget == Unlimited {
			ao.Composer = compose.New(&compose.Options{Policy: keepAll{}})
		}
		o.client = &http.Client{Transport: adopt.New(t.set.Budget, &ao)}
		return o
	})}
}

// callOver makes a call with the whole list, in bytes.
func (o *one) callOver(ctx context.Context, t *town) (*quire.Reply, error) {
	api := t.set.API
	body, err := wire.Encode(api, &quire.Prompt{Model: t.set.info().Name, System: o.system, Tools: o.tools, Messages: o.list, MaxOutput: 1000}, nil)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://vendor"+vendor.Path(api), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	res, err := o.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	body, err = io.ReadAll(res.Body)
	switch {
	case err != nil:
		return nil, err
	case res.StatusCode == http.StatusRequestEntityTooLarge: // the end of the turn, as for every loop
		return nil, nil
	case res.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("work: the vendor says %s: %s", res.Status, body)
	}
	return wire.Decode(api, body)
}

// vendorOf is the reader as a vendor's server.
type vendorOf struct {
	o   *one
	set *Setting
}

// RoundTrip implements [http.RoundTripper].
func (v vendorOf) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	asked, err := wire.DecodeRequest(v.set.API, "", body)
	if err != nil {
		return nil, err
	}
	m := v.o.model
	if m.purse.size(&asked.Prompt) > v.set.Budget {
		return &http.Response{StatusCode: http.StatusRequestEntityTooLarge, Status: "413 too large"}, nil
	}
	reply, err := m.read(r.Context(), body, &asked.Prompt)
	if err != nil {
		return nil, err
	}
	if body, err = vendor.Reply(v.set.API, reply); err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(bytes.NewReader(body))}, nil
}
