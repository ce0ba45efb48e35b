package compose

import (
	"github.com/quire-dev/quire/internal/resident"
)

// Evicted, Others and Asked are what a state remembers.
func Evicted(s *State) uint64 { return s.evicted }
func Others(s *State) []known { return s.others }
func Asked(s *State) uint64   { return s.asked }

// SetOf is what a state holds of messages.
func SetOf(s *State) *resident.Set { return &s.set }
