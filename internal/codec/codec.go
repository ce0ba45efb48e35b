package codec

import (
	"errors"
	"fmt"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/jsontext"
)

// Limits on encoded parts and drafts, so that hostile input can neither exhaust
// the stack nor, by far, more memory than its own size.
const (
	MaxEncoded = 128 << 20 // bytes of an encoded list of parts, or of a draft
	MaxParts   = 1 << 16   // parts in one list
	MaxDepth   = 256       // arrays and objects inside each other, in an encoded list of parts
	// MaxNesting is how deep tool results may stand inside tool results. The
	// contract says not at all; older records may know better.
	MaxNesting = 4
)

// What a [DecodeError] may wrap besides faults of syntax.
var (
	ErrTooLarge     = errors.New("too large")
	ErrTooManyParts = fmt.Errorf("more than %d parts", MaxParts)
	ErrNoPart       = errors.New("not a part")
)

// DecodeError says what could not be read, or written in a form that can be
// read again, and where.
type DecodeError struct {
	What   string // "parts", "draft", "canonical JSON", "blob"
	Offset int64  // bytes from the start of the input; -1 when that says nothing
	Err    error
}

// Error puts it in one line.
func (e *DecodeError) Error() string {
	if e.Offset < 0 {
		return fmt.Sprintf("quire: %s: %v", e.What, e.Err)
	}
	return fmt.Sprintf("quire: %s: at byte %d: %v", e.What, e.Offset, e.Err)
}

// Unwrap returns the cause.
func (e *DecodeError) Unwrap() error { return e.Err }

// decodeError turns what package jsontext reports into the error of this one.
func decodeError(what string, err error) error {
	var at *jsontext.Error
	if errors.As(err, &at) {
		return &DecodeError{What: what, Offset: at.Offset, Err: at.Err}
	}
	return &DecodeError{What: what, Offset: -1, Err: err}
}

// EncodeParts writes parts as a JSON array, one object each; the member "kind"
// names the type. The same parts give the same bytes, and [DecodeParts] reads
// them back. An [Opaque] part stands in it as the bytes of its Raw, white space
// and all; one whose Raw would be read as something else, or is no JSON, is
// wrapped. Bytes that are not UTF-8 become U+FFFD, as in [Clean].
//
// It fails with a *[DecodeError] on what could not be read back: a nil part, a
// pointer, or more than the limits.
func EncodeParts(parts []quire.Part) ([]byte, error) {
	b, err := appendParts(nil, parts, 0)
	if err == nil && len(b) > MaxEncoded {
		err = ErrTooLarge
	}
	if err != nil {
		return nil, &DecodeError{What: "parts", Offset: -1, Err: err}
	}
	return b, nil
}

// PartsDigest returns the digest of what [EncodeParts] writes. It is total: a
// part that can't be encoded counts as null.
func PartsDigest(parts []quire.Part) quire.Digest {
	b, _ := appendParts(nil, parts, 0)
	return quire.DigestOf(b)
}

// DecodeParts reads what [EncodeParts] wrote, in this version of the package or
// in a later one: an object of a kind that it does not know, or with a member
// or a value that it does not know, becomes an [Opaque], so that writing it
// again loses nothing. It keeps no reference to b. Its errors are
// *[DecodeError].
func DecodeParts(b []byte) ([]quire.Part, error) {
	if len(b) > MaxEncoded {
		return nil, &DecodeError{What: "parts", Offset: MaxEncoded, Err: ErrTooLarge}
	}
	s := &jsontext.Scanner{Text: b, MaxDepth: MaxDepth}
	parts, err := scanParts(s, 0)
	if err == nil {
		err = s.End()
	}
	if err != nil {
		return nil, decodeError("parts", err)
	}
	return parts, nil
}
