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
// # Using it
//
// The caller keeps the state between calls:
//
//	plan, err := composer.Plan(compose.Input{State: state, Arrived: arrived, Model: profile})
//	if err != nil {
//		return err
//	}
//	reply, err := model.Generate(ctx, &plan.Prompt)
//	if err != nil {
//		state = plan.Failed("", 0) // what arrived for the call arrives again
//	} else {
//		state = plan.Next.Report(plan, reply.Usage)
//	}
//
// A [Composer] serves any number of agents on any number of goroutines. States,
// plans and receipts are values: Plan changes none that it is given, and shares
// memory with them, so change a State through its methods only.
//
// With a loop of your own and no mailbox, use [Session], which does that, and shows
// messages as they are.
//
// # Looking back and ahead
//
// [Plan.WriteTo] and [Plan.Decisions] say what is in a prompt and why. A
// [Receipt] of each call, kept in a store, answers later why a call did not see a
// message ([Explain]), and composes the calls again under other rules ([Replay]).
// [Composer.Quote] says what a pull would take before it is granted.
package compose
