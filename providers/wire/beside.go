package wire

import (
	"strings"

	"github.com/quire-dev/quire"
)

// Members of a block that no part has a field for, such as citations, are kept in a part
// of their own: an Opaque of this kind behind the part of the block. As the first part of
// a message or of a result it holds members of the message or of the result itself.
// Encode sets them again where they were; other APIs leave them out.
const membersKind = "members"

// beside makes the part that keeps members.
func beside(api quire.API, m members) quire.Opaque { return carry(api, membersKind, m.raw()) }

// isBeside says whether a part only says more of another one.
func isBeside(o quire.Opaque) bool { return strings.HasSuffix(o.Kind, "/"+membersKind) }

// besideOf returns the members that a part keeps; none when they are another API's. ok
// says that the part is of this kind at all.
func besideOf(api quire.API, part quire.Part) (m members, ok bool) {
	o, is := part.(quire.Opaque)
	if !is || !isBeside(o) {
		return nil, false
	}
	raw, ok := ownBlock(api, o)
	if !ok {
		return nil, true
	}
	m, err := membersOf(raw)
	if err != nil {
		return nil, true
	}
	return m, true
}

// besideAll returns the members that stand first in parts, and the parts behind them.
func besideAll(api quire.API, parts []quire.Part) (members, []quire.Part) {
	if len(parts) == 0 {
		return nil, parts
	}
	if m, ok := besideOf(api, parts[0]); ok {
		return m, parts[1:]
	}
	return nil, parts
}

// withMembers returns a JSON object with the members set in it.
func withMembers(body []byte, m members) []byte {
	if len(m) == 0 {
		return body
	}
	all, err := membersOf(body)
	if err != nil {
		return body
	}
	for _, x := range m {
		all.set(x.name, x.raw)
	}
	return all.raw()
}

// closeWith sets members behind the content of an item.
func (it *item) closeWith(m members) {
	if len(m) == 0 {
		return
	}
	inner := m.raw() // {"name":…}
	it.close = it.close[:len(it.close)-1] + "," + string(inner[1:])
}

// The roles of messages that a request holds besides those of a prompt: [Request] keeps
// them.
const (
	roleSystem    quire.Role = "system"
	roleDeveloper quire.Role = "developer"
)
