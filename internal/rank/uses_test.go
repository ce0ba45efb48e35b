package rank

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestASeekerFindsWhatIsThere: it lists and counts what a plain look at each text does,
// also of numbers that differ in a few bits only.
func TestASeekerFindsWhatIsThere(t *testing.T) {
	number := rapid.Custom(func(t *rapid.T) uint32 {
		return rapid.SampledFrom([]uint32{0, 1, 64, 1 << 16, 1 << 17, 1<<32 - 1, 1<<32 - 64}).Draw(t, "base") + rapid.Uint32Range(0, 80).Draw(t, "more")
	})
	rapid.Check(t, func(t *rapid.T) {
		wanted := rapid.SliceOfN(number, 0, 200).Draw(t, "wanted")
		texts := make([]Text, rapid.IntRange(0, 6).Draw(t, "texts"))
		for i := range texts {
			terms := rapid.SliceOfN(number, 0, 100).Draw(t, "terms")
			slices.Sort(terms)
			for k, n := range slices.Compact(terms) {
				texts[i].terms = append(texts[i].terms, count{n, uint32(k + 1)})
			}
		}
		var s seeker
		slots := map[uint32]int32{}
		for _, n := range wanted {
			at := s.want(n)
			if before, ok := slots[n]; ok {
				require.Equal(t, before, at)
			}
			slots[n] = at
		}
		require.Len(t, s.found, len(slots))
		counted := make([]int32, len(slots))
		for i := range texts {
			s.terms(&texts[i], i)
			s.count(&texts[i], counted)
		}
		for n, at := range slots {
			var want []use
			for i := range texts {
				for _, c := range texts[i].terms {
					if c.term == n {
						want = append(want, use{int32(i), c.times})
					}
				}
			}
			require.Equal(t, want, s.found[at])
			require.EqualValues(t, len(want), counted[at])
		}
		for _, c := range slices.Concat(wanted, []uint32{7, 1 << 20}) {
			at, ok := slots[c]
			if !ok {
				at = -1
			}
			require.Equal(t, at, s.slot(c))
		}
	})
}

// TestWhatBestMessagesTellIsCounted: as it would be with a list of who has each term.
func TestWhatBestMessagesTellIsCounted(t *testing.T) {
	word := rapid.SampledFrom(strings.Fields("boat ferry harbour sail anchor wind crew captain storm island map chart"))
	rapid.Check(t, func(t *rapid.T) {
		var j Judge
		var list []int
		for range rapid.IntRange(1, 12).Draw(t, "passages") {
			text := strings.Join(rapid.SliceOfN(word, 0, 8).Draw(t, "words"), " ")
			list = append(list, j.Add(Passage{Text: Analyze(text).Text(), Sender: "mia", Thread: rapid.IntRange(0, 3).Draw(t, "thread")}))
		}
		older := &Older{N: rapid.IntRange(0, len(list)-1).Draw(t, "older"), Frequency: map[uint32]int{TermNumber("wind"): 40}}
		f := newField(&j, list, 500, older)
		f.ask(Question{Text: word.Draw(t, "asked")})
		best := []int{rapid.IntRange(0, len(list)-1).Draw(t, "best")}
		want := map[uint32]float64{}
		for _, i := range best {
			p := &j.list[list[i]].Text
			for _, c := range p.terms {
				var uses []use
				for place, n := range list {
					if j.list[n].Text.has(c.term) {
						uses = append(uses, use{int32(place), 1})
					}
				}
				if f.terms.slot(c.term) < 0 {
					want[c.term] += min(float64(c.times), 2) * idf(f.docs, f.frequency([]uint32{c.term}, uses)) / (1 + float64(p.length)/f.mean)
				}
			}
		}
		if len(want) == 0 {
			want = nil
		}
		require.Equal(t, want, f.tell(best))
	})
}
