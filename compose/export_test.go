package compose

import (
	"github.com/quire-dev/quire/internal/resident"
)

// SetOf is what a state holds of messages.
func SetOf(s *State) *resident.Set { return &s.set }
