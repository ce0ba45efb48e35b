// Package exchange holds what all adapters of providers share. It is for whoever
// writes an adapter here: a [providers.Model] over some vendor's client. Who uses a
// model needs nothing of it.
//
// An [Adapter] is that model but for one function, [Adapter.Send], which carries
// the bytes of a request and returns the raw answer:
//
//	type Model struct{ exchange.Adapter }
//
//	func New(client *vendorClient) *Model {
//		m := &Model{exchange.Adapter{Provider: "vendor", API: quire.APIOpenAIChat}}
//		m.Send = func(ctx context.Context, r *exchange.Request) (*http.Response, error) {
//			return client.Post(ctx, "/chat/completions", r.Body)
//		}
//		return m
//	}
//
// The bytes are those of package wire. The adapter sees to the rest, the same for
// all vendors: it reads the answer, whole or streamed, within a limit; tells a
// stream from a whole reply and from an error that came with status 200; turns
// every failure into a [*providers.Error] with its code and the server's delay,
// and a cancelled context into that context's error; says which model answered
// and which cache marks went out. The kit in providers/modeltest holds the
// finished model to it.
//
// A client that makes request bytes of its own and can't be talked out of it can
// still carry ours: give it the HTTP client of [Client], and call it in [Carry].
//
// What comes from elsewhere than HTTP, a websocket for instance, becomes an answer
// by putting it into a [http.Response] of one's own: status 200, the content type
// "text/event-stream", and a body.
package exchange
