package compose

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/calibrate"
	"github.com/quire-dev/quire/internal/ledger"
	"github.com/quire-dev/quire/internal/oldstate"
	"github.com/quire-dev/quire/internal/resident"
	"github.com/quire-dev/quire/internal/waits"
)

// stateVersion is the format of an encoded State. Version 1 knew one model, and
// did not name it; up to version 2 it stood beside a working set in JSON.
const stateVersion = 3

type stateWire struct {
	V           int                   `json:"v"`
	Call        uint64                `json:"call"`
	Turn        uint64                `json:"turn"`
	Seq         uint64                `json:"seq"`
	Model       string                `json:"model,omitzero"`
	Calibration calibrate.Calibration `json:"calibration"`
	Stable      quire.Digest          `json:"stable"`
	Learned     []lesson              `json:"learned,omitzero"`
	Refaults    uint64                `json:"refaults,omitzero"`
	Evicted     uint64                `json:"evicted,omitzero"`
	Growth      float64               `json:"growth,omitzero"`
	Edits       []edit                `json:"edits,omitzero"`
	Withheld    []quire.UID           `json:"withheld,omitzero"`
	Reads       reads                 `json:"reads,omitzero"`
	Asked       uint64                `json:"asked,string,omitzero"`
	Failures    []failure             `json:"failures,omitzero"`
	Gaps        waits.Gaps            `json:"gaps,omitzero"`
	Fixed       [2]uint64             `json:"fixed,omitzero"`
	Notice      string                `json:"notice,omitzero"`
	Host        json.RawMessage       `json:"host,omitzero"`
}

// longWire is those members of a stateWire that grow.
type longWire struct {
	Ledger ledger.Wire  `json:"ledger"`
	Others []knownModel `json:"others,omitzero"`
	Ghosts []ghost      `json:"ghosts,omitzero"`
}

// kept is what takes most of a state's bytes, the same in all states until the next plan,
// encoded when that is first asked for: so it can be while a model is waited for.
type kept struct {
	set    resident.Set
	ledger ledger.Ledger
	others []knownModel
	ghosts []ghost
	once   sync.Once
	bytes  []byte // of the set
	long   []byte // of the others, as the members of a JSON object
	err    error
}

func keptOf(s *State) *kept {
	return &kept{set: s.set, ledger: s.ledger, others: s.others, ghosts: s.ghosts}
}

// of says whether it is what the state has.
func (k *kept) of(s *State) bool {
	return k.set.Through == s.set.Through && sameList(k.set.Head, s.set.Head) && sameList(k.set.Log, s.set.Log) &&
		k.ledger.Thinned == s.ledger.Thinned && sameList(k.ledger.Entries, s.ledger.Entries) && sameList(k.others, s.others) && sameList(k.ghosts, s.ghosts)
}

func (k *kept) encode() ([]byte, []byte, error) {
	k.once.Do(func() {
		k.bytes = resident.Append(nil, &k.set)
		k.long, k.err = json.Marshal(longWire{k.ledger.Wire(), k.others, k.ghosts})
	})
	return k.bytes, k.long, k.err
}

// sameList says whether two lists are one: what belongs to a state is never changed in
// place.
func sameList[T any](a, b []T) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
}

// MarshalBinary returns the state as versioned bytes.
func (s State) MarshalBinary() ([]byte, error) {
	rest, err := json.Marshal(stateWire{stateVersion, s.call, s.turn, s.seq, s.model, s.calibration,
		s.stable, s.learned, s.refaults, s.evicted, s.growth, s.edits, s.withheld, s.reads, s.asked, s.failures, s.gaps, s.fixed, s.notice, s.Host})
	if err != nil {
		return nil, err
	}
	k := s.kept
	if k == nil || !k.of(&s) {
		k = keptOf(&s)
	}
	set, long, err := k.encode()
	if err != nil {
		return nil, err
	}
	b := make([]byte, 1, 12+len(set)+len(rest)+len(long))
	b[0] = stateVersion
	b = binary.AppendUvarint(b, uint64(len(set)))
	b = append(append(b, set...), rest[:len(rest)-1]...)
	return append(append(b, ','), long[1:]...), nil // one object of both
}

// splitState reads what stands in the context, and returns what is behind it.
func splitState(b []byte) (set resident.Set, rest []byte, err error) {
	old, rest, isOld := oldstate.Split(b)
	switch {
	case isOld:
		set, err = resident.DecodeJSON(old)
		return set, rest, err
	case len(b) == 0 || b[0] == '{': // of an old one that had nothing in its context
		return set, b, nil
	case b[0] != stateVersion:
		return set, nil, fmt.Errorf("it has format %d, this program knows %d: use the program that wrote it or a newer one", b[0], stateVersion)
	}
	n, size := binary.Uvarint(b[1:])
	if size <= 0 || n >= uint64(len(b)-1-size) { // what is behind the set is never empty
		return set, nil, errors.New("it ends too early")
	}
	rest = b[1+size:]
	set, err = resident.Decode(rest[:n])
	return set, rest[n:], err
}

// UnmarshalBinary reads what MarshalBinary of this or an earlier version wrote. No bytes
// are the zero State.
func (s *State) UnmarshalBinary(b []byte) error {
	*s = State{}
	set, rest, err := splitState(b)
	if err != nil {
		return fmt.Errorf("compose: stored state: %w", err)
	}
	s.set = set
	if len(rest) == 0 {
		return nil
	}
	var w struct {
		stateWire
		longWire
	}
	if err := json.Unmarshal(rest, &w); err != nil {
		return fmt.Errorf("compose: stored state: %w", err)
	}
	if w.V < 1 || w.V > stateVersion {
		return fmt.Errorf("compose: stored state has format %d, this program knows %d: use the program that wrote it or a newer one", w.V, stateVersion)
	}
	l, err := w.Ledger.Ledger()
	if err != nil {
		return fmt.Errorf("compose: stored state: %w", err)
	}
	*s = State{set: s.set, call: w.Call, turn: w.Turn, seq: w.Seq, model: w.Model, ledger: l, calibration: w.Calibration, stable: w.Stable, reads: w.Reads,
		others: w.Others, learned: w.Learned, ghosts: w.Ghosts, refaults: w.Refaults, evicted: w.Evicted, growth: w.Growth, edits: w.Edits, withheld: w.Withheld,
		asked: w.Asked, failures: w.Failures, gaps: w.Gaps, fixed: w.Fixed, notice: w.Notice, Host: w.Host}
	return nil
}
