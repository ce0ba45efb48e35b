package compose

import (
	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/calibrate"
	"github.com/quire-dev/quire/internal/ledger"
	"github.com/quire-dev/quire/internal/resident"
)

// What tests outside of the package look at.
type (
	BadLimitError = badLimitError
	SameIDError   = sameIDError
	Edit          = edit
	Ghost         = ghost
	Reads         = reads
)

const (
	EditWithhold = editWithhold
	EditRelease  = editRelease
)

var (
	ErrSession = errSession
	ErrReplay  = errReplay
)

func (s *State) Evicted() uint64                     { return s.evicted }
func (s *State) Others() []knownModel                { return s.others }
func (s *State) Asked() uint64                       { return s.asked }
func (s *State) Set() *resident.Set                  { return &s.set }
func (s *State) Ledger() *ledger.Ledger              { return &s.ledger }
func (s *State) Calibration() *calibrate.Calibration { return &s.calibration }
func (s *State) Stable() quire.Digest                { return s.stable }
func (s *State) Seq() uint64                         { return s.seq }
func (s *State) Ghosts() *[]Ghost                    { return &s.ghosts }
func (s *State) Edits() []Edit                       { return s.edits }
func (s *State) Reads() Reads                        { return s.reads }
func (s *State) Refaults() uint64                    { return s.refaults }
func (s *State) Failures() []failure                 { return s.failures }
func (s *State) Turns() uint64                       { return s.turn }
func (s *State) SetTurn(turn uint64)                 { s.turn = turn }

// ForModel is the state when that model is called next.
func (s State) ForModel(model string) *State {
	s = s.forModel(model)
	return &s
}

// Learn is what Report does with a prompt's size.
func (s State) Learn(mix calibrate.Mix, tokens int) State {
	return s.learn(lesson{Mix: mix, Tokens: tokens})
}

// Taken is what the call of a receipt took in.
func (r Receipt) Taken() intake { return r.taken }

// Unkept is the state without what was encoded of it.
func (s State) Unkept() State { s.kept = nil; return s }
