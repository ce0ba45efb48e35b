package policy

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strconv"

	"github.com/quire-dev/quire"
)

// Value is a policy and a schedule in one: what it costs to keep something, against
// what it costs to miss it. It is what a composer uses by default, as both.
//
// To keep a unit of f tokens for H calls costs its rent, read × f × H, and once more
// (write − read) × f when the cut stands before it, since it is written anew then. To
// let it go costs its reload, if it is used in that time: a call of its own that reads
// the prompt, what the model puts out to ask for it, and its tokens, written and read.
// [Rates] says how likely that is. A unit is worth keeping where chance × reload is more
// than what it costs.
//
// A cut is chosen for its place, its depth and its moment together. The one that is
// made has the least cost a call until the next one would be due, H calls from now,
//
//	((write − read) × tokens that live behind it + Σ chance × reload) ÷ H + read × (prompt − freed + growth × H ÷ 2)
//
// and it is made now if that is less than one more call of the prompt as it is, or if
// the budget forces it: then what is least worth its tokens goes too, until all fits,
// and H is no more than what the budget leaves room for. So the level that the window
// is kept at comes from the prices; there are no marks in tokens. With all of a kind it
// is the rule of the economic order quantity (Harris 1913): cut when the rent saved in
// half a cycle reaches the price of the cut.
//
// Dead are what is marked, and what [Default] says is. The zero value is ready to use.
type Value struct {
	// Miss is what it costs to miss something, in pulls: 1 is its pull and nothing
	// else, which suits a model that always notices and asks; larger keeps more. 0 is 2.
	Miss float64
	// Rates says how likely things are used again; zero is the table that ships.
	Rates Rates
	// Bookkeeping is that of Default.
	Bookkeeping []string
}

// Name returns "value", with what is not as usual.
func (s Value) Name() string {
	name := "value"
	if s.Miss != 0 {
		name += " miss " + strconv.FormatFloat(s.Miss, 'g', -1, 64)
	}
	if s.Rates != (Rates{}) {
		name += " by rates of " + cmp.Or(s.Rates.Source, "one's own")
	}
	if s.Bookkeeping != nil {
		name += fmt.Sprintf(" bookkeeping %q", s.Bookkeeping)
	}
	return name
}

// EndsLoops returns true: where the provider protects an open tool loop, the groups
// that leave are weighed all the same, and the loop begins anew behind them.
func (Value) EndsLoops() bool { return true }

// Victims yields the dead, then all that lives, what is least worth its tokens first:
// results that can be stubs and large messages, which can be excerpts, by themselves,
// and all else with its group.
func (s Value) Victims(v *View) iter.Seq[Victim] {
	return WithDead(v, func(yield func(Victim) bool) {
		if len(v.Units) == 0 {
			return
		}
		so := newSorting(v, yield)
		d := Default{Bookkeeping: s.Bookkeeping}
		if !d.bookkeeping(so) || !so.olderResults() || v.OnlyDead {
			return
		}
		k := newStakes(&s, v)
		for _, i := range k.order(so.open) {
			u := &v.Units[i]
			victim := Victim{Unit: i, Reason: k.reason(i, k.usual)}
			if u.shortens(v.Budget) {
				victim.Keep = max(leastExcerpt, u.Tokens/excerptShare)
			}
			if !so.once(victim) {
				return
			}
		}
	})
}

