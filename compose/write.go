package compose

import (
	"fmt"
	"io"
	"strings"
)

// WriteTo writes the plan for people: what it takes and costs, what left, then one line for
// each decision, with + before what changed in this call. The lines are stable:
// golden files, documents and tools may rely on them.
func (p *Plan) WriteTo(w io.Writer) (int64, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "call %d: %d of %d tokens, %d kept", p.Call, p.Used, p.Budget, p.Kept)
	if p.Cold {
		b.WriteString(", cold")
	}
	fmt.Fprintf(&b, "\nbill: %s\n", p.Bill)
	if p.Reads < 1 {
		fmt.Fprintf(&b, "reads: %.0f%% of what is predicted, by reports\n", 100*p.Reads)
	}
	if p.Lasts != "" {
		fmt.Fprintf(&b, "kept longer: %s\n", p.Lasts)
	}
	if p.CutReason != "" {
		fmt.Fprintf(&b, "cut: %s\n", p.CutReason)
	}
	decisions := p.Decisions()
	if tokens, messages := left(decisions); messages == 1 {
		fmt.Fprintf(&b, "left: %d tokens of 1 message\n", tokens)
	} else if messages > 1 {
		fmt.Fprintf(&b, "left: %d tokens of %d messages\n", tokens, messages)
	}
	for _, r := range p.Refaults {
		fmt.Fprintf(&b, "refault: %s, which left in call %d; pulled again %d times\n", r.UID, p.Call-r.After, r.Times)
	}
	for _, s := range p.Problems {
		fmt.Fprintf(&b, "problem: %s\n", s)
	}
	fmt.Fprintf(&b, "  fixed                    %7d\n", p.base)
	for _, d := range decisions {
		b.WriteString(d.String())
		b.WriteByte('\n')
	}
	if p.notice > 0 {
		fmt.Fprintf(&b, "  notice                   %7d\n", p.notice)
	}
	n, err := io.WriteString(w, b.String())
	return int64(n), err
}

// left is how many tokens of how many messages left in a call.
func left(decisions []Decision) (tokens, messages int) {
	for _, d := range decisions {
		if d.Left > 0 {
			tokens += d.Left
			messages++
		}
	}
	return tokens, messages
}

// String is one stable line: "+ out     #12    mail     120  over the high mark".
func (d Decision) String() string {
	change := ' '
	if d.New {
		change = '+'
	}
	return fmt.Sprintf("%c %-7s %-6s %-8s %7d  %s", change, d.Fate, d.UID, d.Kind, d.Tokens, d.Reason)
}
