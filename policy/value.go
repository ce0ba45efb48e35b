package policy

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"sync"
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
//	((write − read) × tokens that live behind it + Σ chance × reload) ÷ H + read × (prompt − freed + again × H ÷ 2)
//
// where again is how fast what it frees gathers behind it, by how long that has stood for
// nothing. It is made now if that is less than one more call of the prompt as it is, or if
// the budget forces it: then what is least worth its tokens goes too, until all fits,
// and H is no more than what the budget leaves room for. So the level that the window
// is kept at comes from the prices; there are no marks in tokens. With all of a kind it
// is the rule of the economic order quantity (Harris 1913): cut when the rent saved in
// half a cycle reaches the price of the cut.
//
// Dead are what is marked, and what [Default] says is. The zero value is ready to use.
type Value struct {
	// Miss is what it costs to miss something, in pulls: 1 is its pull and nothing
	// else, which suits a model that always notices and asks; larger keeps more. 0 is 1.5.
	Miss float64
	// Rates says how likely things are used again; zero is the table that ships.
	Rates Rates
	// Bookkeeping is that of Default.
	Bookkeeping []string
}

// name returns "value", with what is not as usual.
func (s Value) name() string {
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
		k := spareStakes.Get().(*stakes)
		defer k.spare()
		k.look(&s, v)
		why, order := reasons{}, k.order(so.open, so.at)
		for n := range order {
			i := order[n].unit
			u := &v.Units[i]
			victim := Victim{Unit: i, Reason: why.next(k, order[n:])}
			if u.shortens(v.Budget) {
				victim.Keep = max(leastExcerpt, u.Tokens/excerptShare)
			}
			if !so.once(victim) {
				return
			}
		}
	})
}

// order lists the open units, what is least worth its tokens first; equal ones in layout
// order.
func (k *stakes) order(open []bool, at []int) []ranked {
	out := slices.Grow(k.ranked[:0], len(k.v.Units))
	for g := range len(at) - 1 {
		group, tokens, from := 0.0, 0, len(out)
		for i := at[g]; i < at[g+1]; i++ {
			loses := k.loses(i, k.usual)
			group += loses
			tokens += k.v.Units[i].Tokens
			if open[i] {
				out = append(out, ranked{loses, i})
			}
		}
		whole := group / float64(max(tokens, 1))
		for j := from; j < len(out); j++ {
			r, worth := &out[j], whole
			if u := &k.v.Units[r.unit]; u.stubs() {
				worth = min(whole, r.worth/float64(u.Tokens-u.Stub))
			}
			r.worth = worth
		}
	}
	slices.SortFunc(out, func(a, b ranked) int {
		switch {
		case a.worth < b.worth:
			return -1
		case a.worth > b.worth:
			return 1
		}
		return a.unit - b.unit
	})
	k.ranked = out
	return out
}

// ranked is what a token of a unit is worth.
type ranked struct {
	worth float64
	unit  int
}

// reasons are those of units, in order. They are made some at a time: a string for each
// would be most of what a decision takes.
type reasons struct {
	made [64]string
	left int
}

func (r *reasons) next(k *stakes, rest []ranked) string {
	if r.left == 0 {
		var ends [len(r.made)]int
		r.left, k.text = min(len(rest), len(r.made)), k.text[:0]
		for n := range r.left {
			k.text = k.appendReason(k.text, rest[n].unit, k.usual)
			ends[n] = len(k.text)
		}
		from, all := 0, string(k.text)
		for n := range r.left {
			r.made[r.left-1-n] = all[from:ends[n]] // the last one is next
			from = ends[n]
		}
	}
	r.left--
	return r.made[r.left]
}

// reason says what is at stake: "12% within 32 calls, reload 4700, rent 610".
func (k *stakes) reason(i, calls int) string {
	return string(k.appendReason(make([]byte, 0, 64), i, calls))
}

func (k *stakes) appendReason(b []byte, i, calls int) []byte {
	s := &k.of[i]
	b = strconv.AppendInt(b, int64(s.chance(calls)*100/one), 10)
	if calls != k.within {
		k.words = append(strconv.AppendInt(append(k.words[:0], "% within "...), int64(calls), 10), " calls; reload "...)
		k.within = calls
	}
	b = append(b, k.words...)
	b = strconv.AppendInt(b, whole(s.reload(calls)), 10)
	b = append(b, ", rent "...)
	return strconv.AppendInt(b, whole(s.rent*float64(calls)), 10)
}

// stakes is what is at stake with each unit of a view.
type stakes struct {
	v     *View
	of    []stake // by unit
	read  float64 // price of a token that is read
	write float64 // and of one that is written
	usual int     // calls until the next cut, roughly

	ranked []ranked // memory for order
	text   []byte   // and for reasons
	words  []byte   // what reasons say between two numbers
	within int      // of how many calls
}

// What a decision needs is kept for the next one: to make it anew takes as long as the
// decision itself. Nothing of a view is kept.
var (
	spareStakes    = sync.Pool{New: func() any { return &stakes{} }}
	spareWeighings = sync.Pool{New: func() any { return &weighing{} }}
)

func (k *stakes) spare() {
	k.v = nil
	spareStakes.Put(k)
}

// stake is what is at stake with one unit.
type stake struct {
	rate   int     // in parts of one; 0: nothing is lost with it
	wait   int     // calls since its last use
	ln     int     // of that
	missed float64 // what it costs to miss it, apart from what stands in for it then
	rent   float64 // what it costs to read it in one call
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

// look sees what is at stake in a view.
func (k *stakes) look(s *Value, v *View) {
	miss := s.Miss
	if !(miss > 0) {
		miss = 1.5
	}
	out := known(v.Cost.Output)
	if out == 0 {
		out = output
	}
	k.v, k.of, k.read, k.write = v, sized(k.of, len(v.Units)), known(v.Cost.Read), known(v.Cost.Write)
	if k.read == 0 && k.write == 0 {
		k.read, k.write = unknownRead, 1
	}
	miss = min(max(miss, least), most)
	asks := k.read*asking*(float64(v.Base)+float64(v.Used)) + out*askTokens + k.write*around
	rates := s.Rates.table()
	for i := range v.Units {
		u, of := &v.Units[i], &k.of[i]
		tokens := float64(u.Tokens)
		of.wait = waited(u.Idle)
		of.ln, of.missed, of.rent = ln(of.wait), miss*(asks+k.write*tokens), k.read*tokens
		if u.Mark == MarkNone && !u.Stubbed {
			of.rate = parts(rates.rate(u))
		}
	}
	k.usual = min(max(v.Budget/2/max(v.growth(), 1), horizons[0]), horizons[len(horizons)-1])
}

// most is the highest price and cost of a miss that are reckoned with, so that sums and
// products of them are numbers, and can be compared.
const most = 1e9

// least is what a miss costs at least, in pulls: what lives is never worth nothing.
const least = 1e-6

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

// chance is how likely it is used in so many calls, in parts of one.
func (s *stake) chance(calls int) int {
	if s.rate == 0 {
		return 0
	}
	return max(1, one-decay(s.rate*(ln(s.wait+calls)-s.ln)>>16))
}

// reload is what it costs to miss it in a time of so many calls, halfway through it.
func (s *stake) reload(calls int) float64 {
	return s.missed + s.rent*float64(calls)/2
}

// loses is what it costs on average to be without it for so many calls.
func (s *stake) loses(calls int) float64 {
	if s.rate == 0 {
		return 0
	}
	return float64(s.chance(calls)) / one * s.reload(calls)
}

func (k *stakes) loses(i, calls int) float64 { return k.of[i].loses(calls) }
