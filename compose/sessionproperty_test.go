package compose_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/internal/raced"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/providers/promptcheck"
	"github.com/quire-dev/quire/providers/wire"
	"github.com/quire-dev/quire/tokenizer"
)

// loop is a foreign loop: a list of messages of all shapes, and a session over it.
type loop struct {
	t       *rapid.T
	target  target
	options compose.SessionOptions
	framing tokenizer.Framing
	list    []quire.PromptMessage
	room    int
	turns   int // numbers what is said, so that no two texts are equal
	last    string
	late    []string // calls whose results came after the model had gone on
}

func newLoop(t *rapid.T) *loop {
	l := &loop{t: t, target: rapid.SampledFrom(targets()).Draw(t, "target")}
	l.framing = models.FindOver(l.target.api, "").Framing
	l.options = compose.SessionOptions{
		Composer: compose.New(&compose.Options{Framing: l.framing}),
		Model:    models.Profile{Name: l.target.model, Dialect: models.FindOver(l.target.api, l.target.model).Dialect, MaxOutput: 500},
		System:   "You are Ada.", Tools: tools()[:1],
		Now: func() time.Time { return time.Unix(1_800_000_000, 0) },
	}
	if rapid.Bool().Draw(t, "tools") {
		l.options.Tools = append(l.options.Tools, compose.NewSession(l.options.Model, &l.options).Tools()...)
	}
	l.room = rapid.SampledFrom([]int{600, 900, 1500, 6000}).Draw(t, "room")
	fixed := l.framing.Fixed(tokenizer.Approx{}, l.options.System, l.options.Tools)
	l.options.Budget = fixed + l.room
	return l
}

func (l *loop) text() quire.Part {
	l.turns++
	n := rapid.SampledFrom([]int{1, 3, 10, 40, 150}).Draw(l.t, "words")
	return quire.Text{Text: fmt.Sprintf("text %d%s", l.turns, strings.Repeat(" word", n))}
}

func (l *loop) add(role quire.Role, parts ...quire.Part) {
	l.list = append(l.list, quire.PromptMessage{Role: role, Parts: parts})
}

// happen draws what is said between two calls. Afterwards nothing waits for a result.
func (l *loop) happen() {
	t := l.t
	if n := len(l.list); n > 0 {
		switch rapid.IntRange(0, 3).Draw(t, "answer") {
		case 0:
			l.add(quire.RoleAssistant, l.text())
		case 1:
			l.group()
			return
		case 2:
			l.add(quire.RoleAssistant, quire.Reasoning{Model: l.target.model, Text: "hm", Signature: "sig"})
			l.group()
			return
		case 3:
			l.hosted()
		}
	}
	if rapid.IntRange(0, 12).Draw(t, "note") == 0 {
		l.add(rapid.SampledFrom([]quire.Role{"system", "developer"}).Draw(t, "role"), l.text())
	}
	for range rapid.SampledFrom([]int{1, 1, 1, 2}).Draw(t, "asks") {
		l.add(quire.RoleUser, l.text())
	}
}

func (l *loop) call() quire.ToolCall {
	l.turns++
	c := quire.ToolCall{ID: fmt.Sprintf("c%d", l.turns), Name: "read", Args: fmt.Sprintf(`{"n":%d}`, l.turns)}
	if l.target.api == quire.APIGemini {
		c.Signature = "sig"
	}
	return c
}

func (l *loop) result(c quire.ToolCall) quire.Part {
	return quire.ToolResult{CallID: c.ID, Name: c.Name, Parts: []quire.Part{l.text()}}
}

// group is calls with their results, in one of the shapes that loops have.
func (l *loop) group() {
	a, b := l.call(), l.call()
	shape := rapid.IntRange(0, 4).Draw(l.t, "shape")
	if shape == 3 {
		l.add(quire.RoleAssistant, l.text(), a)
		l.add(quire.RoleAssistant, b)
	} else {
		l.add(quire.RoleAssistant, l.text(), a, b)
	}
	ra, rb := l.result(a), l.result(b)
	switch shape {
	case 0:
		l.add(quire.RoleTool, ra, rb)
	case 1:
		l.add(quire.RoleTool, rb)
		l.add(quire.RoleTool, ra)
	case 2:
		l.add(quire.RoleUser, ra, rb, l.text())
	case 3:
		l.add(quire.RoleUser, l.text())
		l.add(quire.RoleTool, ra, rb)
	case 4:
		l.add(quire.RoleTool, ra)
		l.add(quire.RoleUser, l.text()) // the other one comes late, or never
		if rapid.Bool().Draw(l.t, "late") {
			l.add(quire.RoleAssistant, l.text())
			l.add(quire.RoleTool, rb)
			l.late = append(l.late, b.ID)
		}
	}
}

