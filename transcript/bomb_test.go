package transcript

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// endless is one letter, over and over, and how much of it was read.
type endless struct{ read, size int64 }

func (e *endless) Read(p []byte) (int, error) {
	n := int(min(int64(len(p)), e.size-e.read))
	for i := range p[:n] {
		p[i] = 'a'
	}
	if e.read += int64(n); n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// bomb packs a chat with one message of so many bytes, while it is read.
func bomb(t *testing.T, size int64) io.Reader {
	r, w := io.Pipe()
	t.Cleanup(func() { r.Close() })
	go func() {
		z := gzip.NewWriter(w)
		_, err := io.Copy(z, io.MultiReader(strings.NewReader(chatStart+`,{"role":"user","content":"`), &endless{size: size}, strings.NewReader(`"}]`)))
		if err == nil {
			err = z.Close()
		}
		w.CloseWithError(err)
	}()
	return r
}

// A small file that unpacks to gigabytes is read as far as its size allows.
func TestABombIsTruncated(t *testing.T) {
	rec, err := Read(context.Background(), bomb(t, 3<<30), "x.json.gz", nil)
	require.NoError(t, err)
	require.Contains(t, codes(rec), codeTruncated)
	var whole int
	require.True(t, slices.ContainsFunc(rec.Problems, func(p Problem) bool { return errors.Is(p.Err, errBomb) }), "%v", rec.Problems)
	for _, s := range rec.Sessions {
		for i := range s.Messages {
			whole += len(s.Messages[i].Parts)
		}
	}
	assert.Equal(t, 3, whole, "what came before it is there")
	src := newSource(context.Background(), bomb(t, 3<<30), 0, defaults())
	n, err := io.Copy(io.Discard, src)
	require.NoError(t, err)
	require.ErrorIs(t, src.err, errBomb)
	assert.Less(t, n, int64(1<<30), "it stops long before the end")
}

// What packs well, and is not much, is no bomb.
func TestWhatPacksWellIsRead(t *testing.T) {
	src := newSource(context.Background(), bomb(t, anyRatio-1000), 0, defaults())
	n, err := io.Copy(io.Discard, src)
	require.NoError(t, err)
	require.NoError(t, src.err)
	assert.Greater(t, n, int64(anyRatio-1000))
}

func defaults() *Options {
	o := (*Options)(nil).withDefaults()
	return &o
}
