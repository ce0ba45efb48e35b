package exchange_test

import (
	"context"
	"net/http"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/exchange"
	"github.com/quire-dev/quire/providers"
)

// vendorClient stands for the client of a vendor.
type vendorClient struct{}

func (*vendorClient) Post(context.Context, string, []byte) (*http.Response, error) { return nil, nil }

// What the documentation of the package shows. It is compiled, and not run.

type Model struct{ exchange.Adapter }

func New(client *vendorClient) *Model {
	m := &Model{exchange.Adapter{Provider: "vendor", API: quire.APIOpenAIChat}}
	m.Send = func(ctx context.Context, r *exchange.Request) (*http.Response, error) {
		return client.Post(ctx, "/chat/completions", r.Body)
	}
	return m
}

var _ providers.Model = New(nil)
