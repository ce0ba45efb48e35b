package trace

import (
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/tokenizer"
)

// Trace is one or more lives that are summed up. Each life starts with a cold
// cache and an empty context.
type Trace struct {
	Name    string
	Budgets []int // tokens; those that are usual for it
	Lives   []*Life
}

// Calls is the number of model calls.
func (t *Trace) Calls() int {
	n := 0
	for _, l := range t.Lives {
		n += len(l.Calls)
	}
	return n
}

// Life is the work of one agent from its first call to its last. It is not
// changed once it is loaded, so it may be shared.
type Life struct {
	ID     string
	System string
	Tools  []quire.Tool
	// Model is the one that was recorded; empty when there is none.
	Model string
	Items []quire.Item // in order; item i has UID i+1
	Calls []Call
	// Given are the calls from which each item is dead, for traces that say so;
	// nil for recorded ones, where they follow from Uses.
	Given []int
	// Real says that the items have their recorded text.
	Real    bool
	Counter tokenizer.Counter

	byID map[quire.MessageID]int
}

// Call is one model call. It is sent what arrived up to item Upto.
type Call struct {
	Upto  int
	At    time.Time
	Named []Name // by the answer
}

// Name is an identifier in an answer that stood earlier.
type Name struct {
	Text   string
	System bool    // it stands in the system prompt
	In     []int32 // items that hold it, in order
}

// Arrived lists the items that are new in a call.
func (l *Life) Arrived(call int) []quire.Item {
	from := 0
	if call > 0 {
		from = l.Calls[call-1].Upto
	}
	return l.Items[from:l.Calls[call].Upto]
}

// Arrival lists for each item the call that first shows it; len(Calls) for what
// comes after the last one.
func (l *Life) Arrival() []int {
	out := make([]int, len(l.Items))
	call := 0
	for i := range out {
		for call < len(l.Calls) && l.Calls[call].Upto <= i {
			call++
		}
		out[i] = call
	}
	return out
}

// Body finds a message, for a composer.
func (l *Life) Body(id quire.MessageID) (quire.Item, bool) {
	i, ok := l.byID[id]
	if !ok {
		return quire.Item{}, false
	}
	return l.Items[i], true
}

// Index numbers the items and makes Body work. Loaders call it last.
func (l *Life) Index() {
	l.byID = make(map[quire.MessageID]int, len(l.Items))
	for i := range l.Items {
		l.Items[i].UID = quire.UID(i + 1)
		l.byID[l.Items[i].ID] = i
	}
}

// Head returns the life cut off after so many calls.
func (l *Life) Head(calls int) *Life {
	if calls <= 0 || calls >= len(l.Calls) {
		return l
	}
	out := *l
	out.Calls = l.Calls[:calls]
	out.Items = l.Items[:l.Calls[calls-1].Upto]
	if out.Given != nil {
		out.Given = l.Given[:len(out.Items)]
	}
	return &out
}

// Person says whether an item is from somebody, and not from the agent or from
// the environment that its commands run in.
func Person(it *quire.Item) bool {
	return !it.Self && it.Kind == quire.KindMail && it.From != environment
}

const environment = quire.Address("environment")
