package policytest

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/policy"
	"github.com/quire-dev/quire/price"
)

// RandomView makes a view of so many units: messages from others, groups of an
// assistant message with its results, gaps where something left, with all marks
// and sizes: the package says which. The same arguments always make an equal view, with
// nothing shared. Most are over their budget.
func RandomView(seed uint64, units int) *policy.View {
	m := &maker{r: rand.New(rand.NewPCG(seed, uint64(units))), v: &policy.View{}}
	m.v.Call = 10 + uint64(m.r.IntN(1000))
	for entry, turn := 0, uint64(1); len(m.v.Units) < units; entry++ {
		if m.r.IntN(12) == 0 {
			continue // a tombstone: an entry without units
		}
		if m.r.IntN(3) == 0 {
			turn++
			m.add(entry, turn, quire.RoleUser)
		} else {
			m.add(entry, turn, quire.RoleAssistant)
			for n := m.r.IntN(4); n > 0 && len(m.v.Units) < units; n-- {
				m.add(entry, turn, quire.RoleTool)
			}
		}
		m.v.Turn = turn
	}
	m.total()
	return m.v
}

// Whose messages the views hold, and what returned the results.
var (
	senders = []quire.Address{"ann@example", "bob@example"}
	tools   = []string{"read_file", "run", "mail_find", "context_pull", "context_drop"}
)

// words lists names for people.
func words[S ~string](names []S) string {
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = string(name)
	}
	return strings.Join(all, ", ")
}

type maker struct {
	r *rand.Rand
	v *policy.View
}

func (m *maker) chance(percent int) bool { return m.r.IntN(100) < percent }

func pick[T any](m *maker, of ...T) T { return of[m.r.IntN(len(of))] }

func (m *maker) add(entry int, turn uint64, role quire.Role) {
	n := len(m.v.Units)
	u := policy.Unit{UID: quire.UID(n + 1), Entry: entry, Role: role, Turn: turn, Kind: quire.KindMail, Class: policy.ClassRecent,
		Tokens: 1 + m.r.IntN(2000), Age: m.r.IntN(100), Rent: m.r.Float64() * 100, Priority: m.r.IntN(5) - 2,
		From: pick(m, senders...), Fixed: m.chance(8), New: m.chance(5)}
	u.Idle = m.r.IntN(u.Age + 1)
	if m.chance(15) {
		u.Mark = pick(m, policy.MarkDropped, policy.MarkSuperseded, policy.MarkExpired, policy.MarkStale)
	}
	if m.chance(10) {
		u.Class, u.Refaults = policy.ClassPulled, m.r.IntN(4)
	}
	switch role {
	case quire.RoleAssistant:
		u.Kind, u.Says = quire.KindTurn, m.chance(30)
	case quire.RoleTool:
		m.result(&u)
	}
	m.v.Units = append(m.v.Units, u)
}

func (m *maker) result(u *policy.Unit) {
	u.Kind = quire.KindResult
	u.Tool = pick(m, tools...)
	u.Key = fmt.Sprintf("%s %d", u.Tool, m.r.IntN(20))
	if u.Tool == "context_pull" && m.chance(50) {
		u.Shows = []quire.UID{quire.UID(m.r.IntN(50))}
	}
	switch {
	case m.chance(70):
		u.Stub = 1 + m.r.IntN(40)
	case m.chance(50):
		u.Stubbed, u.Tokens = true, min(u.Tokens, 40)
	}
}

func (m *maker) total() {
	v := m.v
	v.Cold = m.chance(20)
	v.Cost = price.CostModel{Read: 0.1, Write: 1.25, Uncached: 1}
	for i := range v.Units {
		if (i == 0 || v.Units[i].Entry != v.Units[i-1].Entry) && m.chance(50) && !v.Cold {
			v.Boundaries = append(v.Boundaries, policy.Boundary{Index: i, Tokens: v.Used})
		}
		v.Used += v.Units[i].Tokens
	}
	v.Budget = v.Used * (30 + m.r.IntN(90)) / 100
	v.Over = v.Used - v.Budget
	m.habits()
}

// habits says how the units were used, and how fast the log grows.
func (m *maker) habits() {
	for i := range m.v.Units {
		u := &m.v.Units[i]
		u.Uses = m.r.IntN(8) * m.r.IntN(2)
		u.Names = m.r.IntN(u.Tokens/16+1) * m.r.IntN(3) // what holds none can't be seen used
		u.Latest = m.r.IntN(u.Names+1) * m.r.IntN(2)
	}
	m.v.Base = m.r.IntN(3000)
	m.v.Growth = m.r.IntN(2) * m.r.IntN(3000)
}
