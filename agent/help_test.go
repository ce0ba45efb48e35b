package agent

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/internal/calibrate"
	"github.com/quire-dev/quire/internal/codec"
	"github.com/quire-dev/quire/internal/ledger"
	"github.com/quire-dev/quire/internal/waits"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/memstore"
	"github.com/quire-dev/quire/models"
)

// modelFunc is a model made of a function.
type modelFunc func(*quire.Prompt) (*quire.Reply, error)

func (f modelFunc) Generate(ctx context.Context, p *quire.Prompt) (*quire.Reply, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return f(p)
}

// script answers with one reply after the other; when they are used up, "Done."
func script(replies ...[]quire.Part) modelFunc {
	n := 0
	return func(*quire.Prompt) (*quire.Reply, error) {
		if n >= len(replies) {
			return &quire.Reply{Parts: []quire.Part{quire.Text{Text: "Done."}}}, nil
		}
		n++
		return &quire.Reply{Parts: replies[n-1]}, nil
	}
}

func text(s string) quire.Part { return quire.Text{Text: s} }

var callNumber int

// use is a tool call with its own id.
func use(name, args string) quire.Part {
	callNumber++
	return quire.ToolCall{ID: fmt.Sprintf("c%d", callNumber), Name: name, Args: args}
}

// bench is a store with agents and people on it, and a clock that moves with
// its content.
type bench struct {
	t       *testing.T
	store   *mailbox.Store
	between []func(mailStore) mailStore // what stands between the agents and the store
	prompts []*quire.Prompt
	plans   []*compose.Plan
	steps   []StepInfo
	now     time.Time
	sent    int
}

var day = time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)

func newBench(t *testing.T) *bench {
	return &bench{t: t, store: memstore.New(nil), now: day}
}

// put puts over between the agents that are made from now on and the store: under is
// where over has what it stands before.
func (b *bench) put(under *mailStore, over mailStore) {
	b.between = append(b.between, func(m mailStore) mailStore { *under = m; return over })
}

func (b *bench) clock() time.Time { return b.now }

// agent makes ada, who keeps the prompts that she sends.
func (b *bench) agent(model modelFunc, change ...func(*settings)) *Agent {
	b.t.Helper()
	recording := modelFunc(func(p *quire.Prompt) (*quire.Reply, error) {
		b.prompts = append(b.prompts, p)
		if len(b.prompts) > 300 { // a loop that does not end is a failure, not a hang
			b.t.Fatal("the agent makes call after call")
		}
		return model(p)
	})
	o := settings{Address: "ada", Store: b.store, Model: recording, Options: Options{
		Profile:  models.Profile{Name: "test-1", Window: 8000, MaxOutput: 500, Dialect: models.Dialect{API: quire.APIOpenAIChat, LoopEvict: models.LoopGroups, NoticeInLoop: true}},
		Composer: compose.New(nil), Owner: "mia", Now: b.clock,
		OnPlan: func(p *compose.Plan) { b.plans = append(b.plans, p) },
		OnStep: func(i StepInfo) { b.steps = append(b.steps, i) },
		Sleep:  func(ctx context.Context, d time.Duration) error { b.now = b.now.Add(d); return ctx.Err() },
	}}
	for _, f := range change {
		f(&o)
	}
	a, err := newAgent(o)
	require.NoError(b.t, err)
	for _, f := range b.between {
		a.mail = f(a.mail)
	}
	return a
}

// send delivers mail to ada and returns its number.
func (b *bench) send(from quire.Address, subject, body string, change ...func(*quire.Draft)) quire.UID {
	b.t.Helper()
	b.sent++
	d := quire.Draft{ID: messageID(b.now, string(from), subject, fmt.Sprint(b.sent)), To: []quire.Address{"ada"},
		Kind: quire.KindMail, Subject: subject, Parts: []quire.Part{quire.Text{Text: body}}}
	for _, f := range change {
		f(&d)
	}
	_, err := b.store.Commit(b.t.Context(), mailbox.Commit{Address: from, Sends: []quire.Draft{d}, Now: b.now})
	require.NoError(b.t, err)
	items, err := b.store.Get(b.t.Context(), "ada", mailbox.Get{IDs: []quire.MessageID{d.ID}})
	require.NoError(b.t, err)
	require.Len(b.t, items, 1)
	return items[0].UID
}

