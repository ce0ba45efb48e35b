package policy

import "iter"

// Order is a policy that goes by one thing. What is marked leaves before all else; equal
// ones leave in layout order. One that is none of these is OldestFirst.
type Order string

// The orders. Each is its name, too.
const (
	// OldestFirst lets go what entered first, unit by unit: of a group, one result
	// after the other becomes a stub, and with the last one the group leaves.
	OldestFirst Order = "oldest first"
	// LRU lets go what the model has not used for the longest time, unit by unit; of
	// several the oldest. A group leaves when the last of its units has had its turn.
	LRU Order = "lru"
	// LargestFirst lets go what frees most at once: whole groups by their size, or,
	// where something in a group is fixed, as much of it as can become stubs.
	LargestFirst Order = "largest first"
	// ToolResultsFirst turns results into stubs before anything else leaves: they
	// are what is largest and easiest to get again.
	ToolResultsFirst Order = "tool results first"
	// ByPriority lets go what has the lowest priority. A group leaves when the unit
	// with its highest priority does.
	ByPriority Order = "by priority"
)

// name is the order itself.
func (o Order) name() string {
	switch o {
	case LRU, LargestFirst, ToolResultsFirst, ByPriority:
		return string(o)
	}
	return string(OldestFirst)
}

// Victims yields what is marked, then all else in the order.
func (o Order) Victims(v *View) iter.Seq[Victim] {
	switch o {
	case LRU:
		return leastUsed(v)
	case LargestFirst:
		return largest(v)
	case ToolResultsFirst:
		return resultsFirst(v)
	case ByPriority:
		return byPriority(v)
	}
	return oldest(v)
}
