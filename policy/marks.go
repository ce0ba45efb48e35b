package policy

// Mark says why something resident is dead: no longer wanted. The empty mark
// means that it is wanted.
type Mark string

// The marks.
const (
	MarkNone       Mark = ""
	MarkDropped    Mark = "dropped"    // the agent let it go
	MarkSuperseded Mark = "superseded" // a later message replaces it
	MarkExpired    Mark = "expired"    // its validity ended
	MarkStale      Mark = "stale"      // the policy judged it of no more use
)

// Class says how a message came to be resident. Classes are not places: the order
// is that of entry for all three.
type Class string

// The classes.
const (
	ClassRecent Class = "recent"
	ClassPulled Class = "pulled"
	ClassPinned Class = "pinned"
)
