package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/memstore"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/policy"
)

// spiteful is a policy that keeps the contract of policies and does harm within it: it
// lets go first of what was pulled last, and calls all dead that it may, if Dead.
type spiteful struct{ Dead bool }

func (s spiteful) Name() string { return fmt.Sprintf("spiteful %t", s.Dead) }

func (s spiteful) Victims(v *policy.View) iter.Seq[policy.Victim] {
	return policy.WithDead(v, func(yield func(policy.Victim) bool) {
		for _, pulled := range []bool{true, false} {
			for i := len(v.Units) - 1; i >= 0; i-- {
				u := &v.Units[i]
				if (len(u.Shows) > 0) == pulled && !u.Fixed && u.Mark == policy.MarkNone && !yield(policy.Victim{Unit: i, Dead: s.Dead, Reason: "spite"}) {
					return
				}
			}
		}
	})
}

// allPolicies are those that a turn has to get on under.
func allPolicies() []policy.Policy {
	return []policy.Policy{policy.Default{}, policy.LRU, policy.OldestFirst, policy.LargestFirst, policy.ToolResultsFirst,
		policy.ByPriority, policy.Chain(), policy.Chain(policy.ToolResultsFirst, policy.LRU), policy.WindowTurns{}, policy.WindowTurns{Turns: 1},
		policy.KeepLast{Groups: 2}, policy.NeverClear{Tools: []string{"read", "mail_find"}}, policy.ExcerptFirst{}, policy.ExcerptFirst{Tokens: 40, Of: policy.LRU},
		spiteful{}, spiteful{Dead: true}}
}

func allSchedules() []policy.Schedule {
	return []policy.Schedule{policy.RentOrBuy{}, policy.Strict{}, policy.Watermark{}, policy.Watermark{High: 0.8, Low: 0.3}, policy.RentOrBuy{Free: 0.2}}
}

func allLoops() []models.LoopEvict {
	return []models.LoopEvict{models.LoopGroups, models.LoopResults, models.LoopNone}
}

// trial is an agent whose model is a reader, and all that its turns are held against.
type trial struct {
	t      testing.TB
	seed   uint64
	r      *rand.Rand
	store  *mailbox.Store
	agent  *Agent
	other  *Agent   // a second one on the same mailbox, where a test has one
	of     settings // of the agents
	reader *reader
	now    time.Time
	steps  int
	turns  int
	spins  int // turns in which a pull pushed out the same thing twice, or that do not end
	log    []string

	last   *compose.Plan        // of the call before
	calls  []quire.ToolCall     // of the step before
	did    []quire.ToolResult   // and what they returned
	stands map[quire.UID]bool   // what was pulled in this turn and was not let go
	wakes  map[quire.UID]bool   // what came in this turn and waits
	left   map[quire.UID]int    // how often it left in this turn
	dealt  []quire.UID          // what the step answered or called done
	denied bool                 // a pull of this turn was refused
	fail   func(string, ...any) // what a broken rule does
}

// life takes turns until a rule is broken.
func (x *trial) life(turns int) {
	defer func() {
		if p := recover(); p != nil && p != any(x) {
			panic(p)
		}
	}()
	for range turns {
		x.turn()
		x.turns++
	}
}

