// Package quire is the vocabulary of a library that composes the context of
// every model call from a persistent mailbox, instead of from a transcript that
// only grows. It holds values only: no I/O, no clock, and nothing
// but the standard library.
//
// # One step
//
// What people, agents and tools send to an agent becomes a [Message]: the
// [Draft] that its author wrote, with the [Envelope] that the store stamped. In
// each recipient's mailbox it is a [Delivery] with a short number, its [UID],
// which the model sees as "#41". An agent's own turns and tool results are
// messages in its own mailbox too, so that nothing it ever saw is out of reach.
//
//	people, agents, tools
//	       │ send
//	       ▼
//	mailbox.Store ──── read ──▶ compose ──Prompt──▶ providers.Model
//	       ▲                                            │ Reply
//	       ├── commit A: the reply, what each tool call intends, the next state
//	       │   then the tools run
//	       └── commit B: their results, acknowledgements, outgoing mail
//
// Who calls what, of one mail: mailbox.Box.Send is a mailbox.Store.Commit with one draft.
// The recipient's agent.Agent.Step reads the Snapshot, which has the agent's own and no
// waiting mail; lists what waits by Query, and reads what it shows whole by Get. Both go
// into compose.Input.Arrived. compose.Composer.Plan makes the prompt, and the Generate
// of a provider's adapter the bytes, by providers/wire.
//
// Before each call the composer makes a [Prompt] within a budget: tools, system,
// the head, the log, the notice. The log is what is resident now, in order
// of entry; nothing in it moves. What is no longer wanted is
// marked, and leaves where the price of a cut through the provider's cache is
// paid back. What left stays in the mailbox and can be pulled back.
//
// # Packages
//
//   - [github.com/quire-dev/quire/tokenizer] counts tokens, offline, and learns
//     from reported usage how far off it is.
//   - [github.com/quire-dev/quire/price] knows what providers charge and what
//     their caches can still read.
//   - [github.com/quire-dev/quire/policy] decides what may leave a prompt, and
//     when.
//   - [github.com/quire-dev/quire/compose] makes the prompt, with a decision and
//     its reason for every candidate.
//   - [github.com/quire-dev/quire/mailbox] keeps the mail, with all its rules.
//     mailbox/memstore opens a store in memory, mailbox/sqlitestore one in a file, the
//     module mailbox/postgresstore one on a PostgreSQL server. mailbox/recall finds
//     what answers a question; mailbox/archive reads and writes mailboxes as files.
//   - [github.com/quire-dev/quire/providers] is the interface to models;
//     providers/wire makes and reads request bytes, and providers/promptcheck
//     tells whether a prompt is one that a provider accepts. For tests,
//     providers/scripted is a model that follows a script, and providers/record
//     plays back real runs. Adapters are modules of their own: anthropicmodel,
//     geminimodel, ollamamodel, openaimodel and langchainmodel, below providers.
//   - [github.com/quire-dev/quire/agent] is the loop round all of them, with
//     recall, models that stand in for others, and limits on spending.
//     Its streams can be followed over HTTP (agent/streamhttp), or over a websocket with
//     the module agent/streamws. The module mcp gives it the tools of MCP servers, and
//     MCP clients a mailbox.
//   - [github.com/quire-dev/quire/transcript] reads the records of other
//     programs into messages.
//
// Who has a loop of his own takes compose alone; who wants mail only, mailbox.
// Who implements an interface tests it with a kit: policy/policytest,
// mailbox/drivertest, providers/modeltest.
//
// # Parts
//
// A message is made of parts, a sealed set of values: see [Part]. Stores write and
// read them as JSON. A kind of part, or a member of one, that this version does not
// know is carried as [Opaque] and written back byte for byte, so that an older program
// may handle the mail of a newer one. A text of more than 64 KiB is kept apart from its
// message: a [Blob] with its head and tail stands in its place.
//
// # Identity
//
// A [Draft] gets its [MessageID] before the first attempt to send it, from its author or
// from the mailbox.Box that sends it, and its digest
// covers all that the author wrote: the same id with the same digest is the same
// message, sent again. Digests are taken over canonical encodings, in which map order,
// white space and time zones have no say.
package quire
