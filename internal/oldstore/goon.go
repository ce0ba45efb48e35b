package oldstore

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/agent"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/internal/codec"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
	"github.com/quire-dev/quire/policy"
)

// life is ada, who goes on in an old store.
type life struct {
	ctx    context.Context
	store  *mailbox.Store
	told   *Told
	agent  *agent.Agent
	now    time.Time
	say    []quire.Part // what the model says next; then it only talks
	prompt []string     // the last one
	wrong  []error
}

// Generate implements providers.Model.
func (l *life) Generate(_ context.Context, p *quire.Prompt) (*quire.Reply, error) {
	l.prompt = Flat(p)
	r := &quire.Reply{Parts: l.say}
	if l.say = nil; r.Parts == nil {
		r.Parts = []quire.Part{quire.Text{Text: "So be it."}}
	}
	return r, nil
}

func (l *life) check(ok bool, format string, args ...any) {
	if !ok {
		l.wrong = append(l.wrong, fmt.Errorf(format, args...))
	}
}

func (l *life) same(what string, want, got any) {
	l.check(reflect.DeepEqual(want, got), "%s: want %v, got %v", what, want, got)
}

// GoOn has ada go on in the store that was told of: the step that was cut off is
// finished once, the question can be answered, and what stood in the context stands
// there, under a schedule by which nothing has to leave; then under the usual one. The
// error says what is wrong.
func (t *Told) GoOn(ctx context.Context, store *mailbox.Store) error {
	l := &life{ctx: ctx, store: store, told: t, now: t.Now}
	spare := func(o *agent.Options) {
		o.Budget, o.Composer = 20_000, compose.New(&compose.Options{Policy: policy.OldestFirst, Schedule: policy.Strict{}})
	}
	for _, part := range []func() error{l.start(spare), l.before, l.finish, l.answer, l.pull, l.start(), l.usual} {
		if err := part(); err != nil {
			return errors.Join(append(l.wrong, err)...)
		}
	}
	return errors.Join(l.wrong...)
}

// start starts a process for ada.
func (l *life) start(change ...func(*agent.Options)) func() error {
	return func() (err error) {
		o := Options(func() time.Time { l.now = l.now.Add(time.Second); return l.now })
		for _, f := range change {
			f(&o)
		}
		l.agent, err = agent.New(l.store.Box("ada"), l, &o)
		return err
	}
}

func (l *life) before() error {
	st, err := l.agent.Status(l.ctx)
	l.same("calls of the step that was cut off", 3, st.Interrupted)
	l.same("open questions", 1, st.Questions)
	l.same("model calls", uint64(26), st.Calls)
	return err
}

// finish ends the step that was cut off, and looks at the prompt behind it.
func (l *life) finish() error {
	r, err := l.agent.Turn(l.ctx)
	if err != nil {
		return err
	}
	l.same("calls that were finished", 3, r.Resumed)
	l.begins(l.told.Prompt)
	rest := strings.Join(l.prompt[min(len(l.told.Prompt), len(l.prompt)):], "\n")
	for _, want := range []string{`lookup{"of":"what runs"}`, `lookup did {"of":"what runs"}`, "Outcome unknown", "Sent to mia."} {
		l.check(strings.Count(rest, want) == 1, "%q is not once behind the old prompt:\n%s", want, rest)
	}
	l.check(!strings.Contains(rest, "deploy did"), "deploy ran again:\n%s", rest)
	n, err := l.count("mia", "I deployed release 2.0.")
	l.same("mails of the step that was cut off", 1, n)
	return err
}

// begins checks that the last prompt begins with the messages of another one.
func (l *life) begins(with []string) {
	for i, m := range with {
		if i >= len(l.prompt) || l.prompt[i] != m {
			l.check(false, "message %d of the prompt was\n%s\nand is\n%q", i, m, l.prompt[i:min(i+1, len(l.prompt))])
			return
		}
	}
}

// count says how many messages of a mailbox have a text.
func (l *life) count(addr quire.Address, text string) (n int, err error) {
	page, err := l.store.Query(l.ctx, addr, mailbox.Query{Limit: 1000, Now: l.now})
	for i := range page.Rows {
		items, err := l.store.Get(l.ctx, addr, mailbox.Get{UIDs: []quire.UID{page.Rows[i].UID}})
		if err != nil {
			return 0, err
		}
		if quire.PlainText(items[0].Parts) == text {
			n++
		}
	}
	return n, err
}

