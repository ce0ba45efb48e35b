package sqldriver

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
)

// said draws data as messages have it: copies of a dictionary, of itself, and anything.
func said(t *rapid.T, name string) []byte {
	var b []byte
	for range rapid.IntRange(0, 12).Draw(t, name+" pieces") {
		switch rapid.IntRange(0, 3).Draw(t, "kind") {
		case 0:
			b = append(b, rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")...)
		case 1:
			from := rapid.IntRange(0, len(messageDictionary)-1).Draw(t, "from")
			b = append(b, messageDictionary[from:min(from+rapid.IntRange(1, 700).Draw(t, "length"), len(messageDictionary))]...)
		case 2:
			b = append(b, strings.Repeat(rapid.StringN(1, 5, 9).Draw(t, "text"), rapid.IntRange(1, 300).Draw(t, "times"))...)
		case 3:
			if len(b) > 0 {
				b = append(b, b[rapid.IntRange(0, len(b)-1).Draw(t, "again"):]...)
			}
		}
	}
	return b[:min(len(b), 20_000)]
}

func TestWhatIsShrunkGrowsToWhatItWas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		data, before := said(t, "data"), string(said(t, "before"))
		b, ok := messages.shrink([]byte("x"), data, len(data)+1, before, "y")
		if !ok {
			require.GreaterOrEqual(t, len(b), len(data), "only what is no smaller is left as it is")
			return
		}
		require.Equal(t, byte('x'), b[0])
		got := messages.grow(b[1:], len(data), before, "y")
		require.True(t, bytes.Equal(data, got))
	})
}

// Nothing that stands there makes reading it panic, hang, or take more than it says.
func TestWhatIsShrunkAndDamaged(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(-1, 2*maxShrunk).Draw(t, "size")
		got := messages.grow(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes"), size)
		require.True(t, got == nil || len(got) == size)
	})
	data := []byte(`{"id":"","kind":"mail","subject":"Figures of January","to":["ada"]}`)
	b, ok := messages.shrink(nil, data, len(data))
	require.True(t, ok)
	assert.Less(t, len(b), 30)
	for n := range b {
		assert.Nil(t, messages.grow(b[:n], len(data)), "cut after %d", n)
	}
	assert.Nil(t, messages.grow(append(b[:len(b):len(b)], 0), len(data)), "more than there is")
}

func TestWhatIsTooMuchIsLeftAsItIs(t *testing.T) {
	_, ok := messages.shrink(nil, bytes.Repeat([]byte("a"), maxShrunk), maxShrunk)
	assert.False(t, ok)
	m := driver.Message{ID: "1", Head: []byte(`{"id":"1"}`), Parts: bytes.Repeat([]byte("ab"), maxShrunk)}
	w := Writer{Reader: &Reader{Sealed: true}}
	back := driver.Message{ID: "1"}
	back.Head, back.Snippet, back.Parts = w.kept(&m)
	require.NoError(t, unseal(&back))
	assert.Equal(t, m, back)
}

// The codes and the dictionary are part of the format.
func TestTheCodesAreTheSame(t *testing.T) {
	assert.Equal(t, "184b21c91738", quire.DigestOf([]byte(messageDictionary)).Short())
	assert.Equal(t, "7b833bebb8e6", quire.DigestOf([]byte(symbolCode+distanceCode)).Short())
}

// A message is kept whole, whatever driver keeps it, and a changed bit is noticed.
func TestAMessageIsKeptWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := driver.Message{ID: quire.MessageID(rapid.StringN(0, 40, 60).Draw(t, "id")), Envelope: quire.Envelope{From: "ada"}, Head: append([]byte("{"), said(t, "head")...),
			Snippet: rapid.StringN(0, 100, 200).Draw(t, "snippet"), Parts: append([]byte("["), said(t, "parts")...)}
		r := &Reader{Sealed: rapid.Bool().Draw(t, "sealed")}
		back := driver.Message{ID: m.ID, Envelope: m.Envelope}
		back.Head, back.Snippet, back.Parts = (&Writer{Reader: r}).kept(&m)
		require.Equal(t, int64(len(m.Head)), r.headLength(back.Head[:min(8, len(back.Head))], int64(len(back.Head))))
		row := back
		row.Parts = nil // a list reads no parts
		require.NoError(t, unseal(&row))
		require.Equal(t, m.Snippet, row.Snippet)
		changed := back
		require.NoError(t, unseal(&back))
		require.Equal(t, m, back)
		at := rapid.IntRange(0, len(changed.Parts)-1).Draw(t, "at")
		changed.Parts = bytes.Clone(changed.Parts)
		changed.Parts[at] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		if r.Sealed {
			if err := unseal(&changed); err == nil && at > 0 {
				require.Equal(t, m.Parts, changed.Parts)
			}
		}
	})
}

