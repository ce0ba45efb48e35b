package main

import (
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/replaying"
	"github.com/quire-dev/quire/policy"
	"github.com/quire-dev/quire/price"
	"github.com/quire-dev/quire/tokenizer"
	"github.com/quire-dev/quire/tokenizer/tiktoken"
)

const usage = `replay composes the calls of recorded agent sessions anew, under a budget and
a policy of your choice: what would have been sent, what it would have cost,
what would have left, and how much of what the agent went on to name would
still have been there. It calls no model.

  replay [flags] [FILE…]
  replay -db FILE -agent ADDRESS [flags]

FILE is a session of Claude Code (.jsonl), a chat in the form of OpenAI's or
Anthropic's API (.json, .jsonl: a list of messages, or runs that hold one under
"messages" or "traj"), also compressed (.gz). Without one, a sample that comes
along is replayed: 60 calls of a coding agent.

Examples:
  replay                                  the sample, at 16,000 tokens
  replay -calls                           call by call
  replay -budget 8000 -policy lru *.gz    other sessions, another policy
  replay -schedule strict -calls          evict only what must go: watch the
                                          price rise, and why
  replay -price list                      the cost models that are known
  replay -check                           for all five APIs: is every prompt
                                          one that the provider takes?

What if: with -db, an agent's own calls are composed anew from its mailbox and its
receipts, and paid: what they took, and what they would have taken. What is not named
stays as it was; without a flag nothing changes, so that you see whether the replay is
true: all calls should come out the same.
  replay -db mail.db -agent ada           what was: the past month, in money
  replay -db mail.db -agent ada -budget 16000 -policy lru
                                          a smaller context, another policy
  replay -db mail.db -agent ada -model claude-opus-5 -ttl 1h -since 168h
                                          another model, an hour's cache, a week
  replay -db mail.db -agent ada -tariff 3,0.3,3.75,6,15
                                          prices of your own, in dollars for a million
                                          tokens: input, read, written, written for
                                          long, output

The columns of -calls:
  recorded      input tokens that the provider reported then; - if unknown
  append-only   what a program sends that never lets anything go, counted here
  quire         what the composed prompt takes
  kept          of it, the tokens that stand as in the prompt before
  price         predicted, in units of one uncached input token, by one ledger
  left, tokens  messages that left the prompt in this call, or of which a stub or
                an excerpt stays; and what they took before and do not any more
  used          identifiers in the answer that stood earlier in the run
  named, there  of them, those anywhere in the composed prompt, and those in a
                message that was kept

The exit status is 1 when a prompt broke a rule of the provider or its budget,
or when a file could not be read, and 2 for a flag that does not exist.

The rows of -db: "reported" is what providers reported; "as it was" what was predicted
then; "would be" what is predicted now, in the same tokens and with the same answers.
  failed calls      nobody knows whether they were billed: their cost stands apart
  left              messages that left the prompt, as a whole or in part
  asked for again   of them, those that the agent pulled back
  gone when named   identifiers that an answer named, that stood in a message then and
                    would not have: the agent would have asked for them again. Its
                    answers are those of that time; what it would have done is not known

Flags:
`

// options are what the flags say.
type options struct {
	budget   int
	policy   policy.Policy
	schedule policy.Schedule
	costs    map[quire.API]price.CostModel
	counter  tokenizer.Counter
	apis     []quire.API
	model    string
	calls    bool
	json     bool
	verbose  bool
	files    []string
	list     func(io.Writer) // prints a list instead of replaying

	whatIf                                            whatIf
	policyName, scheduleName, priceName, encodingName string
	apiName                                           quire.API
}

// allAPIs are the formats that prompts are checked for.
var allAPIs = []quire.API{quire.APIAnthropic, quire.APIOpenAIChat, quire.APIOpenAIResponses, quire.APIGemini, quire.APIStrict}

