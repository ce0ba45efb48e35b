// Package compose makes the prompt of each model call anew, under a token
// budget, from what is resident in an agent's context.
//
// [Composer.Plan] is a pure function from [Input] to a [Plan]: the prompt, a
// [Decision] with its reason for every candidate, the predicted bill, and the
// [State] to commit when the call went well. It does no I/O and reads no clock:
// the same input gives the same bytes, also after a restart.
//
// The layout is tools, system, head (pinned by configuration), the log in order
// of entry, and the notice at the very end. Nothing in the log ever moves: what
// leaves leaves in a cut, at a place that the schedule chooses by price, and one
// line stands for it. So a prompt begins with the bytes of the one before it, up
// to the cut, and the provider's prefix cache keeps working.
//
// Someone with a loop of his own and no mailbox uses [Session].
package compose
