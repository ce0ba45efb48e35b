package wire

import (
	"errors"
	"fmt"
)

// ErrGarbled is in the chain of what [DecodeStream] yields when events of a stream
// contradict each other, so that nobody can tell what belongs to what: two replies
// in one stream, arguments of a call that is not open, calls that are told apart by
// nothing. The request was not at fault; asking again helps.
var ErrGarbled = errors.New("the stream is garbled")

func garbled(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrGarbled, fmt.Sprintf(format, args...))
}
