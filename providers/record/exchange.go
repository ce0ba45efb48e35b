package record

import (
	"crypto/sha256"

	"github.com/quire-dev/quire"
)

// exchange is one request with its answer, as the file has it.
type exchange struct {
	key    key
	line   int
	what   string
	doc    []byte // what is compared: a request's body, or the prompt as one JSON object
	played bool

	prompt   *quire.Prompt // of a call or a count
	call     call
	tokens   int       // of a count
	err      error     // of a call or a count
	response *response // nil when there was none, only a failure
	end      string    // one of the words below
	failure  *failure  // what cut a request or its response off
}

// key is what a request and its answer have in common.
type key struct {
	kind  string // one of the words below
	where string // method and URL of a request, without its host
	doc   [sha256.Size]byte
}

func newKey(kind, where string, doc []byte) key {
	return key{kind, where, sha256.Sum256(doc)}
}

// The kinds of exchanges, as the file names them.
const (
	kindPrompt  = "prompt"
	kindCount   = "count"
	kindRequest = "request"
)

// The ways in which an answer may end without an error.
const (
	endWhole     = "whole"     // it came to its end
	endLeft      = "left"      // its reader left
	endCancelled = "cancelled" // the context of the call ended
)

// call is what a model answered.
type call struct {
	deltas []quire.Delta // of a stream; the last one may carry the reply
	reply  *quire.Reply  // of a call that was not streamed
}
