package rank

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestWhatIsPackedIsWhatWasRead: and a search counts in it what the text has.
func TestWhatIsPackedIsWhatWasRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := Doc{Length: rapid.IntRange(0, 1000).Draw(t, "length"), First: rapid.IntRange(0, 9).Draw(t, "first"),
			Freq: rapid.MapOf(rapid.StringN(1, 8, 30), rapid.IntRange(1, 300)).Draw(t, "freq")}
		packed := d.Pack()
		got, err := Unpack(packed, d.Length)
		require.NoError(t, err)
		require.Equal(t, d.Text(), got)
		for term, n := range d.Freq {
			out := []int{0, 0}
			Seek([][]uint32{{TermNumber(term)}, {TermNumber("a term that is not there")}}).Times(packed, out)
			require.Equal(t, []int{n, 0}, out)
		}
	})
}

func TestWhatCantBeReadIsAnError(t *testing.T) {
	for _, packed := range [][]byte{nil, {0x80}, {0, 0x80}, {0}, {0, 1}, {0, 1, 3}, {0, 1, 3, 0}, {0, 9}, {0, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, {0, 1, 3, 0xff, 0xff, 0xff, 0xff, 1}, {0, 0, 0xff, 0xff, 0xff, 1}, {0, 0, 0x80}} {
		_, err := Unpack(packed, 3)
		require.ErrorIs(t, err, ErrPacked, "%x", packed)
		out := []int{0}
		Seek([][]uint32{{1}}).Times(packed, out)
		assert.LessOrEqual(t, out[0], 1, "%x", packed)
	}
}

func FuzzUnpack(f *testing.F) {
	f.Add(Analyze("the invoices of the invoice, 漢字").Pack())
	f.Fuzz(func(t *testing.T, packed []byte) {
		text, err := Unpack(packed, 5)
		if err == nil {
			var j Judge
			j.Add(Passage{Text: text})
			j.Relevance(Question{Text: "invoice"}, []int{0}, 1, nil)
		}
	})
}
