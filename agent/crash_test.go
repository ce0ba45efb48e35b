package agent

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/codec"
	"github.com/quire-dev/quire/internal/raced"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/memstore"
)

// faulty is a store whose nth commit fails, before or after it is applied, and
// with it every later one: as if the process had died there.
type faulty struct {
	mailStore
	at    int
	after bool
	n     int
}

var errCrash = errors.New("crash")

func (f *faulty) Commit(ctx context.Context, c mailbox.Commit) (mailbox.Committed, error) {
	if f.at < 0 {
		return f.mailStore.Commit(ctx, c)
	}
	f.n++
	if f.n == f.at && f.after {
		if _, err := f.mailStore.Commit(ctx, c); err != nil {
			return mailbox.Committed{}, err
		}
	}
	if f.n >= f.at {
		return mailbox.Committed{}, errCrash
	}
	return f.mailStore.Commit(ctx, c)
}

// story is a model that depends on its prompt alone: it builds, pulls, mails,
// asks, drops, pins and ends.
func story(p *quire.Prompt) (*quire.Reply, error) {
	s := flat(p)
	turn := s[strings.LastIndex(s, "The end of turn")+1:]
	step := strings.Count(turn, "call ")
	n := strings.Count(s, "The end of turn")
	if n > 0 {
		step-- // the call beside the end of the turn before
	}
	call := func(i int, name, args string) quire.Part {
		return quire.ToolCall{ID: fmt.Sprintf("c%d_%d", step, i), Name: name, Args: args}
	}
	var parts []quire.Part
	switch {
	case step == 0:
		parts = []quire.Part{text("I look around."), call(0, "mail_find", `{"pending":true}`), call(1, "note", fmt.Sprintf(`{"n":%d}`, n))}
	case step == 2:
		parts = []quire.Part{call(0, "context_pull", `{"uids":[2]}`), call(1, "count", `{}`), call(2, "mail_send", fmt.Sprintf(`{"to":"ben","text":"turn %d"}`, n))}
	case step == 5 && strings.Contains(turn, "the first job"):
		parts = []quire.Part{call(0, "mail_send", `{"to":"mia","subject":"Well?","text":"?","reply_by":"30s","default":"yes","reversible":true}`), call(1, "context_pin", `{"uids":[1]}`)}
	default:
		parts = []quire.Part{text(fmt.Sprintf("The end of turn %d.", n)), call(0, "context_drop", `{"uids":[2,3]}`)}
	}
	return &quire.Reply{Parts: parts, Usage: quire.Usage{Input: 100 + len(s)/4, Output: 7}}, nil
}

// play runs the story on a store until nothing waits, starting a new process
// after each crash. It returns the prompts by call number.
func play(t *testing.T, store *mailbox.Store, once *faulty, tools []Tool) map[uint64]string {
	t.Helper()
	b := &bench{t: t, store: store, now: day}
	b.now = clockOf(t, store)
	if len(b.inbox("ada")) == 0 {
		b.send("mia", "One", "the first job")
		b.send("mia", "Two", strings.Repeat("figures of the second job ", 20))
		b.send("ben", "Three", "the third")
		b.send("ben", "Four", "the fourth")
		b.send("mia", "Five", "the fifth")
	}
	prompts := map[uint64]string{}
	for range 40 {
		if b.between = nil; once != nil && once.n < once.at {
			b.put(&once.mailStore, once)
		}
		a := b.agent(story, func(o *settings) {
			o.Limits.Wake, o.Tools = 1, tools
			o.Now = func() time.Time { return clockOf(t, store) }
			o.OnPlan = nil
		})
		err := run(t, b, a, prompts)
		if err == nil {
			return prompts
		}
		require.ErrorIs(t, err, errCrash)
	}
	require.Fail(t, "the story does not end")
	return nil
}

