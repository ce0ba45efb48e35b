package compose

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/ledger"
	"github.com/quire-dev/quire/internal/render"
	"github.com/quire-dev/quire/internal/resident"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/policy"
	"github.com/quire-dev/quire/price"
	"github.com/quire-dev/quire/tokenizer"
)

// Options configure a Composer. The zero value is ready to use.
type Options struct {
	// Counter counts tokens. nil estimates them from the text's characters,
	// without a vocabulary; package tokenizer/tiktoken has exact ones.
	Counter tokenizer.Counter
	// Framing is what the API adds around messages and tools. The zero value
	// takes that of the OpenAI chat format.
	Framing  tokenizer.Framing
	Policy   policy.Policy   // nil: policy.Value
	Schedule policy.Schedule // nil: the policy, if it is a policy.Value; else policy.RentOrBuy
	// Key makes the codes on fence lines: the store's secret. Another key is
	// another rendering.
	Key []byte
	// Searches are the tools whose results are hits of a search: lists of what to
	// pull. Within a turn they stay, up to a share of the room. nil is mail_find.
	Searches []string
	// Caps and floors by class and sender. A cap sends the oldest away above
	// it; a floor keeps the newest up to it. One that can't be meant as it stands
	// makes every plan fail with an error: New has no error to return.
	Limits []Limit
	// Confidence is that of the calibrated upper bound of token counts, once
	// usage was reported; 0 is 0.99.
	Confidence float64
}

// Limit holds the messages of one class or sender, or both, between a floor and
// a cap, in tokens of the log. Zero is no floor, no cap.
type Limit struct {
	Class policy.Class  // "": any; else one of quire's classes
	From  quire.Address // "": anybody
	Floor int
	Cap   int
}

func (l *Limit) holds(u *policy.Unit) bool {
	return (l.Class == "" || l.Class == u.Class) && (l.From == "" || l.From == u.From)
}

// Composer makes plans. It has no state of its own and is safe for concurrent
// use; what it needs to remember is in [State], and what makes it fast in
// [Scratch].
type Composer struct {
	counter    tokenizer.Counter
	counted    string // names the way of counting in stored counts
	framing    tokenizer.Framing
	policy     policy.Policy
	schedule   policy.Schedule
	key        []byte
	limits     []Limit
	searches   []string
	confidence float64
	plainly    policy.Policy   // for a session
	steadily   policy.Schedule // for a session with a state
	invalid    error           // what is wrong with the options
}

// New returns a composer. The options are copied; nil is the zero Options.
func New(o *Options) *Composer {
	if o == nil {
		o = &Options{}
	}
	c := &Composer{framing: o.Framing, policy: o.Policy, schedule: o.Schedule,
		key: slices.Clone(o.Key), limits: slices.Clone(o.Limits), searches: slices.Clone(o.Searches), confidence: o.Confidence}
	counter := o.Counter
	if counter == nil {
		counter = tokenizer.Approx{}
	}
	if c.framing.Name == "" {
		c.framing = models.FindOver(quire.APIOpenAIChat, "").Framing
	}
	c.counter = counter
	c.counted = tokenizer.Key(counter, c.framing, fmt.Sprintf("render@%d", render.Version))
	c.plainly, c.steadily = c.policy, c.schedule
	if o.Searches == nil {
		c.searches = []string{"mail_find"}
	}
	if c.policy == nil {
		c.policy, c.plainly = policy.Value{}, policy.WindowTurns{}
	}
	if c.schedule == nil {
		c.schedule, c.steadily = policy.RentOrBuy{}, policy.RentOrBuy{Free: freeShare}
		if v, ok := c.policy.(policy.Value); ok {
			c.schedule = v
		}
	}
	if c.confidence <= 0 || c.confidence >= 1 {
		c.confidence = 0.99
	}
	c.invalid = c.check()
	return c
}

