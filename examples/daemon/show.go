package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/agent"
	"github.com/quire-dev/quire/compose"
)

// show prints one block for each turn: what stood in its last prompt, what left
// and why, and what it cost.
type show struct {
	w     io.Writer
	steps []agent.StepInfo
	out   []compose.Decision // what left in the turn, whole or in part, or did not enter
	cost  float64
	plain float64 // what the same tokens cost without a cache
}

// legend explains the blocks once, before the first.
const legend = `Each block is one turn: the model calls from waking up to the last reply.
  woken    the mail that was delivered whole, and what the notice at the bottom said
  did      the tools it called, in order
  context  the last prompt of the turn: tokens used of the budget, and what stands in it
  left     what went out of the context in this turn, why, and the tokens that it took
           there and does not any more; it stays in the mailbox
  price    input tokens of the turn as billed: "kept" were the same bytes as in the call
           before, which providers read from their cache at a tenth of the price

`

// step collects a step; the last one of a turn prints the block.
func (s *show) step(i agent.StepInfo) {
	s.steps = append(s.steps, i)
	for _, d := range i.Plan.Decisions() {
		if d.Left > 0 || d.New && d.Fate == compose.FateOut {
			s.out = append(s.out, d)
		}
	}
	s.cost += i.Plan.Bill.Cost
	s.plain += float64(i.Plan.Used)
	if i.Ended {
		s.block()
		*s = show{w: s.w}
	}
}

func (s *show) block() {
	first, last := s.steps[0], s.steps[len(s.steps)-1]
	var b strings.Builder
	fmt.Fprintf(&b, "%s, turn %d, %s\n", first.Address, first.Turn, plural(len(s.steps), "call"))
	fmt.Fprintf(&b, "  woken    %s\n", s.woken(first.Plan))
	if did := s.did(); did != "" {
		fmt.Fprintf(&b, "  did      %s\n", did)
	}
	p := last.Plan
	fmt.Fprintf(&b, "  context  %d of %d tokens: %s\n", p.Used, p.Budget, standing(p))
	if left := s.left(); left != "" {
		fmt.Fprintf(&b, "  left     %s\n", left)
	}
	kept := 0
	for _, st := range s.steps {
		kept += st.Plan.Kept
	}
	fmt.Fprintf(&b, "  price    %.0f for %.0f tokens in %s (%d%% kept)\n", s.cost, s.plain, plural(len(s.steps), "prompt"), percent(kept, int(s.plain)))
	fmt.Fprintf(&b, "  says     %s\n\n", cutAt(textOf(last.Reply), 150))
	io.WriteString(s.w, b.String())
}

// woken names what arrived for the first call.
func (s *show) woken(p *compose.Plan) string {
	var mail []string
	for _, d := range p.Decisions() {
		if d.New && d.Fate != compose.FateOut && d.Kind != quire.KindTurn && d.Kind != quire.KindResult {
			mail = append(mail, fmt.Sprintf("%s %s (%d tokens)", d.UID, d.Kind, d.Tokens))
		}
	}
	if len(mail) == 0 {
		mail = []string{"by nothing new"}
	}
	text := strings.Join(mail, ", ")
	if p.Prompt.Notice != "" {
		line, _, _ := strings.Cut(strings.TrimPrefix(p.Prompt.Notice, "<<notice>> "), ".")
		text += "; notice: " + line
	}
	return text
}

// did names the calls in order.
func (s *show) did() string {
	var names []string
	for _, st := range s.steps {
		for _, p := range st.Reply.Parts {
			if c, ok := p.(quire.ToolCall); ok {
				names = append(names, strings.TrimSpace(c.Name+" "+gist(c.Args)))
			}
		}
	}
	return strings.Join(names, ", ")
}

// gist is what a call's arguments come down to.
func gist(args string) string {
	var in struct {
		To      any    `json:"to"`
		ReplyTo int    `json:"reply_to"`
		UIDs    []int  `json:"uids"`
		Job     string `json:"job"`
		Words   string `json:"words"`
		Default string `json:"default"`
	}
	if json.Unmarshal([]byte(args), &in) != nil {
		return ""
	}
	var out []string
	if in.To != nil {
		out = append(out, "to "+strings.Trim(fmt.Sprint(in.To), "[]"))
	}
	if in.ReplyTo > 0 {
		out = append(out, fmt.Sprintf("in reply to #%d", in.ReplyTo))
	}
	if in.Default != "" {
		out = append(out, fmt.Sprintf("(a question, default %q)", in.Default))
	}
	for _, u := range in.UIDs {
		out = append(out, fmt.Sprintf("#%d", u))
	}
	if in.Words != "" {
		out = append(out, strconv.Quote(in.Words))
	}
	return strings.Join(append(out, in.Job), " ")
}

// standing counts the forms in a prompt.
func standing(p *compose.Plan) string {
	n := map[compose.Fate]int{}
	for _, d := range p.Decisions() {
		n[d.Fate]++
	}
	parts := []string{plural(n[compose.FateIn], "message") + " whole"}
	if k := n[compose.FateExcerpt]; k > 0 {
		parts = append(parts, plural(k, "excerpt"))
	}
	if k := n[compose.FateStub]; k > 0 {
		parts = append(parts, plural(k, "stub"))
	}
	return strings.Join(parts, ", ")
}

// left groups what went out by its reason.
func (s *show) left() string {
	var reasons []string
	by := map[string][]string{}
	tokens := map[string]int{}
	for _, d := range s.out {
		r := d.Reason + stays(&d)
		if by[r] == nil {
			reasons = append(reasons, r)
		}
		by[r] = append(by[r], d.UID.String())
		tokens[r] += d.Left
	}
	var out []string
	for _, r := range reasons {
		names := by[r]
		if len(names) > 4 {
			names = append(names[:3:3], fmt.Sprintf("and %d more", len(by[r])-3))
		}
		if tokens[r] > 0 {
			r += ", " + plural(tokens[r], "token")
		}
		out = append(out, fmt.Sprintf("%s (%s)", strings.Join(names, " "), r))
	}
	return strings.Join(out, "; ")
}

// stays says what remains of a message that left, or that nothing of it ever stood.
func stays(d *compose.Decision) string {
	switch {
	case d.Left == 0:
		return ", did not enter"
	case d.Fate == compose.FateStub:
		return ", a line stays"
	case d.Fate == compose.FateExcerpt:
		return ", an excerpt stays"
	}
	return ""
}

// textOf is what a reply says, in one line.
func textOf(r *quire.Reply) string {
	var words []string
	for _, p := range r.Parts {
		if t, ok := p.(quire.Text); ok {
			words = append(words, strings.Fields(t.Text)...)
		}
	}
	return strings.Join(words, " ")
}

func cutAt(s string, max int) string {
	if r := []rune(s); len(r) > max {
		return string(r[:max]) + "…"
	}
	return s
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func percent(part, of int) int {
	if of == 0 {
		return 0
	}
	return part * 100 / of
}