// run steps until nothing waits. Each planned prompt is compared with an earlier
// one of the same call.
func run(t *testing.T, b *bench, a *Agent, prompts map[uint64]string) (err error) {
	for {
		before := len(b.prompts)
		calls := mustStatus(t, a).Calls
		var r StepResult
		var wg sync.WaitGroup
		finished := false
		wg.Go(func() { // a tool may end this goroutine: nothing after it runs
			r, err = a.Step(t.Context())
			finished = true
		})
		wg.Wait()
		for _, p := range b.prompts[before:] {
			got := bytesOf(t, p)
			if want, ok := prompts[calls+1]; ok {
				assert.Equal(t, want, got, "call %d is planned anew with the same bytes", calls+1)
			}
			prompts[calls+1] = got
		}
		switch {
		case !finished:
			return errCrash
		case err != nil || r.Idle:
			return err
		}
	}
}

// clockOf moves with the store's content, so that it does not tell a broken run
// from an unbroken one.
func clockOf(t *testing.T, store *mailbox.Store) time.Time {
	n := 0
	for _, who := range []quire.Address{"ada", "ben", "mia"} {
		s, err := store.Status(t.Context(), who)
		require.NoError(t, err)
		n += s.Total
	}
	return day.Add(time.Duration(n) * 5 * time.Second)
}

// listing is all that a store holds for the three, as text.
func listing(t *testing.T, store *mailbox.Store) string {
	t.Helper()
	b := &bench{t: t, store: store, now: day.Add(1000 * time.Hour)}
	var s strings.Builder
	for _, who := range []quire.Address{"ada", "ben", "mia"} {
		for _, it := range b.inbox(who) {
			d, err := codec.EncodeDraft(&it.Draft)
			require.NoError(t, err)
			fmt.Fprintf(&s, "%s %s from %s at %s, %s: %s\n", who, it.UID, it.From, it.Sent.UTC(), it.Flags, d)
		}
	}
	snap, err := store.Snapshot(t.Context(), "ada")
	require.NoError(t, err)
	fmt.Fprintf(&s, "%s\n%d in the journal\n", snap.Agent.State, len(snap.Journal))
	epoch, _, _ := strings.Cut(string(snap.State), ":") // random, by design
	return strings.ReplaceAll(s.String(), epoch, "epoch")
}

// storyTools: count may be repeated, note may not.
func storyTools() []Tool {
	say := func(s string) func(context.Context, Call) ([]quire.Part, error) {
		return func(_ context.Context, c Call) ([]quire.Part, error) {
			return []quire.Part{text(s + c.Args)}, nil
		}
	}
	return []Tool{{Name: "count", Repeatable: true, Run: say("counted ")}, {Name: "note", Repeatable: true, Run: say("noted ")}}
}

func TestACrashAtAnyCommitLosesAndRepeatsNothing(t *testing.T) {
	whole := memstore.New(nil)
	counter := &faulty{at: 1 << 30}
	want := play(t, whole, counter, storyTools())
	all := listing(t, whole)
	require.Greater(t, counter.n, 15, "the story makes many commits")
	require.Greater(t, len(want), 10)
	for at := 1; at <= counter.n; at++ {
		if raced.On && at%8 != 0 {
			continue
		}
		for _, after := range []bool{false, true} {
			store := memstore.New(nil)
			got := play(t, store, &faulty{at: at, after: after}, storyTools())
			require.Equal(t, want, got, "commit %d, after %v: the prompts", at, after)
			require.Equal(t, all, listing(t, store), "commit %d, after %v: the mailboxes", at, after)
		}
	}
}

func TestACrashInAToolRunsItAgainIfItMay(t *testing.T) {
	whole := memstore.New(nil)
	want := play(t, whole, nil, storyTools())
	for _, at := range []int{1, 2, 3} {
		runs := 0
		tools := storyTools()
		inner := tools[0].Run
		tools[0].Run = func(ctx context.Context, c Call) ([]quire.Part, error) {
			if runs++; runs == at {
				runtime.Goexit()
			}
			return inner(ctx, c)
		}
		store := memstore.New(nil)
		got := play(t, store, nil, tools)
		require.Equal(t, want, got)
		require.Equal(t, listing(t, whole), listing(t, store))
	}
}

