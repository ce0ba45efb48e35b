// Package policy decides what may leave a prompt, and when. A [Policy] ranks
// victims, a [Schedule] chooses the one cut of this call; the composer enforces
// everything else (budget, pins, pairs, the provider's rules), so that neither
// can make an invalid prompt.
//
// Both look at a [View]: the units of the log in layout order, what they take,
// how old they are and when the model last used them. A unit that is no longer
// wanted is dead: the agent dropped it, a later message supersedes it, it
// expired, or a policy once judged so. The dead leave at the next cut that is
// worth its price; what lives leaves only for want of room.
//
// [Value] is both, and what a composer uses by default: what it costs to keep something,
// against what it costs to miss it.
//
// The policies: [Default], for work with tools; an [Order], which goes by one thing:
// [OldestFirst], [LRU], [LargestFirst], [ToolResultsFirst] or [ByPriority]; [WindowTurns], whose exchanges leave whole; and [Chain], which puts policies one
// behind the other. Three stand around another one: [KeepLast] spares the newest
// groups with tools, [NeverClear] what some tools returned, and [ExcerptFirst] has
// results become excerpts before they go. The schedules:
// [RentOrBuy], which removes what is dead where that pays; [Watermark],
// which cuts from a high mark to a low one; and [Strict], which lets go just
// enough and is what the composer falls back to.
//
// To write a policy, yield victims through [WithDead], which takes care of what
// is marked; to write a schedule, let a [Tally] say what a choice of victims
// frees. Both are pure: composers on many goroutines share one. Package
// policytest tests either.
//
// All sizes are in tokens as the composer counts them, framing included.
package policy
