package policy_test

import (
	"fmt"
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/policy"
)

// log makes a view of groups, one entry each, with tokens for all of them.
func log(groups ...[]policy.Unit) *policy.View {
	v := &policy.View{Turn: 9}
	for entry, group := range groups {
		for _, u := range group {
			u.Entry, u.UID = entry, quire.UID(len(v.Units)+1)
			v.Used += u.Tokens
			v.Units = append(v.Units, u)
		}
	}
	v.Budget = v.Used
	return v
}

func user(tokens int) []policy.Unit {
	return []policy.Unit{{Role: quire.RoleUser, Tokens: tokens, Turn: 9}}
}

// calls is an assistant message and its results.
func calls(tokens int, results ...policy.Unit) []policy.Unit {
	out := []policy.Unit{{Role: quire.RoleAssistant, Tokens: tokens, Turn: 9}}
	return append(out, results...)
}

func result(tool string, tokens int) policy.Unit {
	return policy.Unit{Role: quire.RoleTool, Tool: tool, Tokens: tokens, Stub: 5, Turn: 9}
}

// with changes all units of a group.
func with(group []policy.Unit, f func(u *policy.Unit)) []policy.Unit {
	for i := range group {
		f(&group[i])
	}
	return group
}

func dead(group []policy.Unit) []policy.Unit {
	return with(group, func(u *policy.Unit) { u.Mark = policy.MarkDropped })
}

func fixed(group []policy.Unit) []policy.Unit {
	return with(group, func(u *policy.Unit) { u.Fixed = true })
}

// at sets the exchange of a group and the calls since it was used.
func at(turn uint64, idle int, group []policy.Unit) []policy.Unit {
	return with(group, func(u *policy.Unit) { u.Turn, u.Idle = turn, idle })
}

// lines shows victims, one a line: handle, "dead" if so, reason.
func lines(p policy.Policy, v *policy.View) string {
	var b strings.Builder
	for x := range p.Victims(v) {
		b.WriteString(v.Units[x.Unit].UID.String())
		if x.Dead {
			b.WriteString(" dead")
		}
		fmt.Fprintf(&b, " %s\n", x.Reason)
	}
	return b.String()
}

// text takes the tabs of a literal away.
func text(s string) string {
	return strings.ReplaceAll(strings.TrimPrefix(s, "\n"), "\t", "")
}