func TestACrashInAToolThatMayNotBeRepeated(t *testing.T) {
	runs := 0
	tools := storyTools()
	tools[1].Repeatable = false
	inner := tools[1].Run
	tools[1].Run = func(ctx context.Context, c Call) ([]quire.Part, error) {
		if runs++; runs == 1 {
			runtime.Goexit()
		}
		return inner(ctx, c)
	}
	store := memstore.New(nil)
	prompts := play(t, store, nil, tools)
	turns := 0
	for _, p := range prompts {
		if strings.Contains(p, "Outcome unknown") {
			turns++
		}
	}
	assert.Positive(t, turns)
	b := &bench{t: t, store: store, now: day}
	unknown := 0
	for _, it := range b.inbox("ada") {
		for _, p := range it.Parts {
			if res, ok := p.(quire.ToolResult); ok && strings.Contains(partText(res), "Outcome unknown") {
				unknown++
				assert.True(t, res.IsError)
				assert.Equal(t, "note", res.Name)
			}
		}
	}
	assert.Equal(t, 1, unknown, "only the call that was cut off")
}

func TestAStoredResultIsNotRunAgain(t *testing.T) {
	b := newBench(t)
	b.send("mia", "Go", "go")
	ran := map[string]int{}
	tool := func(name string, die bool) Tool {
		return Tool{Name: name, Run: func(context.Context, Call) ([]quire.Part, error) {
			if ran[name]++; die && ran[name] == 1 {
				runtime.Goexit()
			}
			return []quire.Part{text(name + " ran")}, nil
		}}
	}
	tools := []Tool{tool("first", false), tool("second", true)}
	model := script([]quire.Part{use("first", `{}`), use("second", `{}`)})
	opt := func(o *settings) { o.Tools = tools }
	var wg sync.WaitGroup
	wg.Go(func() { _, _ = b.agent(model, opt).Step(t.Context()) })
	wg.Wait()
	r := b.turn(b.agent(model, opt))
	assert.Equal(t, 2, r.Resumed)
	assert.Equal(t, map[string]int{"first": 1, "second": 1}, ran)
	assert.Contains(t, b.last(), "first ran")
	assert.Contains(t, b.last(), "Outcome unknown")
	assert.NotContains(t, b.last(), "second ran")
}

func TestAPanicInAToolIsAResult(t *testing.T) {
	b := newBench(t)
	b.send("mia", "Go", "go")
	tool := Tool{Name: "boom", Run: func(context.Context, Call) ([]quire.Part, error) { panic("no luck") }}
	b.turn(b.agent(script([]quire.Part{use("boom", ``), use("boom", `{"a":`)}), func(o *settings) { o.Tools = []Tool{tool} }))
	assert.Contains(t, partText(b.steps[0].Results[0]), "The tool boom crashed: no luck")
	assert.Contains(t, partText(b.steps[0].Results[1]), "are not JSON")
}

// What waits though it stands above is said once, also when the process dies
// after it was said and before the model was called.
func TestACrashAfterAReminderDoesNotRemindTwice(t *testing.T) {
	b := newBench(t)
	b.send("mia", "Ping", "ping")
	b.turn(b.agent(script()))
	b.send("mia", "Ping", "ping")
	for range 3 {
		_, err := b.agent(func(*quire.Prompt) (*quire.Reply, error) { return nil, errCrash }).Step(t.Context())
		require.ErrorIs(t, err, errCrash)
	}
	b.turn(b.agent(script()))
	assert.Equal(t, 1, strings.Count(b.last(), "#3 from mia came; it says the same as #1 above."))
	events := 0
	for _, it := range b.inbox("ada") {
		if it.Kind == quire.KindEvent {
			events++
		}
	}
	assert.Equal(t, 1, events)
}
