package compose

import (
	"cmp"
	"slices"
	"unicode"
	"unicode/utf8"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/resident"
)

// A message is used when later model output holds its handle or an identifier
// that stands in it: a path, a dotted name, snake or camel case, of six
// characters or more. Of several messages that hold an identifier the newest one that
// came from outside is used, and the newest one of the model's own: who looks back
// looks there first. That is a proxy; it needs no help from the model.

// useIndex finds the resident messages that hold an identifier.
type useIndex struct {
	byName  map[uint64][]quire.UID // in the order of the log; what came back stands twice
	indexed map[quire.UID]spot     // by message
	through uint64                 // the last place that was looked at

	standing []holder // room for what stands
	room     []uint64 // and for the names of a text
	ranked   []holder // what latest was counted for
	latest   map[quire.UID]int
	tops     map[uint64][2]quire.UID // by name: its newest holder, and that of the model's own
	names    map[quire.UID][]uint64  // the identifiers of what was added
	fresh    []quire.UID             // what was added since, in order
}

// markUses notes what the assistant messages that arrived refer to, and which
// searches their pulls followed up.
func (w *work) markUses() {
	names := w.memo.written[:0]
	for i := range w.in.Arrived {
		for _, p := range w.in.Arrived[i].Parts {
			switch p := p.(type) {
			case quire.ToolCall:
				names = appendNames(names, p.Args)
			case quire.ToolResult:
				for _, uid := range shows(p.Parts) {
					names = append(names, hashName(uid.String())|handle)
				}
			}
		}
	}
	inWords := len(names)
	for i := range w.in.Arrived {
		for _, p := range w.in.Arrived[i].Parts {
			if p, ok := p.(quire.Text); ok && w.in.Arrived[i].Kind == quire.KindTurn {
				names = appendNames(names, p.Text)
			}
		}
	}
	w.memo.written = names
	if len(names) == 0 {
		return
	}
	w.indexResident()
	standing := w.stands()
	used := map[quire.UID]bool{} // true: in words
	for i, n := range names {
		for _, uid := range w.memo.uses.newest(n, standing) {
			used[uid] = used[uid] || i >= inWords
		}
	}
	w.touch(used)
}

// holder is a message that stands, and whether it is the model's own.
type holder struct {
	uid quire.UID
	own bool
}

// stands lists what stands and can be used, by number. In the log it is nearly so.
func (w *work) stands() []holder {
	out, sorted := w.memo.uses.standing[:0], true
	for i := range w.st.set.Log {
		for j := range w.st.set.Log[i].Spans {
			if sp := &w.st.set.Log[i].Spans[j]; sp.Form != resident.FormStub {
				sorted = sorted && (len(out) == 0 || out[len(out)-1].uid < sp.UID)
				out = append(out, holder{sp.UID, sp.Role == quire.RoleAssistant})
			}
		}
	}
	if !sorted {
		slices.SortStableFunc(out, func(a, b holder) int { return cmp.Compare(a.uid, b.uid) })
	}
	w.memo.uses.standing = out
	return out
}

// newest finds the newest of the messages that hold a name: of the others, and of the
// model's own; 0 is none.
func (u *useIndex) newest(name uint64, standing []holder) (tops [2]quire.UID) {
	uids := u.byName[name]
	for i := len(uids) - 1; i >= 0 && (tops[0] == 0 || tops[1] == 0); i-- {
		at, stands := findHolder(standing, uids[i])
		if stands && tops[standing[at].side()] == 0 {
			tops[standing[at].side()] = uids[i]
		}
	}
	return tops
}

func findHolder(standing []holder, uid quire.UID) (at int, stands bool) {
	return slices.BinarySearchFunc(standing, uid, func(h holder, uid quire.UID) int { return cmp.Compare(h.uid, uid) })
}

func (h holder) side() int {
	if h.own {
		return 1
	}
	return 0
}

// touch notes a use; a result that the model wrote about says so from then on.
func (w *work) touch(used map[quire.UID]bool) {
	if len(used) == 0 {
		return
	}
	for i := range w.st.set.Log {
		for j := range w.st.set.Log[i].Spans {
			sp := &w.st.set.Log[i].Spans[j]
			words, ok := used[sp.UID]
			if !ok {
				continue
			}
			words = sp.Says || words && sp.Role == quire.RoleTool
			if sp.LastUse != w.st.call || sp.Says != words {
				sp = &w.mutable(i)[j]
				if sp.LastUse != w.st.call {
					sp.Uses++
				}
				sp.LastUse, sp.Says = w.st.call, words
			}
		}
	}
}

