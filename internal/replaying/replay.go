package replaying

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/policy"
	"github.com/quire-dev/quire/price"
	"github.com/quire-dev/quire/providers/promptcheck"
	"github.com/quire-dev/quire/providers/wire"
	"github.com/quire-dev/quire/tokenizer"
	"github.com/quire-dev/quire/transcript"
)

// Options say how sessions are replayed.
type Options struct {
	Budget   int // tokens of a request's input
	Counter  tokenizer.Counter
	Policy   policy.Policy
	Schedule policy.Schedule
	Cost     price.CostModel
	API      quire.API // the prompts are composed for it, and checked
	Model    string    // for the rules of model families; "" is the session's
	// Progress, when set, is called before each call.
	Progress func(call, of int)
}

// Call is what became of one recorded call.
type Call struct {
	N         int         `json:"call"`
	Recorded  quire.Usage `json:"recorded"` // what the provider reported then
	Whole     int         `json:"whole"`    // tokens of all that had been said: what append-only sends
	Sent      int         `json:"sent"`     // tokens of the composed prompt
	Kept      int         `json:"kept"`     // of them, whose bytes are those of the call before
	WholeBill price.Bill  `json:"wholeBill"`
	Bill      price.Bill  `json:"bill"`
	// Left are the messages that left in this call, or of which a stub or an
	// excerpt stays; LeftTokens what they took before and do not any more.
	Left       int      `json:"left,omitempty"`
	LeftTokens int      `json:"leftTokens,omitempty"`
	Recall     Recall   `json:"recall"`
	Cut        string   `json:"cut,omitempty"`
	Problems   []string `json:"problems,omitempty"`
	Violations []string `json:"violations,omitempty"` // of the provider's rules
	Over       bool     `json:"over,omitempty"`       // it does not fit the budget
}

// Result is a session's replay.
type Result struct {
	Session string    `json:"session"`
	API     quire.API `json:"api"`
	Calls   []Call    `json:"calls"`
	Made    int       `json:"made,omitempty"` // results that the record lacks
}

// never is the policy of a program that lets nothing go.
type never struct{}

func (never) Name() string                                 { return "never" }
func (never) Victims(*policy.View) iter.Seq[policy.Victim] { return func(func(policy.Victim) bool) {} }

// unlimited is the budget of a program that has no limit.
const unlimited = 1 << 40

// side is one of the two compositions that are compared.
type side struct {
	c      *compose.Composer
	state  compose.State
	memo   compose.Scratch
	budget int
}

// Run replays one session. Its error is that of ctx, or of a session that
// can't be composed at all.
func Run(ctx context.Context, s *transcript.Session, o Options) (*Result, error) {
	tools := s.Tools
	model := o.Model
	if model == "" {
		model = s.Model
	}
	info := models.FindOver(o.API, model)
	mail, err := load(ctx, s)
	if err != nil {
		return nil, fmt.Errorf("session %s: %w", s.ID, err)
	}
	r := &run{s: s, o: o, mail: mail, memory: newMemory(s.System), tools: tools, model: models.Profile{
		Name: model, Dialect: info.Dialect, Cache: o.Cost, MaxOutput: maxOutput}}
	r.dense = side{budget: o.Budget, c: compose.New(&compose.Options{Counter: o.Counter, Framing: info.Framing, Policy: o.Policy, Schedule: o.Schedule})}
	r.whole = side{budget: unlimited, c: compose.New(&compose.Options{Counter: o.Counter, Framing: info.Framing, Policy: never{}, Schedule: policy.Strict{}})}
	res := &Result{Session: s.ID, API: o.API, Made: r.mail.made}
	for i := range s.Calls {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if o.Progress != nil {
			o.Progress(i+1, len(s.Calls))
		}
		c, err := r.call(i)
		if err != nil {
			return nil, fmt.Errorf("session %s, call %d: %w", s.ID, i+1, err)
		}
		res.Calls = append(res.Calls, c)
	}
	return res, nil
}

// maxOutput is what requests reserve for the answer, in tokens: some APIs
// insist on a figure.
const maxOutput = 4096

// run is one replay under way.
type run struct {
	s      *transcript.Session
	o      Options
	mail   *mail
	memory *memory
	tools  []quire.Tool
	model  models.Profile
	dense  side
	whole  side
	sent   int // items that the calls before had
}

// call replays one call.
func (r *run) call(i int) (Call, error) {
	rc := r.s.Calls[i]
	upTo := r.mail.upTo[rc.At]
	from := r.sent
	now := r.s.Messages[rc.At].Time
	if now.IsZero() {
		now = time.Unix(int64(i)*10, 0).UTC() // ten seconds a call, where the record has no times
	}
	r.sent = upTo
	r.memory.learn(r.mail.whole[:upTo])
	c := Call{N: i + 1, Recorded: rc.Usage}

	whole, err := r.plan(&r.whole, r.mail.whole, from, upTo, now)
	if err != nil {
		return c, err
	}
	c.Whole, c.WholeBill = whole.Used, whole.Bill
	plan, err := r.plan(&r.dense, r.mail.items, from, upTo, now)
	var over *compose.BudgetError
	if errors.As(err, &over) && plan != nil {
		c.Over = true
		c.Problems = append(c.Problems, over.Error())
	} else if err != nil {
		return c, err
	}
	c.Sent, c.Kept, c.Bill, c.Cut = plan.Used, plan.Kept, plan.Bill, plan.CutReason
	c.Over = c.Over || plan.Used > r.o.Budget
	c.Problems = append(c.Problems, plan.Problems...)
	for _, d := range plan.Decisions() {
		if d.Left > 0 {
			c.Left++
			c.LeftTokens += d.Left
		}
	}
	c.Recall = r.memory.recall(r.s.Messages[rc.At].Parts, plan, r.mail.cut)
	c.Violations = Check(r.o.API, &plan.Prompt)
	return c, nil
}

// plan composes the next prompt of one side, and takes it as sent.
func (r *run) plan(s *side, items []quire.Item, from, upTo int, now time.Time) (*compose.Plan, error) {
	p, err := s.c.Plan(compose.Input{
		State: s.state, Now: now, Arrived: items[from:upTo], Body: r.mail.body(items), Model: r.model,
		System: r.s.System, Tools: r.tools, Budget: s.budget, Scratch: &s.memo,
	})
	if p != nil {
		s.state = p.Next
	}
	return p, err
}

// Check encodes a prompt for an API and lists what is wrong with the request.
func Check(api quire.API, p *quire.Prompt) []string {
	body, err := wire.Encode(api, p, nil)
	if err != nil {
		return []string{err.Error()}
	}
	var out []string
	for _, v := range promptcheck.Check(api, body) {
		out = append(out, v.String())
	}
	return out
}
