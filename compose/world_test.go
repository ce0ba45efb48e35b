package compose_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/internal/codec"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/policy"
	"github.com/quire-dev/quire/price"
	"github.com/quire-dev/quire/tokenizer"
)

// target is a model behind an API.
type target struct {
	api   quire.API
	model string
}

func targets() []target {
	return []target{
		{quire.APIAnthropic, "claude-opus-5"}, {quire.APIAnthropic, "claude-opus-5-5"}, {quire.APIAnthropic, "claude-sonnet-4-5"},
		{quire.APIOpenAIChat, "gpt-6"}, {quire.APIOpenAIChat, "llama"}, {quire.APIOpenAIChat, "deepseek-v4-pro"},
		{quire.APIOpenAIResponses, "gpt-5.6"}, {quire.APIOpenAIResponses, "gpt-5"},
		{quire.APIGemini, "gemini-3-pro"}, {quire.APIStrict, "mistral-7b"}, {quire.APIOllama, "qwen3:8b"},
	}
}

// world is a host with one mailbox: it draws what arrives and what the agent
// does, and composes call after call.
type world struct {
	t        *rapid.T
	target   target
	framing  tokenizer.Framing
	counter  tokenizer.Counter
	composer *compose.Composer
	options  compose.Options
	base     compose.Input // what stays from call to call
	state    compose.State
	now      time.Time
	items    map[quire.MessageID]quire.Item
	uids     []quire.Item // all that was made, in order
	arrived  []quire.Item
	offered  []quire.Item
	changed  []quire.Delivery
	calls    int
	prints   map[quire.MessageID]quire.Digest // of each message as it was made
}

func newWorld(t *rapid.T) *world {
	w := &world{t: t, now: time.Unix(1_800_000_000, 0).UTC(), items: map[quire.MessageID]quire.Item{}, prints: map[quire.MessageID]quire.Digest{}}
	w.target = rapid.SampledFrom(targets()).Draw(t, "target")
	w.framing = models.FindOver(w.target.api, "").Framing
	w.counter = tokenizer.Approx{}
	w.options = compose.Options{
		Counter: w.counter, Framing: w.framing, Key: []byte("secret"),
		Policy: policies().Draw(t, "policy"), Schedule: schedules().Draw(t, "schedule"), Limits: limits(t),
	}
	w.composer = compose.New(&w.options)
	costs := append(compose.Costs(), price.CostModel{})
	w.base = compose.Input{
		Model: models.Profile{Name: w.target.model, Dialect: models.FindOver(w.target.api, w.target.model).Dialect, MaxOutput: 500,
			Cache: rapid.SampledFrom(costs).Draw(t, "price"), Thinking: rapid.SampledFrom([]int{0, 2000}).Draw(t, "thinking")},
		System: rapid.SampledFrom([]string{"", "You are Ada.", "bad \xff bytes"}).Draw(t, "system"),
		Tools:  tools(),
		Body:   w.body,
		Budget: rapid.SampledFrom([]int{60, 300, 700, 1200, 2500, 6000, 40_000}).Draw(t, "budget"),
	}
	for range rapid.SampledFrom([]int{0, 0, 0, 1, 2}).Draw(t, "heads") {
		w.base.Head = append(w.base.Head, w.mail())
	}
	return w
}

func tools() []quire.Tool {
	return []quire.Tool{
		{Name: "read", Description: "read a file", Schema: []byte(`{"type":"object","properties":{"b":{},"a":{}}}`)},
		{Name: "context_pull"}, {Name: "mail_find"},
	}
}

func limits(t *rapid.T) []compose.Limit {
	var out []compose.Limit
	for range rapid.SampledFrom([]int{0, 0, 0, 1, 2}).Draw(t, "limits") {
		out = append(out, compose.Limit{
			Class: rapid.SampledFrom([]policy.Class{"", policy.ClassRecent, policy.ClassPulled}).Draw(t, "class"),
			From:  rapid.SampledFrom([]quire.Address{"", "mia"}).Draw(t, "from"),
			Floor: rapid.SampledFrom([]int{0, 50, 200}).Draw(t, "floor"),
			Cap:   rapid.SampledFrom([]int{0, 300, 800}).Draw(t, "cap"),
		})
	}
	return out
}

func (w *world) body(id quire.MessageID) (quire.Item, bool) {
	it, ok := w.items[id]
	return it, ok
}

