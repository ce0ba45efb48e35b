package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/replaying"
	"github.com/quire-dev/quire/mailbox/sqlitestore"
	"github.com/quire-dev/quire/tokenizer"
	"github.com/quire-dev/quire/tokenizer/tiktoken"
)

// whatIf is what the flags say of an agent's own calls.
type whatIf struct {
	db, agent string
	since     time.Duration
	ttl       time.Duration
	tariff    string
	set       map[string]bool // flags that were given
}

func (w *whatIf) flags(f *flag.FlagSet) {
	w.set = map[string]bool{}
	f.StringVar(&w.db, "db", "", "mailbox file of an agent of your own: its calls are replayed, see above")
	f.StringVar(&w.agent, "agent", "", "with -db: the agent's address")
	f.DurationVar(&w.since, "since", 720*time.Hour, "with -db: how far back from its newest call; 0 is all")
	f.DurationVar(&w.ttl, "ttl", 0, "with -db: how long the provider is asked to keep what it caches, 5m or 1h say")
	f.StringVar(&w.tariff, "tariff", "", "with -db: a model whose prices in money are taken, or five amounts in dollars")
}

// check finds what is wrong with the flags before anything is opened.
func (w *whatIf) check(o *options) error {
	switch {
	case w.db == "":
		return errors.New("-agent: -db must name its mailbox file")
	case w.agent == "":
		return errors.New("-db: -agent must say whose calls, as in -agent ada")
	case len(o.files) > 0:
		return fmt.Errorf("-db replays a mailbox: %s is not read", o.files[0])
	case w.set["check"]:
		return errors.New("-check is for recorded sessions, not for -db")
	case w.since < 0:
		return errors.New("-since must not be negative")
	case w.set["budget"] && o.budget <= 0:
		return fmt.Errorf("-budget %d: it must be above 0", o.budget)
	}
	if _, err := os.Stat(w.db); err != nil {
		return fmt.Errorf("-db: %w", err)
	}
	return nil
}

// whatIfMailbox does what -db asks for.
func whatIfMailbox(ctx context.Context, o *options, stdout, stderr io.Writer) (ok bool, err error) {
	store, err := sqlitestore.Open(ctx, o.whatIf.db, &sqlitestore.Options{ReadOnly: true})
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	agent := quire.Address(o.whatIf.agent)
	then, err := replaying.Look(ctx, store.Store, agent)
	if err != nil {
		return false, err
	}
	p := newProgress(stderr)
	todo := replaying.MailboxOptions{Agent: agent, Since: o.whatIf.since, Progress: func(n, of int) { p.tick("call %d of %d", n, of) }}
	c, err := o.choice()
	if err != nil {
		return false, err
	}
	var problems []string
	todo.Was, problems = c.Was(then)
	if todo.Would, err = c.Would(then); err != nil {
		return false, fmt.Errorf("-%w", err)
	}
	res, err := replaying.Mailbox(ctx, store.Store, todo)
	p.end()
	if err != nil {
		return false, err
	}
	res.Problems = append(problems, res.Problems...)
	if o.json {
		e := json.NewEncoder(stdout)
		e.SetIndent("", " ")
		return true, e.Encode(res)
	}
	return true, o.printWhatIf(stdout, res, then, todo.Would)
}

// choice is what the flags name; what they do not stays as it was.
func (o *options) choice() (*replaying.Choice, error) {
	given := func(name, value string) string {
		if o.whatIf.set[name] {
			return value
		}
		return ""
	}
	c := &replaying.Choice{Policy: given("policy", o.policyName), Schedule: given("schedule", o.scheduleName), Model: given("model", o.model),
		API: quire.API(given("api", string(o.apiName))), Price: given("price", o.priceName), TTL: o.whatIf.ttl, Tariff: o.whatIf.tariff,
		Vocabularies: []tokenizer.Counter{tiktoken.O200k(), tiktoken.CL100k()}}
	if o.whatIf.set["budget"] {
		c.Budget = o.budget
	}
	var err error
	if o.whatIf.set["encoding"] {
		c.Counter, err = counter(o.encodingName)
	}
	return c, err
}
