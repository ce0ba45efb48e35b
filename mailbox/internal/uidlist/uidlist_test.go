package uidlist

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
)

func TestAListComesBackAsItWas(t *testing.T) {
	for _, list := range [][]quire.UID{nil, {1}, {5, 3, 4, 900_000}, {math.MaxUint64, 1, math.MaxInt64}} {
		got, err := Decode(Encode(list))
		require.NoError(t, err)
		assert.Equal(t, list, got)
	}
	b := Encode([]quire.UID{1, 200, 300})
	assert.Len(t, b, 5)
	_, err := Decode(b[:len(b)-1])
	assert.Error(t, err)
}