// parse reads the command line.
func parse(args []string, stderr io.Writer) (*options, error) {
	o := &options{}
	f := flag.NewFlagSet("replay", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.IntVar(&o.budget, "budget", 16000, "tokens that a prompt may take")
	policyName := f.String("policy", "value", "what may leave: "+strings.Join(replaying.Names(replaying.Policies), ", "))
	scheduleName := f.String("schedule", "value", "when it leaves: "+strings.Join(replaying.Names(replaying.Schedules), ", "))
	priceName := f.String("price", "", "cost model, or a model that it is for; \"list\" prints them (default: -model's, else the first of the API's provider)")
	encoding := f.String("encoding", "o200k", "token vocabulary: o200k, cl100k")
	api := f.String("api", string(quire.APIOpenAIChat), "wire format that prompts are composed for: "+join(allAPIs))
	check := f.Bool("check", false, "replay for all wire formats")
	f.StringVar(&o.model, "model", "", "model whose family's rules hold (default: the session's)")
	f.BoolVar(&o.calls, "calls", false, "print a line for each call")
	f.BoolVar(&o.json, "json", false, "print everything as JSON")
	f.BoolVar(&o.verbose, "v", false, "print every oddity")
	o.whatIf.flags(f)
	if err := f.Parse(args); err != nil {
		if err == flag.ErrHelp {
			fmt.Fprint(stderr, usage)
			f.SetOutput(stderr)
			f.PrintDefaults()
		}
		return nil, err
	}
	o.files = f.Args()
	f.Visit(func(f *flag.Flag) { o.whatIf.set[f.Name] = true })
	if *priceName == "list" {
		o.list = func(w io.Writer) { listPrices(w, o.verbose) }
		return o, nil
	}
	o.policyName, o.scheduleName, o.priceName, o.encodingName, o.apiName = *policyName, *scheduleName, *priceName, *encoding, quire.API(*api)
	if o.whatIf.db != "" || o.whatIf.agent != "" {
		return o, o.whatIf.check(o)
	}
	return o, o.choose(*policyName, *scheduleName, *priceName, *encoding, quire.API(*api), *check)
}

// choose finds what the names stand for.
func (o *options) choose(policyName, scheduleName, priceName, encoding string, api quire.API, check bool) (err error) {
	if o.budget <= 0 {
		return fmt.Errorf("-budget %d: it must be above 0", o.budget)
	}
	var ok bool
	if o.policy, ok = replaying.Find(replaying.Policies, policyName); !ok {
		return fmt.Errorf("-policy %s: there are %s", policyName, strings.Join(replaying.Names(replaying.Policies), ", "))
	}
	if o.schedule, ok = replaying.Find(replaying.Schedules, scheduleName); !ok {
		return fmt.Errorf("-schedule %s: there are %s", scheduleName, strings.Join(replaying.Names(replaying.Schedules), ", "))
	}
	if o.counter, err = counter(encoding); err != nil {
		return err
	}
	o.apis = []quire.API{api}
	if check {
		o.apis = allAPIs
	} else if !slices.Contains(allAPIs, api) {
		return fmt.Errorf("-api %s: there are %s", api, join(allAPIs))
	}
	o.costs = map[quire.API]price.CostModel{}
	for _, a := range o.apis {
		if o.costs[a], err = replaying.CostModel(priceName, o.model, a); err != nil {
			return fmt.Errorf("-%w; see -price list", err)
		}
	}
	return nil
}

func counter(encoding string) (tokenizer.Counter, error) {
	switch encoding {
	case "o200k", "o200k_base":
		return tiktoken.O200k(), nil
	case "cl100k", "cl100k_base":
		return tiktoken.CL100k(), nil
	}
	return nil, fmt.Errorf("-encoding %s: there are o200k, cl100k", encoding)
}

func (o *options) hint(s string) string {
	if o.verbose {
		return ""
	}
	return s
}

func join(apis []quire.API) string {
	var s []string
	for _, a := range apis {
		s = append(s, string(a))
	}
	return strings.Join(s, ", ")
}