// Plan composes the next prompt. It is a pure function of in, does no I/O and
// changes nothing that in refers to, but for in.Scratch.
//
// Whatever the policy says, the open turn can get on. Until it ends (see
// [State.EndTurn]) these stay as long as anything else can leave, in this order: the
// hits of each search, the newest first, up to half of the room and 2,048 tokens, or a
// fifth; what was pulled; the mail that came in the turn, in the end as an excerpt; what was
// pulled again after it had left in the same turn. The newest calls that did something stay,
// with stubs for what they returned, up to an eighth of the room and 512 tokens, until what was
// pulled has to leave; the last of them, when it is small, stays longest. What a pull needs room for leaves other
// turns first. What was dropped, or replaced, is not held, nor the pieces of a message
// that is read on piece by piece, but for the last; and caps hold.
//
// Where what must stay would be cut, or would not fit, for reports of usage that no tokenizer
// explains (more than four times what is counted), they are not believed, and
// Plan.Problems says so.
//
// When what must stay does not fit, it returns the plan together with a
// [*BudgetError]. There is no plan with the other errors: an unanswered last call is
// [ErrOpenCalls], and nothing to send [ErrNothingToSend]. A resident message without a
// body, one id with two contents and a limit that can't be meant are mistakes of the
// program; their errors say what to do.
func (c *Composer) Plan(in Input) (*Plan, error) {
	if err := cmp.Or(c.invalid, in.check()); err != nil {
		return nil, err
	}
	switched := in.State.model != "" && in.State.model != in.Model.Name
	in.State = in.State.forModel(in.Model.Name)
	charged := in.Model.Cache
	in.State.reads = in.State.reads.shared(&charged)
	in.Model.Cache = in.State.reads.expect(charged)
	plan, err := c.plan(&in, switched, charged, false)
	if plan == nil || err == nil && !plan.squeezed || !incredible(plan) {
		return plan, err
	}
	// What must stay would be cut, or can't be sent, for a report that can't be right.
	asCounted, notSo := c.plan(&in, switched, charged, true)
	if asCounted == nil || notSo != nil || asCounted.squeezed {
		return plan, err
	}
	asCounted.Problems = append(asCounted.Problems, fmt.Sprintf("the provider reports some %d tokens for what is counted as %d, more than any tokenizer makes of it: what must stay is not cut for that, and the prompt is as large as it is counted", plan.Estimate, plan.Used))
	return asCounted, nil
}

// plan composes in the room that is left by what reports taught, or, with asCounted, as if
// there had been none.
func (c *Composer) plan(in *Input, switched bool, charged price.CostModel, asCounted bool) (*Plan, error) {
	less, unsure := 0, false
	for round := 0; ; round++ {
		w := newWork(c, in)
		w.less, w.switched, w.charged, w.asCounted = less, switched, charged, asCounted
		if err := w.compose(); err != nil {
			return nil, err
		}
		unsure = unsure || w.unsure
		w.plan.Unsure = unsure
		over := w.bound - w.plan.Budget
		if over <= 0 || w.plan.Used > w.limit {
			return w.plan, w.overBudget()
		}
		// It is mixed otherwise than the prompt that the room was reckoned by.
		if in.plain != nil { // what must stay can be cut, but not to nothing
			less += w.limit - w.plan.Used + max(over+over*round/4, w.limit/100, 1)
			continue
		}
		less += max(over<<round, w.limit/100, 1)
	}
}

// incredible says that no tokenizer makes so many tokens of a prompt as the provider's
// reports would have it: some gateways report those of all calls together. Tokens here are
// of about four bytes, and there is none without a byte.
func incredible(p *Plan) bool { return p.Estimate > 4*p.Used }

// compose makes the plan in the room that there is.
func (w *work) compose() error {
	w.doubtReads()
	w.base()
	w.rewithhold()
	w.applyChanges()
	if err := w.arrive(); err != nil {
		return err
	}
	w.heed()
	if err := w.sendable(); err != nil {
		return err
	}
	w.notify()
	if err := w.messages(); err != nil {
		return err
	}
	w.unsure = w.doubt()
	w.evict()
	return w.assemble()
}

// sendable says whether the log ends with something that a model can answer.
func (w *work) sendable() error {
	head := len(w.st.set.Head) > 0 || w.in.stands != nil // there may have been one
	if len(w.st.set.Log) == 0 {
		if head {
			return nil
		}
		return fmt.Errorf("%w: no message has arrived yet", ErrNothingToSend)
	}
	if w.st.answered() {
		return fmt.Errorf("%w: the log ends with the answer %s, and nothing has arrived since", ErrNothingToSend, w.st.set.Log[len(w.st.set.Log)-1].Spans[0].UID)
	}
	if head || slices.ContainsFunc(w.st.set.Log, fromUser) {
		return nil
	}
	return fmt.Errorf("%w: no message that somebody sent is in the context, and no model takes a prompt without one", ErrNothingToSend)
}

// fromUser says whether an entry stands as a user's message.
func fromUser(e resident.Entry) bool {
	return e.Tombstone != nil || e.Spans[0].Role == quire.RoleUser
}

// CountText counts a text's tokens as plans do.
func (c *Composer) CountText(s string) int { return c.counter.CountText(s) }

