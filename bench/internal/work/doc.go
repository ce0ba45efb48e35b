// Package work lets a reader do jobs with nothing but its prompt and its tools: a
// model without a model. It claims nothing about attention. It proves that what is
// needed can be had, or shows where it can't.
//
// # The reader
//
// These are its rules, version 5 ([Rules]): 1 did not read on in what it saw a
// piece of, 2 read the rows of searches only, and not those that a pull names, 3 did not
// know what a compose.Session shows, and 4 took a passage on a recalled note for the whole
// message, of which there were none then, and did not pull a job that such a note shows;
// nothing else changed. Whoever changes one raises the version and runs everything again.
//
//   - It gets the bytes of one request ([Read]), of OpenAI's chat format or Anthropic's,
//     and nothing else: no world, no memory between calls. It understands three renderings:
//     quire's, with its handles, fences, excerpts, stubs, tombstones, notice and rows of a
//     search; a plain one, "Mail 12 from mia: Subject" above a body; and that of a
//     compose.Session, the plain one with the session's lines and what its tools return.
//     What stands between fences is a body, whatever it looks like.
//   - It takes jobs and standing instructions only from whom its system prompt names. It
//     works on jobs of the turn that goes on: those that came, were pulled because the
//     notice or an excerpt named them, or are named by a reply to its own question. A job
//     whose answer stands in the prompt, or which its owner took back ("Leave ID."), is done.
//     One that is shown in part it pulls first.
//   - For each need of a job, in their order: the newest value that it sees, whoever tells
//     it or, if the job says so, of who told it. Before it believes a value it pulls what
//     is named, newer, and of the same words or the same teller. Without a value it pulls
//     what may hold one: rows of a search that have the words, the newest first; rows of
//     the teller; what is shown in part; a stub of the call that made it. Then it searches
//     by the job's words, then by the teller. Then it asks, if the job names somebody,
//     and ends its turn. Then it answers "unknown".
//   - Half of the jobs it does need by need; in the others it first searches for all that
//     it does not see, and then pulls.
//   - A row names a message and is no content; only if the message can't be pulled it
//     takes the sentence in the row. What is too large to be pulled it reads in ranges:
//     as the tool tells it, else of 30,000 bytes; one whose middle is not shown, by half.
//   - An instruction, a job or a list of steps that is gone it has forgotten. It does not
//     search for it. A standing instruction that says so it pins when it comes, while no other mail
//     stands behind it.
//   - A list of steps goes on behind the last step that can be seen; a result that can't be
//     had any more is made again. It repeats whatever it can't see that it did.
//   - What stands in a session's list it takes for newer than what left it. A row of
//     context_find says no sender unless the head of the mail stands in it: then the words
//     are enough to pull it. A row whose words stand in a message that is seen whole names
//     nothing new. The teller is searched for as a word. A search whose result is left out
//     it makes again.
//   - It understands two wordings of a thing and thinks only of the job's when it searches:
//     the second is the first one's words, each read backwards.
//
// Its mistakes follow from the job's id: the first of two values in place of the newest,
// in 5 of 100 jobs; no value seen beyond the first 20,000 tokens, in 5; no search, in 10;
// a row read as if it were the message, in 2. A job that went wrong where a mistake
// changed what the reader did is counted apart.
//
// # Ways to keep within a budget
//
// [Strategies] lists them. "quire" is the shipped agent with its defaults, on a mailbox.
// The baselines keep one list of messages and shorten it; with a mailbox's tools they have
// quire's system prompt and tools, and without ("-bare") only the tool that sends.
// "session" is a loop over compose.Session with its tools, one that sends and one by which
// the model lets the loop add a mail to the list as a system message; "session-bare" lacks
// the session's tools. "adopt" is a loop that has none of it and sends its whole list in bytes,
// over a client whose transport (package adopt) composes. All are priced by one ledger, by which prefix of messages was sent
// before. A plain loop's request over the budget is refused, and so its turn ends.
//
// # Families
//
// A family is data ([Spec]); [ReadSpecs] reads more of them. Lives, names and words are
// drawn by the seed; two seeds share few words. A third of the facts share no word with
// what asks for them. [Cell.Run] gives the same row for the same cell on every machine.
package work
