package mailbox

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// able says which optional interfaces a store has.
func able(s Store) (set int) {
	if _, ok := s.(Waiter); ok {
		set |= ableWait
	}
	if _, ok := s.(Expunger); ok {
		set |= ableExpunge
	}
	if _, ok := s.(Compacter); ok {
		set |= ableCompact
	}
	if _, ok := s.(Importer); ok {
		set |= ableImport
	}
	if _, ok := s.(Streams); ok {
		set |= ableStream
	}
	return set
}

const ableAll = ableWait | ableExpunge | ableCompact | ableImport | ableStream

func TestEachSetOfAbilitiesIsKept(t *testing.T) {
	r := &restricted{}
	for set := range ableAll + 1 {
		s := r.kind(set, canWait{r: r}, canExpunge{r: r}, canCompact{r: r}, canImport{r: r}, canStream{r: r})
		assert.Equal(t, set, able(s), "the set %05b", set)
	}
}

func TestARestrictedStoreIsWhatItsStoreIs(t *testing.T) {
	m := NewMem()
	for set, s := range map[int]Store{
		0:       struct{ Store }{m},
		ableAll: m,
		ableWait: struct {
			Store
			canWait
		}{Store: m},
		ableExpunge: struct {
			Store
			canExpunge
		}{Store: m},
		ableCompact: struct {
			Store
			canCompact
		}{Store: m},
		ableImport: struct {
			Store
			canImport
		}{Store: m},
		ableStream: struct {
			Store
			canStream
		}{Store: m},
	} {
		assert.Equal(t, set, able(s))
		assert.Equal(t, set, able(Restrict(s, "ada", nil)))
	}
}
