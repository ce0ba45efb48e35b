package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/examples/internal/replaying"
	"github.com/quire-dev/quire/mailbox/sqlitestore"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/policy"
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
	var problems []string
	if todo.Was, problems, err = o.asItWas(then); err != nil {
		return false, err
	}
	if todo.Would, err = o.asItWouldBe(then); err != nil {
		return false, err
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
	return true, o.printWhatIf(stdout, res, then)
}

// asItWas are the rules of that time, as far as they are known, and what is not.
func (o *options) asItWas(then *replaying.Then) (r replaying.Rules, problems []string, err error) {
	c := compose.Options{}
	c.Policy, c.Schedule = byName(policies, then.Last.Policy), byName(schedules, then.Last.Schedule)
	var ok bool
	if c.Counter, c.Framing, ok = replaying.CounterOf(then.Setup.Counting, tiktoken.O200k(), tiktoken.CL100k()); !ok {
		problems = append(problems, fmt.Sprintf("how tokens were counted (%q) is not known here: they are estimated", then.Setup.Counting))
	}
	if then.Setup.Model == "" {
		problems = append(problems, "the receipts are of before 2026-11-29 and do not say how calls were configured: text of about the same size stands for the system prompt and the tools, and no price of that time is known")
	}
	r.Composer = compose.New(&c)
	r.Aim = func(was compose.Setup) replaying.Aim { return o.usual(was, then) }
	return r, problems, nil
}

// composer is that of the flags; what they do not name is as it was.
func (o *options) composer(then *replaying.Then) (*compose.Composer, error) {
	c := compose.Options{}
	c.Policy, c.Schedule = byName(policies, then.Last.Policy), byName(schedules, then.Last.Schedule)
	c.Counter, c.Framing, _ = replaying.CounterOf(then.Setup.Counting, tiktoken.O200k(), tiktoken.CL100k())
	var ok bool
	var err error
	if o.whatIf.set["policy"] {
		if c.Policy, ok = find(policies, o.policyName); !ok {
			return nil, fmt.Errorf("-policy %s: there are %s", o.policyName, strings.Join(names(policies), ", "))
		}
	}
	if o.whatIf.set["schedule"] {
		if c.Schedule, ok = find(schedules, o.scheduleName); !ok {
			return nil, fmt.Errorf("-schedule %s: there are %s", o.scheduleName, strings.Join(names(schedules), ", "))
		}
	}
	if o.whatIf.set["encoding"] {
		if c.Counter, err = counter(o.encodingName); err != nil {
			return nil, err
		}
	}
	return compose.New(&c), nil
}

// byName finds a policy or schedule by what it calls itself; none is the composer's own.
func byName[T any](list []named[T], name string) (none T) {
	for _, n := range list {
		if policy.Name(n.make) == name {
			return n.make
		}
	}
	return none
}

// usual is what a call was aimed at.
func (o *options) usual(was compose.Setup, then *replaying.Then) replaying.Aim {
	if was.Model == "" {
		was.Model, was.API = then.Answers, apiOf(then.Answers)
		was.Cost = models.FindOver(was.API, was.Model).Cache
	}
	a := replaying.Aim{Model: models.FindOver(was.API, was.Model), Price: was.Cost}
	pay(&a, provider(&was), was.Model)
	return a
}
