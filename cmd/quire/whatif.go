package main

import (
	"bytes"
	"errors"
	"flag"
	"strings"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/replaying"
)

var whatIf = &command{name: "whatif", box: true, about: "say what an agent's calls would have taken under other rules", teach: `
Composes an agent's calls again, as quire replay does, and beside that under another budget,
policy, schedule, model or price: tokens, money, what would have left, and what would have
been missed. What no flag names stays as it was. It calls no model and changes nothing.

  quire whatif --box ada --budget 16000
  quire whatif --box ada --policy lru --since 7d
  quire whatif --box ada --model claude-opus-5 --ttl 1h --calls
  quire whatif --box ada --tariff 3,0.3,3.75,6,15

The rows: "reported" is what providers reported; "as it was" what was predicted then; "would
be" what is predicted now, in the same tokens and with the same answers. LEFT are messages
that left, ASKED FOR AGAIN those of them that the agent pulled back. GONE WHEN NAMED are
identifiers that an answer named, that stood in a message then and would not have: the agent
would have asked for them again, and what that costs is said below. Its answers are those of
that time; what it would have done is not known.

--tariff takes a model, or five amounts in dollars for a million tokens: input, read from the
cache, written to it, written for long, output. In --json money is in millionths of a dollar.
`, prepare: func(f *flag.FlagSet) action {
	o := otherwise{}
	f.IntVar(&o.Budget, "budget", 0, "`TOKENS` that a prompt may take")
	f.StringVar(&o.Policy, "policy", "", "what may leave, a `NAME`: "+strings.Join(replaying.Names(replaying.Policies), ", "))
	f.StringVar(&o.Schedule, "schedule", "", "when it leaves, a `NAME`: "+strings.Join(replaying.Names(replaying.Schedules), ", "))
	f.StringVar(&o.Model, "model", "", "the `NAME` of a model that is asked instead")
	f.StringVar((*string)(&o.API), "api", "", "the `FORMAT` that it is spoken to in (default: the usual one)")
	f.StringVar(&o.Price, "price", "", "the rules of a cache by their `NAME`, or those of a model")
	f.DurationVar(&o.TTL, "ttl", 0, "the `TIME` that the provider is asked to keep what it caches, 5m or 1h")
	f.StringVar(&o.Tariff, "tariff", "", "the `PRICES` in money: a model, or five amounts")
	f.StringVar(&o.since, "since", "", "only calls so long before the newest one, a `TIME`: 24h, 7d (default: all)")
	f.BoolVar(&o.calls, "calls", false, "a line for each call, too")
	return func(r *request) error { return r.whatIf(&o) }
}}

// otherwise is what the flags of whatif say.
type otherwise struct {
	replaying.Choice
	since string
	calls bool
}

// check finds what is wrong with the flags before anything is opened.
func (o *otherwise) check(args []string) (since time.Duration, err error) {
	formats := []quire.API{"", quire.APIAnthropic, quire.APIOpenAIChat, quire.APIOpenAIResponses, quire.APIGemini, quire.APIStrict}
	known := false
	for _, f := range formats {
		known = known || o.API == f
	}
	switch {
	case len(args) > 0:
		return 0, usage("it wants no arguments; the agent is --box")
	case o.Budget < 0 || o.TTL < 0:
		return 0, usage("--budget and --ttl are not negative")
	case !known:
		return 0, usage("--api %s: there are %v", o.API, formats[1:])
	case o.Budget == 0 && o.TTL == 0 && o.Policy+o.Schedule+o.Model+string(o.API)+o.Price+o.Tariff == "":
		return 0, usage("what if what? Give --budget, --policy, --schedule, --model, --price, --ttl or --tariff; quire replay composes by the rules of that time")
	}
	if o.since != "" {
		if since, err = span(o.since); err != nil {
			return 0, usage("--since %s: write 24h or 7d", o.since)
		}
	}
	return since, nil
}

func (r *request) whatIf(o *otherwise) error {
	since, err := o.check(r.args)
	if err != nil {
		return err
	}
	return r.again(since, &o.Choice, func(w *replaying.WhatIf, then *replaying.Then, would *replaying.Rules) error {
		var page bytes.Buffer
		w.WriteHead(&page, then, would)
		err := w.WriteTable(&page)
		w.WriteNotes(&page)
		if o.calls {
			err = errors.Join(err, w.WriteCalls(&page))
		}
		return errors.Join(err, r.print(w, func() { r.out.WriteString(clean(page.String())) }))
	})
}
