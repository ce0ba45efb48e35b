package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/agent"
	"github.com/quire-dev/quire/internal/look"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/memstore"
	"github.com/quire-dev/quire/mailbox/sqlitestore"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/providers/scripted"
)

// team are four agents, each in another state, at noon.
var noon = time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC)

func team(t *testing.T, s *mailbox.Store) {
	t.Helper()
	now := noon
	turn := func(addr quire.Address, fails bool, change func(*agent.Options), replies ...quire.Reply) {
		profile, _ := models.Find("claude-sonnet-5")
		o := &agent.Options{Profile: profile, Budget: 20_000, Now: func() time.Time { return now }}
		if change != nil {
			change(o)
		}
		for i := range replies {
			replies[i].Usage = quire.Usage{Input: 2000, CachedInput: 1500, Output: 10}
		}
		a, err := agent.New(s.Box(addr), scripted.New(replies...), o)
		require.NoError(t, err)
		_, err = s.Box("mia").With(mailbox.BoxOptions{Now: o.Now}).Send(t.Context(), quire.Mail(addr, "Go", "go"))
		require.NoError(t, err)
		_, err = a.Turn(t.Context())
		require.Equal(t, fails, err != nil, "%v", err)
	}
	now = noon.Add(-24 * time.Hour)
	turn("asleep", false, nil, scripted.Text("yesterday"))
	now = noon
	turn("asleep", false, nil, scripted.Text("today"))
	turn("parked", true, func(o *agent.Options) { o.Limits.Steps, o.Limits.Stalled = 1, 1 }, scripted.Call("mail_find", `{}`))
	turn("waiting", false, nil, scripted.Call("mail_send", `{"to":"ben","subject":"Which one?","text":"?","reply_by":"1h"}`), scripted.Text("I asked."))
	turn("awake", false, nil, scripted.Text("done"))
	_, err := s.Box("mia").With(mailbox.BoxOptions{Now: func() time.Time { return now }}).Send(t.Context(), quire.Mail("awake", "More", "\x1b[2J\x1b[31mmore"))
	require.NoError(t, err)
}

func TestTopSaysHowEachAgentStands(t *testing.T) {
	db := place(t)
	file, err := sqlitestore.Open(t.Context(), db, nil)
	require.NoError(t, err)
	team(t, file.Store)
	w := &watching{store: file.Store}
	v, err := w.look(t.Context(), noon)
	require.NoError(t, err)
	got := map[quire.Address]watched{}
	for _, a := range v.Agents {
		got[a.Address] = a
	}
	assert.Equal(t, []quire.Address{"parked", "waiting", "awake", "asleep"}, []quire.Address{v.Agents[0].Address, v.Agents[1].Address, v.Agents[2].Address, v.Agents[3].Address})
	for addr, a := range got {
		assert.Equal(t, string(addr), a.State, a.Why)
		assert.Positive(t, a.Used)
		assert.Equal(t, 20_000, a.Budget)
		assert.Equal(t, "75%", shareOf(&a.Today), addr)
		assert.NotZero(t, a.Today.Money)
		all, err := look.SpentBy(t.Context(), file.Store, addr, noon.Truncate(24*time.Hour))
		require.NoError(t, err)
		require.Len(t, all, 1)
		all[0].Day, all[0].Agent, all[0].Model = "", "", ""
		assert.Equal(t, all[0], a.Today, "as quire cost adds it up")
	}
	assert.Equal(t, []any{uint64(2), 1}, []any{got["asleep"].Calls, got["asleep"].Today.Calls}, "yesterday's call is not of today")
	assert.Contains(t, got["parked"].Why, "steps (1)")
	assert.Equal(t, 1, got["waiting"].Questions)
	assert.Equal(t, noon.Add(time.Hour), *got["waiting"].Until)
	assert.Equal(t, 1, got["awake"].Pending)

	// Looked at again, after a call and after midnight, it says what one who looks first does.
	a, err := agent.New(file.Box("asleep"), scripted.New(scripted.Text("more")), &agent.Options{Budget: 20_000, Now: func() time.Time { return noon.Add(time.Minute) }})
	require.NoError(t, err)
	_, err = file.Box("mia").Send(t.Context(), quire.Mail("asleep", "", "go"))
	require.NoError(t, err)
	_, err = a.Turn(t.Context())
	require.NoError(t, err)
	for _, now := range []time.Time{noon.Add(time.Minute), noon.Add(24 * time.Hour)} {
		again, err := w.look(t.Context(), now)
		require.NoError(t, err)
		fresh, err := (&watching{store: file.Store}).look(t.Context(), now)
		require.NoError(t, err)
		assert.Equal(t, fresh, again)
	}
	require.NoError(t, file.Close())
	one := inJSON[view](t, "top")
	assert.Len(t, one.Agents, 4)
	_, once, _ := strings.Cut(ok(t, "top", "--once"), "\n")
	_, plain, _ := strings.Cut(ok(t, "top"), "\n")
	assert.Equal(t, once, plain, "what is no terminal is printed once")
}