// inbox reads all of a mailbox, oldest first.
func (b *bench) inbox(addr quire.Address) []quire.Item {
	b.t.Helper()
	page, err := b.store.Query(b.t.Context(), addr, mailbox.Query{Oldest: true, Limit: 1000, Now: b.now})
	require.NoError(b.t, err)
	var uids []quire.UID
	for _, r := range page.Rows {
		uids = append(uids, r.UID)
	}
	slices.Sort(uids)
	items, err := b.store.Get(b.t.Context(), addr, mailbox.Get{UIDs: uids})
	require.NoError(b.t, err)
	return items
}

// item reads one delivery of ada's.
func (b *bench) item(uid quire.UID) quire.Item {
	b.t.Helper()
	items, err := b.store.Get(b.t.Context(), "ada", mailbox.Get{UIDs: []quire.UID{uid}})
	require.NoError(b.t, err)
	require.Len(b.t, items, 1)
	return items[0]
}

// turn takes one turn that must go well.
func (b *bench) turn(a *Agent) TurnResult {
	b.t.Helper()
	r, err := a.Turn(b.t.Context())
	require.NoError(b.t, err)
	return r
}

// last is the text of the last prompt.
func (b *bench) last() string {
	b.t.Helper()
	require.NotEmpty(b.t, b.prompts)
	return flat(b.prompts[len(b.prompts)-1])
}

// flat is a prompt as one text, for looking into.
func flat(p *quire.Prompt) string {
	var s strings.Builder
	for _, m := range p.Messages {
		fmt.Fprintf(&s, "%s: ", m.Role)
		for _, part := range m.Parts {
			s.WriteString(partText(part) + "\n")
		}
	}
	return s.String() + "notice: " + p.Notice
}

func partText(p quire.Part) string {
	switch p := p.(type) {
	case quire.Text:
		return p.Text
	case quire.ToolCall:
		return "call " + p.Name + p.Args
	case quire.ToolResult:
		var s []string
		for _, q := range p.Parts {
			s = append(s, partText(q))
		}
		if p.IsError {
			s = append([]string{"(error)"}, s...)
		}
		return strings.Join(s, "\n")
	}
	return fmt.Sprintf("%T", p)
}

// bytesOf is a prompt as bytes, for comparing.
func bytesOf(t *testing.T, p *quire.Prompt) string {
	t.Helper()
	q := *p
	q.Messages = nil
	head, err := json.Marshal(q)
	require.NoError(t, err)
	var s strings.Builder
	s.Write(head)
	for _, m := range p.Messages {
		parts, err := codec.EncodeParts(m.Parts)
		require.NoError(t, err)
		fmt.Fprintf(&s, "\n%s %d %s", m.Role, m.Seq, parts)
	}
	return s.String()
}

// mustState reads ada's composer state.
func mustState(t *testing.T, b *bench) compose.State {
	t.Helper()
	snap, err := b.store.Snapshot(t.Context(), "ada")
	require.NoError(t, err)
	var st compose.State
	require.NoError(t, st.UnmarshalBinary(snap.Agent.State))
	return st
}

// insides is what a state keeps to itself, as it is stored.
type insides struct {
	Call, Turn, Seq uint64
	Model           string
	Calibration     calibrate.Calibration
	Ledger          ledger.Ledger
	Learned         []struct{ Tokens int }
	Gaps            waits.Gaps
	Others          []struct {
		Model  string
		Ledger ledger.Ledger
	}
}

func insidesOf(t *testing.T, st compose.State) (in insides) {
	t.Helper()
	b, err := st.MarshalBinary()
	require.NoError(t, err)
	n, size := binary.Uvarint(b[1:])
	require.NoError(t, json.Unmarshal(b[1+size+int(n):], &in))
	return in
}

// handleAll marks all of ada's mail as handled.
func (b *bench) handleAll() {
	b.t.Helper()
	var flags []mailbox.FlagChange
	for _, it := range b.inbox("ada") {
		flags = append(flags, mailbox.FlagChange{UID: it.UID, Set: quire.FlagHandled})
	}
	_, err := b.store.Commit(b.t.Context(), mailbox.Commit{Address: "ada", Flags: flags, Now: b.now})
	require.NoError(b.t, err)
}

// errText is an error that says something.
type errText string

func (e errText) Error() string { return string(e) }