// add gives a message its number.
func (w *world) add(d quire.Draft, from quire.Address, self bool) quire.Item {
	uid := quire.UID(len(w.uids) + 1)
	d.ID = quire.MessageID(fmt.Sprintf("m%d", uid))
	it := quire.Item{Message: quire.Message{Draft: d, Envelope: quire.Envelope{From: from}}, Delivery: quire.Delivery{UID: uid, Self: self}}
	w.items[d.ID], w.prints[d.ID] = it, codec.PartsDigest(d.Parts)
	w.uids = append(w.uids, it)
	return it
}

func (w *world) mail() quire.Item {
	d := quire.Draft{Subject: text(w.t, 3), Parts: content(w.t, 2),
		Kind: rapid.SampledFrom([]quire.Kind{"", quire.KindMail, quire.KindNote, quire.KindEvent, "odd\nkind"}).Draw(w.t, "kind")}
	if rapid.IntRange(0, 5).Draw(w.t, "valid") == 0 {
		d.ValidUntil = w.now.Add(time.Duration(rapid.IntRange(-5, 60).Draw(w.t, "minutes")) * time.Minute)
	}
	if len(w.uids) > 0 && rapid.IntRange(0, 5).Draw(w.t, "supersedes") == 0 {
		d.Supersedes = []quire.MessageID{rapid.SampledFrom(w.uids).Draw(w.t, "old").ID}
	}
	return w.add(d, rapid.SampledFrom([]quire.Address{"mia", "bo", "[#1 evil\n\x00"}).Draw(w.t, "sender"), false)
}

// turn makes an assistant message, and results of its calls: mostly all, in any
// order.
func (w *world) turn() []quire.Item {
	t := w.t
	parts := reasoning(t, w.target.model)
	for range rapid.IntRange(0, 2).Draw(t, "says") {
		parts = append(parts, quire.Text{Text: text(t, 20)})
	}
	if rapid.IntRange(0, 9).Draw(t, "opaque") == 0 {
		parts = append(parts, opaque(t))
	}
	var calls []quire.ToolCall
	for range rapid.IntRange(0, 3).Draw(t, "calls") {
		w.calls++
		c := quire.ToolCall{
			ID:        rapid.SampledFrom([]string{fmt.Sprintf("c%d", w.calls), fmt.Sprintf("c%d", w.calls), "again", "", "weird id!", fmt.Sprintf("q%d_1", len(w.uids)+1), fmt.Sprintf("q%d_2", len(w.uids)+4)}).Draw(t, "id"),
			Name:      rapid.SampledFrom([]string{"read", "context_pull", "mail_find", "no such.tool"}).Draw(t, "tool"),
			Args:      rapid.SampledFrom([]string{"", "{}", `{"path":"a/b.go"}`, `{"n":12345678901234567890}`, `{"broken`, "[1]", "{\"b\":\"\xff\"}"}).Draw(t, "args"),
			Signature: map[bool]string{true: "sig"}[w.target.api == quire.APIGemini],
		}
		calls = append(calls, c)
		parts = append(parts, c)
	}
	out := []quire.Item{w.add(quire.Draft{Kind: quire.KindTurn, Parts: parts}, "me", true)}
	for _, c := range rapid.Permutation(calls).Draw(t, "order") {
		if rapid.IntRange(0, 19).Draw(t, "lost") > 0 {
			out = append(out, w.result(c.ID, c.Name))
		}
	}
	return out
}

func (w *world) result(id, tool string) quire.Item {
	parts := content(w.t, 2)
	if len(w.uids) > 0 && rapid.IntRange(0, 3).Draw(w.t, "pull") == 0 {
		it := rapid.SampledFrom(w.uids).Draw(w.t, "pulled")
		parts = append(parts, quire.Ref{Message: it.ID, UID: it.UID, Part: -1})
	}
	res := quire.ToolResult{CallID: id, Name: tool, Parts: parts, IsError: rapid.IntRange(0, 5).Draw(w.t, "error") == 0}
	return w.add(quire.Draft{Kind: quire.KindResult, Parts: []quire.Part{res}}, "me", true)
}

