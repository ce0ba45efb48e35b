// Package uidlist writes lists of UIDs in few bytes: each as its distance from the one
// before.
package uidlist

import (
	"encoding/binary"
	"errors"

	"github.com/quire-dev/quire"
)

// Encode writes a list; nil for none.
func Encode(list []quire.UID) []byte {
	var b []byte
	last := quire.UID(0)
	for _, uid := range list {
		b = binary.AppendVarint(b, int64(uid-last))
		last = uid
	}
	return b
}

var errBad = errors.New("a list of UIDs ends in the middle of one")

// Decode reads what Encode wrote.
func Decode(b []byte) ([]quire.UID, error) {
	if len(b) == 0 {
		return nil, nil
	}
	list := make([]quire.UID, 0, len(b))
	last := quire.UID(0)
	for len(b) > 0 {
		step, n := binary.Varint(b)
		if n <= 0 {
			return nil, errBad
		}
		last += quire.UID(step)
		list, b = append(list, last), b[n:]
	}
	return list, nil
}