// newTrial draws a mailbox and an agent.
func newTrial(t testing.TB, seed uint64) *trial {
	x := &trial{t: t, seed: seed, r: rand.New(rand.NewPCG(seed, 10)), store: memstore.New(nil), now: day}
	x.fail = func(format string, args ...any) {
		t.Helper()
		t.Errorf("seed %d: %s\n%s", seed, fmt.Sprintf(format, args...), strings.Join(x.log, "\n"))
		panic(x)
	}
	budget := []int{1700, 2000, 3000, 5000}[x.r.IntN(4)]
	size := (budget - 1100) / 3
	x.reader = &reader{r: x.r, size: size, mails: 6 + x.r.IntN(14)}
	p, s, l := allPolicies(), allSchedules(), allLoops()
	o := settings{Address: "ada", Store: x.store, Model: modelFunc(x.reader.reply), Options: Options{Budget: budget, Owner: "mia", Answer: x.r.IntN(2) == 0,
		Profile:  models.Profile{Name: "test-1", Dialect: models.Dialect{API: quire.APIOpenAIChat, NoticeInLoop: x.r.IntN(2) == 0, LoopEvict: l[x.r.IntN(len(l))]}},
		Composer: compose.New(&compose.Options{Policy: p[x.r.IntN(len(p))], Schedule: s[x.r.IntN(len(s))]}),
		Limits:   Limits{Steps: 40, PullShare: []int{40, 40, 60, 90}[x.r.IntN(4)], WakeShare: []int{25, 60}[x.r.IntN(2)]},
		Tools:    []Tool{{Name: "read", Repeatable: true, Run: readWords}},
		Now:      func() time.Time { return x.now }, OnPlan: x.planned, OnStep: x.stepped,
		Sleep: func(context.Context, time.Duration) error { return nil }}}
	x.of = o
	x.restart()
	for i := range x.reader.mails {
		x.send("mia", i, x.r.IntN(size*5/4), x.r.IntN(3) == 0)
	}
	x.handleAll()
	return x
}

// restart goes on with an agent that knows nothing but what is stored.
func (x *trial) restart() {
	var err error
	if x.agent, err = newAgent(x.of); err != nil {
		x.t.Fatal(err)
	}
}

func readWords(_ context.Context, c Call) ([]quire.Part, error) {
	var in struct{ Words int }
	err := json.Unmarshal([]byte(c.Args), &in)
	return []quire.Part{quire.Text{Text: wordsOf(in.Words)}}, err
}

// send delivers mail of so many words.
func (x *trial) send(from quire.Address, n, size int, twice bool) {
	d := quire.Draft{ID: messageID(x.now, "trial", fmt.Sprint(n, x.r.Uint64())), To: []quire.Address{"ada"}, Kind: quire.KindMail, Subject: fmt.Sprintf("topic%d", n%6),
		Parts: []quire.Part{quire.Text{Text: fmt.Sprintf("Mail %d on topic%d: ", n, n%6) + wordsOf(size)}}}
	if twice { // the same to somebody's mind
		d.Parts = []quire.Part{quire.Text{Text: "topic0 again: " + wordsOf(size)}}
	}
	if _, err := x.store.Commit(x.t.Context(), mailbox.Commit{Address: from, Sends: []quire.Draft{d}, Now: x.now}); err != nil {
		x.t.Fatal(err)
	}
}

func (x *trial) handleAll() {
	var flags []mailbox.FlagChange
	for uid := range quire.UID(x.reader.mails) {
		flags = append(flags, mailbox.FlagChange{UID: uid + 1, Set: quire.FlagHandled})
	}
	if _, err := x.store.Commit(x.t.Context(), mailbox.Commit{Address: "ada", Flags: flags, Now: x.now}); err != nil {
		x.t.Fatal(err)
	}
}

// turn sends some mail and takes a turn to its end.
func (x *trial) turn() {
	x.now = x.now.Add(time.Duration(x.r.IntN(20)) * time.Minute)
	for range 1 + x.r.IntN(3) {
		x.send([]quire.Address{"mia", "ben", "zoe"}[x.r.IntN(3)], x.r.IntN(100), x.r.IntN(x.reader.size), false)
	}
	x.reader.begin()
	x.stands, x.wakes, x.left, x.denied, x.did, x.calls = map[quire.UID]bool{}, map[quire.UID]bool{}, map[quire.UID]int{}, false, nil, nil
	x.log = append(x.log[max(0, len(x.log)-30):], fmt.Sprintf("turn: habit %d, a=%d b=%d", x.reader.habit, x.reader.a, x.reader.b))
	for range 45 {
		if x.r.IntN(8) == 0 { // mail that comes in between
			x.send("ben", x.r.IntN(100), x.r.IntN(x.reader.size), false)
		}
		res, err := x.agent.Step(x.t.Context())
		var limit *LimitError
		switch {
		case errors.As(err, &limit):
			if x.denied != (limit.Refused != "") || x.denied && !sized.MatchString(limit.Refused) {
				x.fail("refused %t, and the error says %v", x.denied, limit)
			}
			return
		case err != nil && x.pinned(err):
			return
		case err != nil:
			x.fail("%v", err)
		case res.Ended:
			x.ended(res)
			return
		case res.Idle:
			return
		}
	}
	x.spins++
	x.fail("the turn does not end")
}

