package agent

import (
	"bytes"

	"github.com/quire-dev/quire/compose"
)

// decoded is a state beside the bytes that it was encoded to, so that what this process
// wrote itself is not decoded again. States are values: nobody changes one in place.
type decoded struct {
	bytes []byte
	state compose.State
}

// decode reads an encoded state, unless it is the known one.
func (d *decoded) decode(b []byte) (compose.State, error) {
	if len(b) == 0 || !bytes.Equal(b, d.bytes) {
		var s compose.State
		if err := s.UnmarshalBinary(b); err != nil {
			return s, err
		}
		*d = decoded{b, s}
	}
	return d.state, nil
}
