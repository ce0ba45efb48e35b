package sqldriver

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
)

func TestWhatIsPackedIsUnpacked(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		data := rapid.SliceOf(rapid.Byte()).Draw(t, "data")
		if rapid.Bool().Draw(t, "json") {
			data = []byte(packDictionary[rapid.IntRange(0, len(packDictionary)-1).Draw(t, "at"):])
		}
		got, err := unpack(pack(data))
		require.NoError(t, err)
		require.True(t, bytes.Equal(data, got))
	})
	assert.Nil(t, pack(nil))
	got, err := unpack([]byte(`{"v":1}`))
	require.NoError(t, err)
	assert.Equal(t, `{"v":1}`, string(got), "what was written before")
}

func TestWhatIsPackedAndDamagedIsCorrupt(t *testing.T) {
	b := pack([]byte(strings.Repeat(`{"v":1,"call":12,"budget":4000}`, 5)))
	for _, bad := range [][]byte{b[:1], b[:len(b)-1], append([]byte{packedDeflate}, "nonsense"...)} {
		_, err := unpack(bad)
		assert.ErrorIs(t, err, mailbox.ErrCorrupt)
	}
}

// The dictionary is part of the format.
func TestTheDictionaryIsTheSame(t *testing.T) {
	assert.Equal(t, "17750bcd1b0f", quire.DigestOf([]byte(packDictionary)).Short())
}