// pinned says whether a turn ended since what the reader pinned, with its group, leaves no
// room for the open one.
func (x *trial) pinned(err error) bool {
	var budget *compose.BudgetError
	m, failure := x.agent.look(x.t.Context())
	return errors.As(err, &budget) && failure == nil && pinned(&m.state) > 0
}

var sized = regexp.MustCompile(`takes? (about )?\d+ tokens`)

// stepped notes what a step did.
func (x *trial) stepped(s StepInfo) {
	x.steps++
	x.calls, x.did = callsOf(s.Reply.Parts), s.Results
	for i, c := range x.calls {
		x.log = append(x.log, fmt.Sprintf("  %s%s → %.1500q", c.Name, c.Args, partText(s.Results[i])))
		x.noteResult(&c, &s.Results[i])
	}
	for _, uid := range x.dealt { // also when it was pulled again in the step
		delete(x.stands, uid)
		delete(x.wakes, uid)
		x.left[uid] = -1000 // nothing holds it
	}
	x.dealt = nil
}

var numbered = regexp.MustCompile(`#(\d+)`)

// noteResult keeps account of what a result promises.
func (x *trial) noteResult(c *quire.ToolCall, res *quire.ToolResult) {
	said := partText(*res)
	switch c.Name {
	case toolPull:
		if strings.Contains(said, "does not fit") {
			if x.denied = true; !sized.MatchString(said) {
				x.fail("refused without a size: %s", said)
			}
		}
		for _, p := range res.Parts {
			if ref, ok := p.(quire.Ref); ok {
				x.stands[ref.UID] = true
				if ref.From > 0 || ref.To > 0 {
					x.left[ref.UID] = -1000 // a piece makes room for the next one
				}
			}
			if t, ok := p.(quire.Text); ok {
				x.noteLine(t.Text)
			}
		}
	case toolDrop, toolDone, toolSend:
		var in struct {
			UIDs    uidList `json:"uids"`
			ReplyTo int     `json:"reply_to"`
		}
		_ = json.Unmarshal([]byte(c.Args), &in)
		_, with, _ := strings.Cut(said, "brings")
		if with, _, ok := strings.Cut(with, " came in the same pull"); ok {
			for _, m := range numbered.FindAllStringSubmatch(with, -1) {
				in.UIDs = append(in.UIDs, uidOf(m[1]))
			}
		}
		for _, uid := range append(in.UIDs, quire.UID(in.ReplyTo)) {
			if c.Name != toolDrop {
				x.dealt = append(x.dealt, uid)
			}
			delete(x.stands, uid)
			delete(x.wakes, uid)
		}
	}
}

// noteLine reads a line of a pull's result.
func (x *trial) noteLine(line string) {
	if uids, ok := strings.CutPrefix(line, "For it, "); ok {
		uids, _, _ = strings.Cut(uids, " leaves your context")
		for _, m := range numbered.FindAllStringSubmatch(uids, -1) {
			delete(x.stands, uidOf(m[1]))
		}
	}
	if uid, ok := strings.CutSuffix(line, " is above."); ok {
		x.stands[uidOf(uid[1:])] = true
	}
}

func uidOf(s string) quire.UID {
	var n quire.UID
	_, _ = fmt.Sscan(s, &n)
	return n
}

// ended checks what a turn calls handled when it ends.
func (x *trial) ended(res StepResult) {
	for _, uid := range res.Handled {
		items, err := x.store.Get(x.t.Context(), "ada", mailbox.Get{UIDs: []quire.UID{uid}})
		if err != nil || len(items) != 1 {
			x.fail("%v: %v", uid, err)
		}
		if x.wakes[uid] && !x.last.Next.Resident(uid) && !items[0].Flags.Has(quire.FlagAnswered) {
			x.fail("%s left unanswered and is handled", uid)
		}
	}
}

// textOfSpan finds a span and its message in a plan.
func spanOf(st *compose.State, uid quire.UID) *compose.Standing {
	for _, s := range st.Items() {
		if s.Fate != compose.FateOut && s.UID == uid {
			return &s
		}
	}
	return nil
}
