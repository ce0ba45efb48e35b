package postgresstore

import (
	"time"

	"github.com/quire-dev/quire/mailbox"
)

// Options say how a database is used. The zero value is ready to use.
type Options struct {
	Clock func() time.Time // when a call brings no time; nil: time.Now
	Rules mailbox.Rules
	// Schema is where the tables are; "" is "quire". It is made if it is missing.
	Schema string
	// Conns is how many connections are used at most, besides one for listening
	// while somebody waits; 0: 8.
	Conns int
	// Patience is how long a call goes on trying while the server can't be reached
	// or others write to the same mailboxes; 0: 30 s.
	Patience time.Duration
	// Answer is how long the server may take to answer one statement, and to commit;
	// after that the connection is given up, whatever the caller's context says, and
	// the call tries again while Patience lasts. The server is told to give statements
	// up then, too. 0: 30 s. Opening, which may have to rewrite tables, takes an hour
	// for each statement.
	Answer time.Duration
	// Poll is how often a wait looks although the server notified it of nothing;
	// 0: 1 s.
	Poll time.Duration
}

func (o *Options) withDefaults() Options {
	var c Options
	if o != nil {
		c = *o
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.Schema == "" {
		c.Schema = "quire"
	}
	if c.Conns <= 0 {
		c.Conns = 8
	}
	if c.Patience <= 0 {
		c.Patience = 30 * time.Second
	}
	if c.Answer <= 0 {
		c.Answer = 30 * time.Second
	}
	if c.Poll <= 0 {
		c.Poll = time.Second
	}
	return c
}
