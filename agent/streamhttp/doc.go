// Package streamhttp serves what agents say, while they say it, to browsers and other
// HTTP clients: the streams of a store as server-sent events, and
// how a request stands ([agent.RequestStatus]) as JSON.
//
//	h, err := streamhttp.New(store, mayRead, nil)
//	if err != nil {
//		return err
//	}
//	http.Handle("/agents/", http.StripPrefix("/agents", h))
//
// # Paths
//
//	GET /{address}/streams/{number}   a stream; "newest" for a number is the newest
//	GET /{address}/requests/{id}      how the message with an id stands
//	GET /{address}/requests/{id}/stream
//	                                  that, each time it changes, and what its turn says
//	POST /{address}/requests          a mail to the agent; with Options.Sender only
//
// An agent's stream has the number of the turn, which is in the answer about a request.
// A stream that has not begun is waited for.
//
// The stream of a request needs no number: it waits until a turn is at the message, and
// follows it from its beginning, also where the message joined a turn of others. It ends
// when the request is done or failed, or its turn ended with a question to somebody; a
// request that is parked or paused is waited with. One that is answered already gets what
// is kept of its turn, and the end.
//
// A mail is posted as JSON, {"id", "subject", "text", "inReplyTo"}, of which only text is
// needed. With an id a client may post again, and the mail is taken once; its name in the
// store begins with the sender's. With Accept: text/event-stream the answer is the stream
// of the request; without, 202 Accepted and {"id"}. Location is where it can be asked
// after, and a client whose connection breaks goes on at Location + "/stream". 422 says
// why a mail bounced; 409 that its id was used for another one.
//
// # Events
//
//   - attempt: an attempt begins. What earlier ones said counts only if they ended as
//     done. It may come again after a reconnect.
//   - message (the default, for EventSource.onmessage): a chunk, at {"attempt", "offset"};
//     for agents its piece is an [agent.StreamPiece]. Text that is not JSON is a string.
//   - end: an attempt ended, as a [driver.StreamEnd]. Without "more" the stream is over:
//     close the EventSource, which else connects again and gets 204 No Content, which
//     ends it too.
//   - gone: what comes next is not kept any more; it goes on at {"attempt", "offset"}. With
//     "over" nothing of the stream is kept.
//   - request: how a request stands, as a [Status]; only in the stream of one. The last one
//     has the id "over", and ends the stream, which there an end without "more" does not.
//   - problem: the store can't be read now. The connection ends; connect again.
//
// Every event that moves on has an id. A client that connects again says it in
// Last-Event-ID, as EventSource does by itself, or in the query's from, and goes on
// exactly there. Between events comment lines keep the connection alive.
//
// # Who may read
//
// The function that [New] is given decides, for each request and address. Whoever it lets
// in sees all that the agent says to anybody, its reasoning and its tools' arguments
// included. Whom Options.Sender lets post without it gets an id, and reads nothing.
// Where others may embed the pages that read, send the headers for that yourself
// (CORS); this package sends none.
//
// A handler runs for as long as its client listens. [http.Server.Shutdown] waits for
// that: end its contexts (Server.BaseContext), or close the store.
//
// The module agent/streamws serves the same events over a websocket.
package streamhttp