// What formats 9 and 8 packed.
func TestWhatWasDeflatedIsRead(t *testing.T) {
	b, err := hex.DecodeString("01B4D2C10DC4300804C08A90BC9883E5BA3116E9BF84BCAC48F9A78779CCBA4D9A929AE508C77F32711CEBD07C5B1EC862C796594E0912528D253BE15D8D58711DEFEA3FFBCEFC1D0000FFFF")
	require.NoError(t, err)
	data, err := unpack(b)
	require.NoError(t, err)
	assert.Contains(t, string(data), `"Rev":`)
	again, err := unpack(pack(data))
	require.NoError(t, err)
	assert.Equal(t, string(data), string(again))
	_, err = unpack(b[:len(b)/2])
	assert.ErrorIs(t, err, mailbox.ErrCorrupt)
}

func TestUUIDsAreKeptShort(t *testing.T) {
	r := &Reader{Short: true}
	for id, short := range map[quire.MessageID]bool{
		"019b8d79-5de0-73df-a8e6-c2caf7185c7f": true, "019B8D79-5DE0-73DF-A8E6-C2CAF7185C7F": false, "": false, "m1": false,
		"019b8d79-5de0-73df-a8e6-c2caf7185c7g": false, "019b8d795-de0-73df-a8e6-c2caf7185c7f": false, "019b8d79-5de0-73df-a8e6-c2caf7185c7\x00": false,
	} {
		kept := r.IDOf(id)
		assert.Equal(t, short, isBytes(kept), id)
		var back quire.MessageID
		require.NoError(t, shortID{&back}.Scan(kept))
		assert.Equal(t, id, back)
	}
	var back quire.MessageID
	for _, bad := range []any{nil, int64(7), []byte("123")} {
		assert.ErrorIs(t, shortID{&back}.Scan(bad), mailbox.ErrCorrupt)
	}
	assert.Equal(t, "m", (&Reader{}).IDOf("m"))
}

func BenchmarkShrink(b *testing.B) {
	head := []byte(`{"auto":"auto-generated","headers":[{"name":"turn","value":"40"},{"name":"model","value":"scripted"}],"id":"019b8d79-5de0-73df-a8e6-c2caf7185c7f","kind":"turn","to":["ada"]}`)
	parts := []byte(`[{"kind":"text","text":"I build Job 18, the login form, and let ben look at it when it is done."},{"args":"{\"job\":\"Job 18\"}","id":"call_2","kind":"toolCall","name":"build"}]`)
	m := driver.Message{ID: "019b8d79-5de0-73df-a8e6-c2caf7185c7f", Head: head, Parts: parts, Snippet: "I build Job 18, the login form"}
	w := Writer{Reader: &Reader{Sealed: true}}
	b.Run("shrink", func(b *testing.B) {
		for b.Loop() {
			w.kept(&m)
		}
	})
	kept := driver.Message{ID: m.ID}
	kept.Head, kept.Snippet, kept.Parts = w.kept(&m)
	b.Run("grow", func(b *testing.B) {
		b.ReportMetric(float64(len(kept.Head)+len(kept.Parts)), "bytes")
		for b.Loop() {
			c := kept
			if unseal(&c) != nil {
				b.Fatal("it is corrupt")
			}
		}
	})
}

func isBytes(v any) bool { _, ok := v.([]byte); return ok }
