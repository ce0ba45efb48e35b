// Package streamws serves what agents say over websockets: the events of package
// [github.com/quire-dev/quire/agent/streamhttp], each as a text message with its name,
// id and data in a JSON object:
//
//	{"event":"message","id":"1f0c.5.1.3","data":{"attempt":1,"offset":2,"piece":{"text":"Hel"}}}
//
// At /{address}/streams/{number}, or newest, it is a stream; at
// /{address}/requests/{id}/stream what becomes of one mail, as streamhttp serves it.
//
// A client that connects again says the last id in the query, as
// /{address}/streams/{number}?from=1f0c.5.1.3, and goes on exactly there. After the end
// of the stream, an event "end" without "more", the server closes with status 1000
// (normal); when the store can't be read, after an event "problem", with 1013 (try
// again later). What a client sends is a policy violation (1008): streams are read only.
//
// It is a module of its own, so that only those who import it get the websocket
// library.
package streamws
