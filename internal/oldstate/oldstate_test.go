package oldstate

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
)

func TestWhatIsJoinedIsSplitAgain(t *testing.T) {
	for _, c := range [][2]string{{`{"rev":1}`, `{"v":2}`}, {`{"rev":1}`, ""}} {
		set, composer, ok := Split(Join([]byte(c[0]), []byte(c[1])))
		require.True(t, ok)
		assert.Equal(t, c, [2]string{string(set), string(composer)})
	}
	assert.Equal(t, "memory", string(Join(nil, []byte("memory"))), "without a working set it is as it was")
	for _, other := range []string{"", "{}", "\x01", "\x01\x05abc", "\x02\x01a"} {
		_, _, ok := Split([]byte(other))
		assert.False(t, ok, "%q", other)
	}
}

func TestReadFindsWhatASetRefersTo(t *testing.T) {
	r, err := Read([]byte(`{"rev":3,"through":7,"seen":"e:5","head":[{"seq":1,"spans":[{"uid":4}]}],"log":[{"spans":[{"uid":1},{"uid":4,"shows":[2,1]}]},{"tombstone":{"first":8}},{"spans":[{"uid":0}]}]}`))
	require.NoError(t, err)
	assert.Equal(t, Refers{Through: 7, Seen: "e:5", Holds: []quire.UID{4, 1, 2}}, r)
	r, err = Read(nil)
	require.NoError(t, err)
	assert.Equal(t, Refers{}, r)
	_, err = Read([]byte("["))
	assert.Error(t, err)
}
