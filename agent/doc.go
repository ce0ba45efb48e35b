// Package agent runs one agent on one mailbox: it wakes on mail, composes a
// prompt, calls the model, runs the tools and commits, so that a crash at any
// point loses nothing and repeats nothing.
//
// A step is one model call with its tools; a turn is the steps from waking to
// ending; [Agent.Run] is turns for as long as its context lives:
//
//	a, err := agent.New(store.Box("ada"), model, &agent.Options{System: "You build things."})
//	if err != nil {
//		return err
//	}
//	return a.Run(ctx)
//
// # One step
//
// The step reads a snapshot and plans the prompt from it. The model's reply is
// committed together with the plan's next state, its receipt and the intent of
// each tool call (commit A). Then the tools run, and their results, what the
// mail tools did and the acknowledgements are committed (commit B). A step that
// was cut off between the two is finished from the journal by whoever calls
// Step next on the same mailbox: a call that had not begun runs, a call whose
// result was stored keeps it, and a call that had begun and may not be repeated
// gets the result "outcome unknown".
//
// # Mail
//
// The mail that wakes the agent is delivered whole, the most urgent first and then
// the oldest, as far as [Limits] let it; the first one always is, as an excerpt if
// it is too large. The rest is only named in the notice. What was delivered or
// pulled in a turn that ends normally is handled, unless the model deferred it with
// mail_done. The acknowledgement is part of the commit that ends the turn.
//
// The model has six tools: mail_find, mail_send, mail_done, context_pull,
// context_drop and context_pin. They read the mailbox as it is when they run
// and take effect with commit B.
//
// # Streams and requests
//
// With [Options.Streaming] others follow what the model says while it says it: in the
// store, from any process, and from where they were when they come back. [RequestStatus]
// says how mail that was sent to an agent stands. Package streamhttp serves both.
//
// # Running for years
//
// Run ends with its context, with [Agent.Shutdown], and on what can't pass. It outlives
// models that can't be reached and a store that is away: [Options.Log] and
// [Options.OnError] say so while it happens, [Status] and [RequestStatus] from any process,
// and the owner is told once. [Limits] say for how long calls and tools are waited for. Give
// [Options.Lease] to every process that may run the same agent.
//
// # What goes wrong with a reply
//
// A reply that broke off is no answer: its whole calls run, half a call does not, half an
// answer is not mailed, and the turn goes on. A request that a provider refuses, or a reply
// that can't be read twice, costs nobody but the message that it is about: what is new is
// held back by halves until a prompt is taken, what is found guilty stands as one line from
// then on, and the owner is told (docs/decisions/0035). What a store does not accept is the
// result of the call that wanted it.
//
// # Limits
//
// A turn that goes round in circles, an hour that costs too much, or mail that
// can't be dealt with ends in a *[LimitError], an event to the owner, and an
// agent that waits for something new; never in a spin.
package agent
