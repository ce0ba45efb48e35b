// Package oldstate reads what was stored of an agent before its state was one value:
// a working set as JSON beside the composer's bytes. Stores join the two when they
// bring old files up to date, and compose takes them apart again.
package oldstate

import (
	"encoding/binary"
	"encoding/json"
	"slices"

	"github.com/quire-dev/quire"
)

// Mark is the first byte of what Join returns. No other encoding of a state begins
// with it.
const Mark = 1

// Join puts a working set and a composer's bytes into one value. Without a working set
// it is the composer's bytes alone.
func Join(set, composer []byte) []byte {
	if len(set) == 0 {
		return slices.Clone(composer)
	}
	b := binary.AppendUvarint([]byte{Mark}, uint64(len(set)))
	return append(append(b, set...), composer...)
}

// Split takes apart what Join joined. It reports false for bytes that Join did not make
// of two.
func Split(b []byte) (set, composer []byte, ok bool) {
	if len(b) == 0 || b[0] != Mark {
		return nil, nil, false
	}
	n, size := binary.Uvarint(b[1:])
	if size <= 0 || n > uint64(len(b)-1-size) {
		return nil, nil, false
	}
	rest := b[1+size:]
	return rest[:n:n], rest[n:], true
}

// Refers is what a store reads of a working set.
type Refers struct {
	Through quire.UID
	Seen    quire.State
	Holds   []quire.UID // all deliveries that it refers to, each once, in order of entry
}

// Read finds what a working set refers to. No bytes are an empty set.
func Read(set []byte) (Refers, error) {
	if len(set) == 0 {
		return Refers{}, nil
	}
	type entry struct {
		Spans []struct {
			UID   quire.UID   `json:"uid"`
			Shows []quire.UID `json:"shows"`
		} `json:"spans"`
	}
	var w struct {
		Through quire.UID   `json:"through"`
		Seen    quire.State `json:"seen"`
		Head    []entry     `json:"head"`
		Log     []entry     `json:"log"`
	}
	if err := json.Unmarshal(set, &w); err != nil {
		return Refers{}, err
	}
	r := Refers{Through: w.Through, Seen: w.Seen}
	known := map[quire.UID]bool{0: true}
	add := func(uid quire.UID) {
		if !known[uid] {
			known[uid] = true
			r.Holds = append(r.Holds, uid)
		}
	}
	for _, e := range append(w.Head, w.Log...) {
		for _, s := range e.Spans {
			add(s.UID)
			for _, uid := range s.Shows {
				add(uid)
			}
		}
	}
	return r, nil
}
