package transcript

import "github.com/quire-dev/quire"

// Options says how records are read. Nil and the zero value are the defaults.
type Options struct {
	Agent quire.Address // who the session's turns are from; default "agent"
	User  quire.Address // who the user's messages are from; default "user"
	// Environment is who the observations of a text loop are from; default
	// "environment". Some agents use no tool calls: they write a command as text,
	// and what it printed comes back as a user message. Such messages are
	// read as mail from Environment, so that a policy can tell them from what
	// a person said; with the address of User they stay the user's. A chat is
	// such a loop when it has no
	// tool calls, every message after the first answer alternates between the
	// two, at least four fifths of the answers hold a fenced block, and at
	// least four fifths of the user messages after the first answer begin with
	// the same five characters.
	Environment quire.Address
	// MaxLine is the longest line in bytes that is read; default 256 MiB.
	// Longer ones are left out and reported.
	MaxLine int
	// MaxBytes is how much of a file is read, after decompression; default
	// 1 GiB. What follows is reported as truncated, and so is what unpacks to more
	// than 64 MiB and a hundred times its size.
	MaxBytes int64
	// MaxMessages is how many messages a record holds, each part of one beyond
	// its first counting as another, and those that branches repeat again; default
	// 1,000,000. What follows is reported as truncated.
	MaxMessages int
	// Progress, when set, is called now and then with the bytes of the file
	// that were read and its size (0 when unknown), by the goroutine that
	// reads.
	Progress func(done, total int64)
}

// withDefaults returns a copy in which nothing is at its zero value that has a
// default.
func (o *Options) withDefaults() Options {
	var c Options
	if o != nil {
		c = *o
	}
	if c.Agent == "" {
		c.Agent = "agent"
	}
	if c.User == "" {
		c.User = "user"
	}
	if c.Environment == "" {
		c.Environment = "environment"
	}
	if c.MaxLine <= 0 {
		c.MaxLine = 256 << 20
	}
	if c.MaxBytes <= 0 {
		c.MaxBytes = 1 << 30
	}
	if c.MaxMessages <= 0 {
		c.MaxMessages = 1_000_000
	}
	return c
}
