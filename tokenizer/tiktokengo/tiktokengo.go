// Package tiktokengo makes a counter of an encoding of
// github.com/pkoukk/tiktoken-go, for programs that use that library already:
// for its other encodings, or for one of their own making.
//
//	enc, err := tiktoken.GetEncoding("p50k_base")
//	if err != nil {
//		fmt.Println(err)
//		return
//	}
//	counter := tiktokengo.New("p50k_base", enc)
//
// For cl100k_base and o200k_base take package tokenizer/tiktoken: its counts
// are the same and many times faster, and it is not quadratic on long runs of
// one kind of character, which this library is: 100 kB without a break take
// seconds. Importing this package links tiktoken-go, with net/http, into the
// program.
package tiktokengo

import (
	tiktoken "github.com/pkoukk/tiktoken-go"

	"github.com/quire-dev/quire/internal/jsontext"
	"github.com/quire-dev/quire/tokenizer"
)

// Counter counts with a tiktoken-go encoding. It is safe for concurrent use.
type Counter struct {
	name string
	enc  *tiktoken.Tiktoken
}

var _ tokenizer.Counter = (*Counter)(nil)

// New returns a counter over enc. The name is what stored counts are keyed by,
// so it must change when the counts do.
func New(name string, enc *tiktoken.Tiktoken) *Counter { return &Counter{name, enc} }

// Name returns the name given to New.
func (c *Counter) Name() string { return c.name }

// CountText returns the tokens of s. Special tokens count as ordinary text,
// and bytes that are not valid UTF-8 as U+FFFD.
func (c *Counter) CountText(s string) int { return len(c.enc.EncodeOrdinary(jsontext.Clean(s))) }