// hosted is a call that the provider answered itself.
func (l *loop) hosted() {
	c := l.call()
	l.add(quire.RoleAssistant, c, l.result(c), l.text())
}

// edit draws what becomes of the list: rewinds, other words, another list.
func (l *loop) edit() bool {
	switch k := rapid.IntRange(0, 24).Draw(l.t, "edit"); {
	case k == 0 && len(l.list) > 0:
		i := rapid.IntRange(0, len(l.list)-1).Draw(l.t, "at")
		if _, ok := l.list[i].Parts[0].(quire.Text); ok && len(l.list[i].Parts) == 1 {
			l.list = slices.Clone(l.list)
			l.list[i].Parts = []quire.Part{l.text()}
			return true
		}
	case k == 1:
		for i := len(l.list) - 1; i > 0; i-- {
			if l.list[i].Role == quire.RoleUser && l.list[i-1].Role == quire.RoleUser {
				l.list = l.list[:i:i]
				return true
			}
		}
	case k == 2 && rapid.IntRange(0, 3).Draw(l.t, "all") == 0:
		l.list = nil
		return true
	}
	return false
}

// parts are all that the list holds, in the order in which sessions show it, by the
// text that it has.
func (l *loop) known() map[string]quire.Part {
	out := map[string]quire.Part{}
	for _, m := range l.list {
		for _, p := range m.Parts {
			out[key(p)] = p
			if res, ok := p.(quire.ToolResult); ok {
				out[key(res.Parts[0])] = res.Parts[0] // where it is shown as a message
			}
		}
	}
	return out
}

func key(p quire.Part) string {
	switch p := p.(type) {
	case quire.Text:
		words := strings.Fields(p.Text)
		return strings.Join(words[:min(2, len(words))], " ")
	case quire.ToolCall:
		return "call " + p.ID
	case quire.ToolResult:
		return "result " + p.CallID
	}
	return fmt.Sprintf("%T", p)
}

// checkPrompt holds what is true of each prompt of a session.
func (l *loop) checkPrompt(plan *compose.Plan) {
	t, p := l.t, &plan.Prompt
	body, err := wire.Encode(l.target.api, p, nil)
	require.NoError(t, err)
	require.Empty(t, promptcheck.Check(l.target.api, body), "%s", body)
	require.LessOrEqual(t, l.framing.Prompt(tokenizer.Approx{}, p), plan.Used)
	require.LessOrEqual(t, plan.Estimate, l.options.Budget)
	known := l.known()
	lines := 0
	for _, m := range p.Messages {
		for _, part := range m.Parts {
			lines += l.checkPart(known, part, plan)
		}
	}
	require.LessOrEqual(t, lines, 1, "%s", prompted(p))
	l.last = planned(plan)
	l.checkNewest(p)
	l.checkQuestions(p)
}

// checkPart holds that a part is one of the list's, or what a session may put in its
// place; 1 when it is the line for what left.
func (l *loop) checkPart(known map[string]quire.Part, part quire.Part, plan *compose.Plan) int {
	want, ok := known[key(part)]
	if ok && reflect.DeepEqual(want, part) {
		return 0
	}
	if text, is := part.(quire.Text); is && !ok {
		switch {
		case strings.Contains(text.Text, "of this conversation"):
			return 1
		case strings.HasPrefix(text.Text, "[the late result of call "):
			return 0
		}
	}
	if res, is := part.(quire.ToolResult); is {
		text := quire.PlainText(res.Parts)
		if strings.Contains(text, "is left out") || strings.Contains(text, "bytes left out") || strings.Contains(text, "no result was recorded") {
			return 0
		}
	}
	require.True(l.t, plan.CutReason != "" || plan.Call > 1, "an excerpt")
	require.Contains(l.t, fmt.Sprint(part), "bytes left out", "%s", prompted(&plan.Prompt))
	return 0
}

// checkNewest holds that what was said last stands at the end.
func (l *loop) checkNewest(p *quire.Prompt) {
	last := p.Messages[len(p.Messages)-1]
	end := l.list[len(l.list)-1]
	if end.Role == quire.RoleUser {
		require.Equal(l.t, quire.RoleUser, last.Role)
		require.Equal(l.t, key(end.Parts[len(end.Parts)-1]), key(last.Parts[len(last.Parts)-1]))
	}
}

// checkQuestions holds that no answer stands without what it answers to.
func (l *loop) checkQuestions(p *quire.Prompt) {
	if strings.Contains(prompted(p), "bytes left out") {
		return // the question may be cut
	}
	shown := map[string]bool{}
	for _, m := range p.Messages {
		for _, part := range m.Parts {
			shown[key(part)] = true
		}
	}
	asked := ""
	for _, m := range l.list {
		for _, part := range m.Parts {
			k := key(part)
			if _, ok := part.(quire.Text); ok && m.Role == quire.RoleUser {
				asked = k
			}
			if res, ok := part.(quire.ToolResult); ok && slices.Contains(l.late, res.CallID) {
				asked = key(res.Parts[0])
			}
			if m.Role == quire.RoleAssistant && shown[k] && asked != "" && strings.HasPrefix(k, "text") {
				require.True(l.t, shown[asked], "%s stands and %s does not:\n%s\nof\n%s", k, asked, prompted(p), prompted(&quire.Prompt{Messages: l.list})+l.last)
			}
		}
	}
}