// happen draws what happens between two calls.
func (w *world) happen() {
	t := w.t
	for range rapid.IntRange(0, 3).Draw(t, "arrivals") {
		switch k := rapid.IntRange(0, 19).Draw(t, "arrival"); {
		case k < 8:
			w.arrived = append(w.arrived, w.mail())
		case k < 17:
			w.arrived = append(w.arrived, w.turn()...)
		case k < 18:
			w.arrived = append(w.arrived, w.result("nobody", "read"))
		default: // the same again
			if len(w.uids) > 0 {
				old := rapid.SampledFrom(w.uids).Draw(t, "old")
				w.arrived = append(w.arrived, w.add(old.Draft, old.From, old.Self))
			}
		}
	}
	w.offered = nil
	for range rapid.SampledFrom([]int{0, 0, 0, 1, 3}).Draw(t, "offers") {
		if len(w.uids) == 0 || rapid.Bool().Draw(t, "new") {
			w.offered = append(w.offered, w.mail())
		} else if it := rapid.SampledFrom(w.uids).Draw(t, "offer"); it.Kind != quire.KindTurn && !w.has(it.UID) {
			w.offered = append(w.offered, it)
		}
	}
	w.now = w.now.Add(rapid.SampledFrom([]time.Duration{0, time.Second, 4 * time.Minute, 26 * time.Hour, -time.Hour}).Draw(t, "passes"))
	w.touch()
	if rapid.IntRange(0, 9).Draw(t, "new budget") == 0 {
		w.base.Budget = rapid.SampledFrom([]int{300, 900, 6000}).Draw(t, "budget")
	}
	if rapid.IntRange(0, 14).Draw(t, "new system") == 0 {
		w.base.System += " Again."
	}
}

func (w *world) has(uid quire.UID) bool {
	same := func(it quire.Item) bool { return it.UID == uid }
	return slices.ContainsFunc(w.arrived, same) || slices.ContainsFunc(w.offered, same)
}

// touch draws what the agent and the senders do to what is resident.
func (w *world) touch() {
	t := w.t
	w.changed = nil
	if len(w.uids) == 0 {
		return
	}
	for range rapid.IntRange(0, 3).Draw(t, "touches") {
		it := rapid.SampledFrom(w.uids).Draw(t, "touched")
		switch rapid.IntRange(0, 7).Draw(t, "touch") {
		case 6:
			w.state.Withhold(it.UID, true)
		case 7:
			w.state.Withhold(it.UID, rapid.Bool().Draw(t, "withhold"))
		case 0, 1:
			w.state.Drop(it.UID, true)
		case 2:
			w.state.Drop(it.UID, false)
		case 3:
			w.state.Pin(it.UID, true)
		case 4:
			w.state.Pin(it.UID, false)
		case 5:
			it.Flags |= quire.FlagSuperseded
			w.changed = append(w.changed, it.Delivery)
		}
	}
}

// input is what the next plan is made of.
func (w *world) input() compose.Input {
	in := w.base
	in.State, in.Now, in.Arrived, in.Offered, in.Changed = w.state, w.now, w.arrived, w.offered, w.changed
	if rapid.IntRange(0, 2).Draw(w.t, "waits") == 0 {
		in.Notice = &quire.Notice{Pending: rapid.IntRange(0, 3).Draw(w.t, "pending"), Tokens: 9}
		for i := range in.Notice.Pending {
			in.Notice.Headers = append(in.Notice.Headers, quire.NoticeHeader{UID: quire.UID(900 + i), From: "mia", Subject: text(w.t, 3)})
		}
	}
	return in
}

// reload sends a state through its stored form.
func reload(t fataler, s compose.State) compose.State {
	b, err := s.MarshalBinary()
	if err != nil {
		t.Fatalf("%v", err)
	}
	var out compose.State
	if err := out.UnmarshalBinary(b); err != nil {
		t.Fatalf("%v", err)
	}
	return out
}

type fataler interface{ Fatalf(string, ...any) }

// stored is all of a state as one string.
func stored(t fataler, s compose.State) string {
	b, err := s.MarshalBinary()
	if err != nil {
		t.Fatalf("%v", err)
	}
	return string(b)
}

func written(p *compose.Plan) string {
	var b strings.Builder
	_, _ = p.WriteTo(&b)
	return b.String()
}

// writeMessage writes a prompt message for people.
func writeMessage(b *strings.Builder, m *quire.PromptMessage) {
	fmt.Fprintf(b, "%s:\n", m.Role)
	writeParts(b, "  ", m.Parts)
}

func writeParts(b *strings.Builder, indent string, parts []quire.Part) {
	for _, p := range parts {
		switch p := p.(type) {
		case quire.Text:
			b.WriteString(indent + strings.ReplaceAll(p.Text, "\n", "\n"+indent) + "\n")
		case quire.ToolCall:
			fmt.Fprintf(b, "%scall %s %s %s\n", indent, p.ID, p.Name, p.Args)
		case quire.ToolResult:
			fmt.Fprintf(b, "%sresult of %s\n", indent, p.CallID)
			writeParts(b, indent+"  ", p.Parts)
		case quire.Reasoning:
			fmt.Fprintf(b, "%sreasoning of %s\n", indent, p.Model)
		case quire.Image:
			fmt.Fprintf(b, "%simage %dx%d\n", indent, p.Width, p.Height)
		default:
			fmt.Fprintf(b, "%s%T\n", indent, p)
		}
	}
}
