// Owndriver stands between a store and what keeps its mail: a driver that embeds another
// one and writes a line for each message that was committed. Everything that it does not
// override is the other one's, and the rules of mail stay those of mailbox.Store.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
	"github.com/quire-dev/quire/mailbox/memstore"
)

// Line is what is logged of a message.
type Line struct {
	ID      quire.MessageID `json:"id"`
	From    quire.Address   `json:"from"`
	Sent    time.Time       `json:"sent"`
	Kind    quire.Kind      `json:"kind"`
	Snippet string          `json:"snippet"`
}

// Logged is a driver that logs the messages which another one keeps. The log is written
// after the commit, so a crash between the two loses lines, never mail.
type Logged struct {
	driver.Driver

	mu  sync.Mutex
	out *json.Encoder
	err error // of the log; it does not fail mail
}

// New logs what d keeps, a line of JSON each.
func New(d driver.Driver, out io.Writer) *Logged {
	return &Logged{Driver: d, out: json.NewEncoder(out)}
}

// Update implements [driver.Driver].
func (l *Logged) Update(ctx context.Context, u driver.Update, fn func(driver.Write) error) (bool, error) {
	var lines []Line
	repeated, err := l.Driver.Update(ctx, u, func(w driver.Write) error {
		lines = nil // it may be run again, and then what it did before is undone
		return fn(&write{w, &lines})
	})
	if err != nil {
		return repeated, err // nothing happened
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, line := range lines {
		if err := l.out.Encode(line); err != nil && l.err == nil {
			l.err = err
		}
	}
	return repeated, nil
}

// Err is the first failure of the log.
func (l *Logged) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

// write is a transaction that remembers which messages it put.
type write struct {
	driver.Write
	lines *[]Line
}

// PutMessage implements [driver.Write].
func (w *write) PutMessage(m *driver.Message) error {
	*w.lines = append(*w.lines, Line{m.ID, m.From, m.Sent, m.Kind, m.Snippet})
	return w.Write.PutMessage(m)
}

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer) error {
	logged := New(memstore.NewDriver(""), out)
	store := mailbox.New(logged, nil)
	defer store.Close()
	// A store that is open already is wrapped by store.Wrap.
	sent, err := store.Box("mia").Send(ctx, quire.Draft{To: []quire.Address{"ada"}, Subject: "Release",
		Parts: []quire.Part{quire.Text{Text: "Shall we ship?"}}})
	if err != nil {
		return err
	}
	// The same mail again is no other message, and no other line.
	if _, err := store.Box("mia").Send(ctx, quire.Draft{ID: sent.ID, To: []quire.Address{"ada"}, Subject: "Release",
		Parts: []quire.Part{quire.Text{Text: "Shall we ship?"}}}); err != nil {
		return err
	}
	return logged.Err()
}