// TestSessionsHoldWhatTheyPromise plays random loops: each prompt of a session that
// goes on, of one from its stored state and of one from the list alone is valid, fits,
// shows the newest exchange, no answer without its question, and parts as they are.
func TestSessionsHoldWhatTheyPromise(rt *testing.T) {
	raced.Skip(rt)
	moved, calls := 0, 0
	rapid.Check(rt, func(t *rapid.T) {
		l := newLoop(t)
		s := compose.NewSession(l.options.Model, &l.options)
		var last, lastAlone *quire.Prompt
		lastUsed, lastLen := 0, 0
		for range rapid.IntRange(1, 25).Draw(t, "calls") {
			if l.edit() {
				last, lastAlone = nil, nil
			}
			l.happen()
			plan, err := s.Next(l.list)
			require.NoError(t, err, "%s", planned(plan))
			l.checkPrompt(plan)
			if last != nil && plan.CutReason == "" {
				require.True(t, begins(plan.Prompt.Messages, last.Messages), "%s\n%s", prompted(last), prompted(&plan.Prompt))
			}
			again, err := s.Next(slices.Clone(l.list))
			require.NoError(t, err)
			require.Equal(t, plan.Prompt, again.Prompt, "the same again")

			alone, err := compose.NewSession(l.options.Model, &l.options).Next(l.list)
			require.NoError(t, err)
			l.checkPrompt(alone)
			if lastAlone != nil {
				calls++
				if !begins(alone.Prompt.Messages, lastAlone.Messages) {
					moved++
					require.True(t, lastUsed+l.tokens(lastLen) > l.options.Budget || l.bytes() > 30*l.room, "moved though all fits:\n%s", parted(lastAlone, &alone.Prompt))
				}
			}
			l.fromState(s, again)
			last, lastAlone, lastUsed, lastLen = &again.Prompt, &alone.Prompt, alone.Used, len(l.list)
			if rapid.IntRange(0, 6).Draw(t, "fails") == 0 {
				require.NoError(t, s.Failed(again))
				last = nil
				continue
			}
			usage := quire.Usage{}
			if rapid.IntRange(0, 2).Draw(t, "reported") == 0 {
				usage.Input = again.Used * rapid.IntRange(85, 110).Draw(t, "percent") / 100
			}
			require.NoError(t, s.Sent(again, usage))
		}
	})
	rt.Logf("from the list alone the prefix moves in %d of %d calls", moved, calls)
	require.Less(rt, moved*3, calls)
}

// fromState: a session from the stored state makes the same prompt.
func (l *loop) fromState(s *compose.Session, plan *compose.Plan) {
	o := l.options
	o.State = reload(l.t, s.State())
	got, err := compose.NewSession(o.Model, &o).Next(l.list)
	var budget *compose.BudgetError
	if errors.As(err, &budget) {
		l.t.Fatalf("%v", err)
	}
	require.NoError(l.t, err)
	require.Equal(l.t, plan.Prompt, got.Prompt)
}

func planned(p *compose.Plan) string {
	if p == nil {
		return ""
	}
	return fmt.Sprintf("%s estimate %d bound %d\n%s", written(p), p.Estimate, p.Bound, prompted(&p.Prompt))
}

// bytes is how much text the list has: from 32 for each token of the room on, a
// session begins its cuts behind the beginning.
func (l *loop) bytes() int {
	n := 0
	for _, m := range l.list {
		n += len(quire.PlainText(m.Parts))
		for _, p := range m.Parts {
			if res, ok := p.(quire.ToolResult); ok {
				n += len(quire.PlainText(res.Parts))
			}
		}
	}
	return n
}

// parted is where two prompts part.
func parted(a, b *quire.Prompt) string {
	for i := range a.Messages {
		if i >= len(b.Messages) || !reflect.DeepEqual(a.Messages[i], b.Messages[i]) {
			return prompted(&quire.Prompt{Messages: a.Messages[i:]}) + "---\n" + prompted(&quire.Prompt{Messages: b.Messages[min(i, len(b.Messages)):]})
		}
	}
	return ""
}

// tokens is what the list takes from message i on, or more.
func (l *loop) tokens(i int) int {
	n := 0
	for _, m := range l.list[i:] {
		n += l.framing.Message(tokenizer.Approx{}, m.Parts) + 60*len(m.Parts)
	}
	return n
}
