package compose

import (
	"fmt"
	"io"
	"strings"
)

// WriteTo writes the plan for people: what it takes and costs, then one line for
// each decision, with + before what changed in this call. The lines are stable:
// golden files, documents and tools may rely on them.
func (p *Plan) WriteTo(w io.Writer) (int64, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "call %d: %d of %d tokens, %d kept", p.Call, p.Used, p.Budget, p.Kept)
	if p.Cold {
		b.WriteString(", cold")
	}
	fmt.Fprintf(&b, "\nbill: %s\n", p.Bill)
	if p.Cut != "" {
		fmt.Fprintf(&b, "cut: %s\n", p.Cut)
	}
	for _, r := range p.Refaults {
		fmt.Fprintf(&b, "refault: %s, which left in call %d; pulled again %d times\n", r.UID, p.Call-r.After, r.Times)
	}
	for _, s := range p.Problems {
		fmt.Fprintf(&b, "problem: %s\n", s)
	}
	fmt.Fprintf(&b, "  fixed                    %7d\n", p.base)
	for _, d := range p.Decisions() {
		b.WriteString(d.String())
		b.WriteByte('\n')
	}
	if p.notice > 0 {
		fmt.Fprintf(&b, "  notice                   %7d\n", p.notice)
	}
	n, err := io.WriteString(w, b.String())
	return int64(n), err
}

// String is one stable line: "+ out     #12    mail     120  over the high mark".
func (d Decision) String() string {
	change := ' '
	if d.New {
		change = '+'
	}
	return fmt.Sprintf("%c %-7s %-6s %-8s %7d  %s", change, d.Fate, d.UID, d.Kind, d.Tokens, d.Reason)
}