// answer has mia answer the question that was open.
func (l *life) answer() error {
	before := l.prompt
	if err := l.turn(quire.Draft{ID: "fixture-answer", Kind: quire.KindAnswer, InReplyTo: l.told.Open, Parts: []quire.Part{quire.Text{Text: "It gets blue."}}}); err != nil {
		return err
	}
	l.begins(before)
	l.check(strings.Contains(strings.Join(l.prompt, "\n"), "It gets blue."), "the answer is not in the prompt")
	st, err := l.agent.Status(l.ctx)
	l.same("questions that are open once it is answered", 0, st.Questions)
	return err
}

// pull brings back what had left.
func (l *life) pull() error {
	l.say = []quire.Part{quire.ToolCall{ID: "pull", Name: "context_pull", Args: `{"uids":[23]}`}}
	err := l.turn(quire.Draft{ID: "fixture-pull", Parts: []quire.Part{quire.Text{Text: "What did invoice 1 say?"}}})
	l.check(strings.Contains(strings.Join(l.prompt, "\n"), "Invoice 1 of the year"), "what had left can't be pulled:\n%s", strings.Join(l.prompt, "\n"))
	return err
}

// usual takes a turn under the usual policy: what is pinned stands first.
func (l *life) usual() error {
	err := l.turn(quire.Draft{ID: "fixture-usual", Parts: []quire.Part{quire.Text{Text: "Is all well?"}}})
	l.begins(l.told.Prompt[:1])
	l.check(strings.Contains(l.prompt[len(l.prompt)-1], "Is all well?"), "the prompt ends with %q", l.prompt[len(l.prompt)-1])
	return err
}

// turn has mia send something to ada, who takes a turn.
func (l *life) turn(d quire.Draft) error {
	d.To = []quire.Address{"ada"}
	if _, err := l.store.Commit(l.ctx, mailbox.Commit{Address: "mia", Sends: []quire.Draft{d}, Now: l.now}); err != nil {
		return err
	}
	_, err := l.agent.Turn(l.ctx)
	return err
}

// Kept says what is wrong with the memory of the store, once ada went on: commits that
// are known by their ids, changes since the old states, and the stream that broke off.
func (t *Told) Kept(ctx context.Context, store *mailbox.Store) error {
	l := &life{ctx: ctx, store: store, told: t, now: t.Now}
	if err := errors.Join(l.replay(), l.since(), l.stream()); err != nil {
		return err
	}
	return errors.Join(l.wrong...)
}

func (l *life) replay() error {
	once := l.told.Once
	d, err := codec.DecodeDraft(once.Draft)
	if err != nil {
		return err
	}
	c, err := l.store.Commit(l.ctx, mailbox.Commit{ID: once.ID, Address: once.From, Sends: []quire.Draft{d}, Now: l.now})
	l.check(c.Replayed, "a commit that was made is made again")
	l.same("the state after it", once.Committed, c.State)
	return err
}

func (l *life) since() error {
	b := l.told.Boxes[0]
	st, err := l.store.Status(l.ctx, b.Address)
	if err != nil {
		return err
	}
	c, err := l.store.Changes(l.ctx, b.Address, b.State, 0)
	var fresh []quire.UID
	for uid := b.NextUID; uid < st.NextUID; uid++ {
		fresh = append(fresh, uid)
	}
	slices.Sort(c.Created)
	l.same("what came since the old state", fresh, c.Created)
	l.same("what was destroyed", 0, len(c.Destroyed))
	l.check(slices.Contains(c.Updated, b.Pending[0]), "%s was handled, and is not in %v", b.Pending[0], c.Updated)
	return err
}

func (l *life) stream() error {
	last := l.told.Boxes[0].Streams[len(l.told.Boxes[0].Streams)-1]
	page, err := l.store.ReadStream(l.ctx, "ada", mailbox.StreamRead{Stream: last.Stream, Attempt: last.Attempt})
	l.check(page.End != nil && page.End.Kind == driver.StreamInterrupted, "the attempt that broke off ended as %v", page.End)
	return err
}