// order lists the open units, what is least worth its tokens first.
func (k *stakes) order(open []bool) []int {
	worth := make([]float64, len(k.v.Units))
	at := groups(k.v)
	out := make([]int, 0, len(worth))
	for g := range len(at) - 1 {
		group, tokens := 0.0, 0
		for i := at[g]; i < at[g+1]; i++ {
			group += k.loses(i, k.usual)
			tokens += k.v.Units[i].Tokens
		}
		for i := at[g]; i < at[g+1]; i++ {
			u := &k.v.Units[i]
			worth[i] = group / float64(max(tokens, 1))
			if u.stubs() {
				worth[i] = min(worth[i], k.loses(i, k.usual)/float64(u.Tokens-u.Stub))
			}
			if open[i] {
				out = append(out, i)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b int) int { return cmp.Compare(worth[a], worth[b]) })
	return out
}

// reason says what is at stake: "12% within 32 calls, reload 4700, rent 610".
func (k *stakes) reason(i, calls int) string {
	u := &k.v.Units[i]
	percent := chance(k.rate[i], waited(u.Idle), calls) * 100 / one
	b := make([]byte, 0, 64)
	b = strconv.AppendInt(b, int64(percent), 10)
	b = append(b, "% within "...)
	b = strconv.AppendInt(b, int64(calls), 10)
	b = append(b, " calls; reload "...)
	b = strconv.AppendInt(b, whole(k.reload(i, calls)), 10)
	b = append(b, ", rent "...)
	b = strconv.AppendInt(b, whole(k.read*float64(u.Tokens)*float64(calls)), 10)
	return string(b)
}

// stakes is what is at stake with each unit of a view.
type stakes struct {
	v     *View
	rate  []int   // by unit, in parts of one; 0: nothing is lost with it
	read  float64 // price of a token that is read
	write float64 // and of one that is written
	asks  float64 // of a reload: the call that asks for it
	miss  float64
	usual int // calls until the next cut, roughly
}

// A pull is a call that asks for what is missing. Of the prompt it reads a part is
// counted: it is read after the cut, so that it is shorter by then, and calls that miss
// something miss two things or three.
const (
	asking    = 0.3 // of the prompt
	askTokens = 40  // that the model puts out for each thing
	around    = 60  // tokens around what a pull returns
	output    = 5   // price of a token put out, where the model does not say
	// unknownRead is the price of a token that is read, of one that is written, where neither
	// is known, or both are free: a prompt that was read before is quicker.
	unknownRead = 0.1
)

func newStakes(s *Value, v *View) *stakes {
	miss := s.Miss
	if !(miss > 0) {
		miss = 2
	}
	out := known(v.Cost.Output)
	if out == 0 {
		out = output
	}
	k := &stakes{v: v, rate: make([]int, len(v.Units)), miss: min(miss, most), read: known(v.Cost.Read), write: known(v.Cost.Write)}
	if k.read == 0 && k.write == 0 {
		k.read, k.write = unknownRead, 1
	}
	k.asks = k.read*asking*(float64(v.Base)+float64(v.Used)) + out*askTokens + k.write*around
	for i := range v.Units {
		if u := &v.Units[i]; u.Mark == quire.MarkNone && !u.Stubbed {
			k.rate[i] = parts(s.Rates.rate(u))
		}
	}
	k.usual = min(max(v.Budget/2/max(v.growth(), 1), horizons[0]), horizons[len(horizons)-1])
	return k
}

// most is the highest price and cost of a miss that are reckoned with, so that sums and
// products of them are numbers, and can be compared.
const most = 1e9

// known is a price; what is none, like a negative one, is not known.
func known(price float64) float64 {
	if !(price > 0) {
		return 0
	}
	return min(price, most)
}

// whole is a number as reasons tell it.
func whole(f float64) int64 { return int64(min(max(f, 0), 1<<53)) }

// growth is what enters in a call, in tokens.
func (v *View) growth() int {
	if v.Growth > 0 {
		return v.Growth
	}
	return max(v.Used/max(int(v.Call), 1), 1)
}

// reload is what it costs to miss unit i in a time of so many calls, halfway through it.
func (k *stakes) reload(i, calls int) float64 {
	tokens := float64(k.v.Units[i].Tokens)
	return k.miss*(k.asks+k.write*tokens) + k.read*tokens*float64(calls)/2
}

// loses is what it costs on average to be without unit i for so many calls.
func (k *stakes) loses(i, calls int) float64 {
	if k.rate[i] == 0 {
		return 0
	}
	p := chance(k.rate[i], waited(k.v.Units[i].Idle), calls)
	return float64(p) / one * k.reload(i, calls)
}
