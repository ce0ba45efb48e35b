package work

// Life is a script for the agents of one store: what comes to them, and what is to
// come of it.
type Life struct {
	Seed   string
	Agents []Agent
	Events []Event
	Jobs   []Job
	Output int // words that the tool returns around its result
	// Replies are what people send when they are asked, by what the question's subject says.
	Replies map[string]Reply
}

// Agent is one of the agents.
type Agent struct {
	Address, System string
	Tool            bool // it has the tool that lists of steps run
}

// Event is mail that comes at once, and what comes behind it while the agents work
// on it: one message after each call.
type Event struct {
	Mail   []Mail
	During []Mail
}

// Mail is one message.
type Mail struct {
	From, To      string
	Subject, Body string
	Auto          bool   // no person wrote it
	Question      string // the job whose question this answers; it is sent only if that was asked
}

// Job is what is asked for, and the right answer.
type Job struct {
	ID    string
	Asker string
	Want  string
}

// Reply is the answer to a question, so many events later.
type Reply struct {
	After int
	Mail  Mail
}