// work is one plan in the making.
type work struct {
	c       *Composer
	in      *Input
	r       *render.Renderer
	memo    *Scratch
	st      State // becomes Plan.Next
	plan    *Plan
	fresh   map[quire.MessageID]*quire.Item // what arrived
	sizes   map[quire.MessageID]int         // tokens of results that share their group's room
	begins  bool                            // a turn begins with this call
	ended   bool                            // the turn was ended, and nothing that begins another has entered yet
	hold    hold                            // what of the open turn may not leave
	held    []bool                          // by unit of the view: only hold forbids that it leaves
	worth   []worth                         // by unit of the view
	newest  quire.MessageID                 // the message that ends what arrived, when somebody sent it
	limit   int                             // tokens of the input, in our own count
	reserve int                             // of them, kept free for the notice
	room    int                             // of them, left for the log
	fixed   quire.Digest                    // of model, tools and system
	stable  quire.Digest                    // of these and the head
	first   int                             // entries at the beginning of the log whose bytes are as before
	own     []bool                          // the entry's slice of spans is ours to change
	view    policy.View                     // of the log before anything leaves
	spans   []unitAt                        // where each unit of the view is
	bounds  []ledger.Boundary               // of the prompt as far as it is laid out
	cached  []ledger.Boundary               // of the log before anything leaves: up to where it can be read
	starts  []int                           // of each entry of the log: the message that it begins at
	shown   []*rendered                     // of head and log
	msgs    []quire.PromptMessage           // of head and log as far as it is laid out
	left    *leaving                        // the cut that was tried last
	back    []Refault                       // what was pulled again
	whole   int                             // tokens of what was fitted last, before it was made to fit

	stoneless bool            // nothing fits: tombstones go too
	bound     int             // tokens that the budget is held by
	less      int             // tokens of the room that are not used
	switched  bool            // the call before was of another model
	charged   price.CostModel // as the provider charges; Input.Model.Cache is what that likely comes to
	unsure    bool            // see Plan.Unsure
	asCounted bool            // what reports taught does not count
	unbroken  bool            // groups of the open loop leave whole or stay as they are
}

// unitAt finds a unit's span.
type unitAt struct{ entry, span int }

func newWork(c *Composer, in *Input) *work {
	w := &work{c: c, in: in, memo: in.Scratch, st: in.State, plan: &Plan{}, fresh: map[quire.MessageID]*quire.Item{}}
	if w.memo == nil {
		w.memo = &Scratch{}
	}
	w.memo.begin(in.Model.Name)
	w.plan.names = [2]string{policy.Name(c.policy), policy.Name(c.schedule)}
	w.r = render.New(c.key, w.item)
	w.st.set.Log, w.st.kept = slices.Clone(in.State.set.Log), nil
	w.first = len(w.st.set.Log)
	w.own = make([]bool, w.first, w.first+len(in.Arrived)+4)
	w.st.call++
	w.plan.Call = w.st.call
	return w
}

// item finds a message as it may be sent.
func (w *work) item(id quire.MessageID) (quire.Item, bool) {
	it, ok := w.stored(id)
	return *w.allowed(&it), ok
}

// stored finds a message among what arrived and what the host has.
func (w *work) stored(id quire.MessageID) (quire.Item, bool) {
	if it, ok := w.fresh[id]; ok {
		return *it, true
	}
	if w.in.Body == nil {
		return quire.Item{}, false
	}
	return w.in.Body(id)
}

// mutable returns the spans of an entry for changing: a copy, if they are still
// shared with the state that Plan was given.
func (w *work) mutable(e int) []resident.Span {
	if !w.own[e] {
		w.st.set.Log[e].Spans = slices.Clone(w.st.set.Log[e].Spans)
		w.own[e] = true
	}
	return w.st.set.Log[e].Spans
}

func (w *work) problem(s string) {
	if !slices.Contains(w.plan.Problems, s) {
		w.plan.Problems = append(w.plan.Problems, s)
	}
}

// count counts one prompt message as it will stand, framing included.
func (w *work) count(parts []quire.Part) int {
	return w.c.framing.Message(w.c.counter, parts)
}

// countText counts text alone.
func (w *work) countText(s string) int { return w.c.counter.CountText(s) }

func entryTokens(e *resident.Entry) int {
	if e.Tombstone != nil {
		return e.Tombstone.Tokens
	}
	n := 0
	for i := range e.Spans {
		n += e.Spans[i].Tokens
	}
	return n
}