// A model that can't be reached, and a limit, are waits with a reason.
func TestTopSaysWhyAnAgentWaits(t *testing.T) {
	s := agent.Status{Health: agent.Health{OK: true}}
	b := &mailbox.Mailbox{Pending: 1, Oldest: noon}
	state, why, until := stands(&agent.Status{Health: agent.Health{Reason: "503", Next: noon}}, b)
	assert.Equal(t, []any{look.Ill, "its model can't be reached: 503", noon}, []any{state, why, *until})
	s.Paused, s.Until = "tokens per day", noon
	state, why, until = stands(&s, b)
	assert.Equal(t, []any{look.Paused, "at its limit: tokens per day", noon}, []any{state, why, *until})
	s.Paused, s.Open, s.Turns, s.Interrupted = "", true, 5, 2
	state, why, _ = stands(&s, b)
	assert.Equal(t, []any{look.Awake, "turn 5, 2 tool calls under way"}, []any{state, why})
	s.Interrupted, s.Questions, s.Asked = 0, 1, []quire.Address{"mia"}
	_, why, _ = stands(&s, b)
	assert.Equal(t, "turn 5; asked mia", why)
}

// crowd is a view of many agents, some with names that are wide or hostile.
func crowd() *view {
	v := &view{Time: noon}
	for i := range 40 {
		a := watched{Address: quire.Address(fmt.Sprint("agent-", i)), State: states[i%len(states)], Used: 123_456, Budget: 1_000_000, Pending: i, Questions: 1, Today: spent{Calls: 1, Input: 100, Cached: 33, Money: 12_345_678}}
		if i%3 == 0 {
			a.Address, a.Why = "港務局長の代理人@example.org", "\x1b[2J limit reached: 歩数 "+strings.Repeat("very long ", 30)
		}
		v.Agents = append(v.Agents, a)
	}
	return v
}

func TestAViewFitsItsScreen(t *testing.T) {
	v := crowd()
	for _, size := range [][2]int{{80, 24}, {80, 23}, {120, 30}, {200, 5}, {40, 10}, {20, 4}, {1, 3}} {
		lines := v.lines(size[0], size[1])
		assert.LessOrEqual(t, len(lines), max(size[1], 3), "%v", size)
		for _, l := range lines {
			assert.LessOrEqual(t, widthOf(l), max(size[0], 20), "%v: %q", size, l)
			assert.NotContains(t, l, "\x1b", "what agents are called draws nothing")
		}
		assert.Contains(t, lines[len(lines)-1], " more", "%v: it says that there is more", size)
	}
	all := v.lines(80, 0)
	assert.NotContains(t, all[len(all)-1], "more:")
	assert.Equal(t, 2+40+14, len(all))
	assert.Equal(t, []string{"agent-1            ill        123k/1.0M      1    33%  $12.3457     1     1"}, v.Agents[1].lines(80))
}

// painted is a screen in memory. Each drawing is a message.
type painted struct {
	draws chan string
	soon  chan time.Time
	late  chan time.Time
	size  chan os.Signal
}

func (p *painted) Write(b []byte) (int, error) {
	p.draws <- string(b)
	return len(b), nil
}

func (p *painted) screen() *screen {
	return &screen{out: p, resized: p.size, size: func() (int, int) { return 80, 24 }, after: func(d time.Duration) <-chan time.Time {
		if d == topEvery {
			return p.soon
		}
		return p.late
	}}
}

func TestALiveViewIsDrawnWhenSomethingChanges(t *testing.T) {
	s := memstore.New(nil)
	defer s.Close()
	team(t, s)
	p := &painted{make(chan string), make(chan time.Time), make(chan time.Time), make(chan os.Signal)}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- (&watching{store: s, now: time.Now}).live(ctx, p.screen()) }()
	first := <-p.draws
	assert.True(t, strings.HasPrefix(first, "\x1b[H\x1b[2J"), "it begins on an empty screen")
	for _, no := range []string{"\x1b[?1049h", "\x1b[?25l", "\x1b[?7l"} {
		assert.NotContains(t, first, no, "nothing is set that had to be set back")
	}
	p.size <- os.Interrupt // any signal will do
	assert.Contains(t, <-p.draws, "\x1b[2J", "another size")
	p.late <- noon
	assert.NotContains(t, <-p.draws, "\x1b[2J", "the clock: it is drawn over, which does not flicker")
	_, err := s.Box("mia").Send(t.Context(), quire.Mail("asleep", "", "go"))
	require.NoError(t, err)
	p.soon <- noon // not before the moment is over
	assert.Contains(t, <-p.draws, "mail waits since")
	stop()
	require.NoError(t, <-ended, "it is how a view ends")
}