// indexResident adds what entered since the last time. An index that would not be as if it
// were made of the log that stands is made anew: a memo changes nothing.
func (w *work) indexResident() {
	u := &w.memo.uses
	if u.byName == nil || !w.index() {
		*u = useIndex{byName: map[uint64][]quire.UID{}, indexed: map[quire.UID]spot{}, standing: u.standing, room: u.room,
			latest: map[quire.UID]int{}, tops: map[uint64][2]quire.UID{}, names: map[quire.UID][]uint64{}}
		w.index()
	}
}

// spot is where a message stands, see standsAt. What a quote showed under a number is
// another message than what came for it.
type spot struct {
	at uint64
	id quire.MessageID
}

// index adds what entered or came back; false when that stands before or instead of what
// was added earlier, as after a quote or a call that failed.
func (w *work) index() bool {
	u := &w.memo.uses
	for i := range w.st.set.Log {
		for j := range w.st.set.Log[i].Spans {
			sp, seq := &w.st.set.Log[i].Spans[j], w.st.set.Log[i].Seq
			at := standsAt(seq, j)
			if u.indexed[sp.UID] == (spot{at, sp.Message}) && seq > 0 {
				continue
			}
			if at < u.through || at == u.through && seq > 0 {
				return false
			}
			u.indexed[sp.UID], u.through = spot{at, sp.Message}, at
			if it, ok := w.stored(sp.Message); ok { // what an index holds does not depend on when it was made
				u.names[sp.UID] = slices.Clone(u.add(sp.UID, quire.PlainText(it.Parts)))
				u.fresh = append(u.fresh, sp.UID)
				u.add(sp.UID, sp.UID.String())
			}
			for _, shown := range sp.Shows {
				u.add(sp.UID, shown.String())
			}
		}
	}
	return true
}

// standsAt orders spans: by their entry, and within it.
func standsAt(seq uint64, span int) uint64 { return seq<<20 | uint64(span) }

// namesIn is how many identifiers a text has, each counted once.
func (u *useIndex) namesIn(text string) int {
	n, _ := slices.BinarySearch(u.namesOf(text), handle)
	return n
}

// namesOf lists the names in a text, identifiers before handles. They stand until it is
// called again.
func (u *useIndex) namesOf(text string) []uint64 {
	u.room = appendNames(u.room[:0], text)
	slices.Sort(u.room)
	names := slices.Compact(u.room)
	if cap(u.room) > mostRoom {
		u.room = nil
	}
	return names
}

// mostRoom is how many names room is kept for.
const mostRoom = 1 << 14

// add notes that a message holds the names of a text, and returns the identifiers, as
// namesOf does.
func (u *useIndex) add(uid quire.UID, text string) (identifiers []uint64) {
	names := u.namesOf(text)
	end, _ := slices.BinarySearch(names, handle)
	identifiers = names[:min(end, mostNames)]
	for _, list := range [][]uint64{identifiers, names[end:]} {
		for _, n := range list {
			u.byName[n] = append(u.byName[n], uid)
		}
	}
	return identifiers
}

// mostNames is how many identifiers of a message are known: of a file of megabytes some
// thousands, by their hashes.
const mostNames = 4096

// minName is the shortest identifier that counts as a use, in bytes.
const minName = 6

// appendNames appends the hashes of the identifiers and handles in s.
func appendNames(names []uint64, s string) []uint64 {
	for i := 0; i < len(s); {
		if s[i] == '#' {
			end := i + 1
			for end < len(s) && s[end] >= '0' && s[end] <= '9' {
				end++
			}
			if end > i+1 {
				names = append(names, hashName(s[i:end])|handle)
				i = end
				continue
			}
		}
		if !nameByte(s[i]) {
			i++
			continue
		}
		end := i
		for end < len(s) && nameByte(s[end]) {
			end++
		}
		if name := trimName(s[i:end]); isName(name) {
			names = append(names, hashName(name)&^handle)
		}
		i = end
	}
	return names
}

// handle marks the hash of a handle, "#12", which is the name of one message.
const handle = 1 << 63

func nameByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' ||
		c == '_' || c == '.' || c == '/' || c == '-' || c >= utf8.RuneSelf
}

func trimName(s string) string {
	for len(s) > 0 && (s[len(s)-1] == '.' || s[len(s)-1] == '-' || s[len(s)-1] == '/') {
		s = s[:len(s)-1]
	}
	for len(s) > 0 && (s[0] == '.' || s[0] == '-') {
		s = s[1:]
	}
	return s
}

// isName says whether s looks like an identifier and not like a word.
func isName(s string) bool {
	if len(s) < minName {
		return false
	}
	lower := false
	for _, r := range s {
		switch {
		case r == '_' || r == '.' || r == '/':
			return true
		case unicode.IsUpper(r) && lower:
			return true
		}
		lower = unicode.IsLower(r)
	}
	return false
}

func hashName(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := 0; i < len(s); i++ {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return h
}