func TestAStoreThatIsAwayIsSaid(t *testing.T) {
	v := crowd()
	v.problem = "the store is locked"
	assert.Equal(t, "not up to date: the store is locked", v.lines(80, 24)[2])
	assert.Len(t, v.lines(80, 23), 23)
}

// TestTopInATerminal runs it in tmux, at 80 by 24.
func TestTopInATerminal(t *testing.T) {
	tmux, err := exec.LookPath("tmux")
	if err != nil {
		t.Skip("there is no tmux")
	}
	db, bin := place(t), program(t)
	file, err := sqlitestore.Open(t.Context(), db, nil)
	require.NoError(t, err)
	defer file.Close()
	team(t, file.Store)
	socket := filepath.Join(t.TempDir(), "s")
	run := func(args ...string) string {
		out, err := exec.Command(tmux, append([]string{"-S", socket, "-f", "/dev/null"}, args...)...).CombinedOutput()
		require.NoError(t, err, "%v: %s", args, out)
		return string(out)
	}
	run("new-session", "-d", "-x", "80", "-y", "24", "sh", "-c", fmt.Sprintf("trap : INT; stty -g >%s; %s top --db %s; echo ended with $?; stty -g >%s; cat", socket+".before", bin, db, socket+".after"))
	defer exec.Command(tmux, "-S", socket, "kill-server").Run() //nolint // it may have ended
	shows := func(what string) string {
		t.Helper()
		var at string
		require.Eventually(t, func() bool { at = run("capture-pane", "-p"); return strings.Contains(at, what) }, time.Minute, 20*time.Millisecond, "%s", what)
		return at
	}
	at := shows("asleep")
	lines := strings.Split(strings.TrimRight(at, "\n"), "\n")
	assert.Contains(t, lines[0], "1 parked, 1 waiting, 1 awake, 1 asleep")
	assert.Equal(t, "AGENT              STATE        CONTEXT  CALLS CACHED      COST  MAIL ASKED", lines[1])
	assert.Len(t, lines, 2+4+3, "each agent, three of them with a reason below")
	_, err = file.Box("mia").Send(t.Context(), quire.Mail("asleep", "", "go")) // by another process
	require.NoError(t, err)
	shows("2 awake")
	run("resize-window", "-x", "60", "-y", "5")
	shows("and 4 more: quire top --once shows all")
	run("resize-window", "-x", "80", "-y", "24")
	shows("2 awake")
	run("send-keys", "C-c")
	assert.Contains(t, shows("ended with"), "ended with 0")
	before, err := os.ReadFile(socket + ".before")
	require.NoError(t, err)
	require.Eventually(t, func() bool { after, _ := os.ReadFile(socket + ".after"); return bytes.Equal(before, after) }, time.Minute, 10*time.Millisecond, "the terminal is as it was")
	assert.Equal(t, "1 0", strings.TrimSpace(run("display-message", "-p", "#{cursor_flag} #{alternate_on}")))
}

// The company of --demo stands as it did when its clock is stopped, and top says who waits
// for whom.
func TestTopOfTheDemo(t *testing.T) {
	t.Setenv("QUIRE_DEMO_AT", "2026-11-30T15:20:00Z")
	v := inJSON[view](t, "top", "--demo")
	assert.Equal(t, time.Date(2026, 11, 30, 15, 20, 0, 0, time.UTC), v.Time)
	asked := map[quire.Address][]quire.Address{}
	for _, a := range v.Agents {
		asked[a.Address] = a.Asked
	}
	assert.Equal(t, map[quire.Address][]quire.Address{"ada": {"mia"}, "ben": nil, "kim": {"mia"}, "dot": nil, "eva": nil}, asked)
	at := time.Date(2026, 11, 30, 19, 20, 0, 0, time.Local)
	a := watched{Address: "kim", State: look.Waiting, Why: strings.Repeat("why ", 50), Until: &at}
	assert.Contains(t, a.lines(80)[1], "until 11-30 19:20 why", "it is not cut off")
	t.Setenv("QUIRE_DEMO_AT", "today")
	assert.Equal(t, exitUsage, do(t, "", "top", "--demo").code)
}

// Columns stand below each other in a terminal, whatever is written in them.
func TestTablesAlignWideCharacters(t *testing.T) {
	place(t)
	ok(t, "send", "--box", "李明", "--to", "ada", "--subject", "你好", "hello")
	ok(t, "send", "--box", "mia", "--to", "ada", "--subject", "你好", "hello")
	var columns []int
	for l := range strings.Lines(ok(t, "find", "--box", "ada")) {
		if before, _, ok := strings.Cut(l, "pending"); ok {
			columns = append(columns, widthOf(before))
		}
	}
	require.Len(t, columns, 2)
	assert.Equal(t, columns[0], columns[1])
}
