package recall

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/rank"
)

const sheetHead = "Found in the mailbox; context_pull #n shows one with all around it:\n"

const (
	// longest is how many bytes a token may have on average in a line that is counted,
	// three times those of English: what is longer does not fit, and need not be counted.
	longest = 12
	// tries is how many lines in a row may not fit before the sheet counts as full.
	tries = 100
)

// filling is a sheet that is being filled.
type filling struct {
	*sheet
	r      *Recaller
	out    *Found
	q      *Query
	words  [][]string // of the question, once a message is shown in part
	misses int
	longer float64 // the least that one of them takes, of what was estimated
	shown  int     // how many messages say so
}

const (
	telling = 32  // tokens of a message from which on its estimate tells how good estimates are
	several = 4   // of those, before it counts
	surely  = 0.7 // of what a message takes then, it takes at least
)

// fill chooses what goes on the sheet and writes it.
func (r *Recaller) fill(ctx context.Context, out *Found, q *Query, found []*known, order []int, scores []float64) error {
	if r.head == 0 {
		r.head = max(1, r.Count(sheetHead))
	}
	if r.head >= q.Budget { // nothing fits: nothing is counted
		out.Left = slices.Clone(out.Ranked)
		return nil
	}
	f := filling{sheet: newSheet(found, r.Count), r: r, out: out, q: q}
	f.used = r.head
	var said *repeats
	if q.Least > 0 {
		said = newRepeats(found, order, scores)
	}
	for at, i := range order {
		if said != nil {
			i = said.newest(i)
		}
		if slices.Contains(f.on, i) || said != nil && said.by(f.on, i) { // it was said since, or says what stands there
			continue
		}
		put, err := f.put(ctx, i, order[at:])
		if err != nil {
			return err
		}
		if put && said != nil {
			said.shown[said.keyOf(i)] = true
		}
	}
	f.finish()
	return nil
}

// put puts a message on the sheet, with what was said since, if there is room. next are
// those that come then. What seems to take more than twice the room is not even read,
// whether or not an earlier question did: the same question gets the same answer.
func (f *filling) put(ctx context.Context, i int, next []int) (bool, error) {
	if room := f.q.Budget - f.used; f.misses < tries && f.least(i) <= room {
		list := append(f.since(i, f.q.Since), i)
		if slices.ContainsFunc(list, func(j int) bool { return f.found[j].line == "" }) {
			if err := f.readAhead(ctx, next, list, room); err != nil {
				return false, err
			}
		}
		f.cut(i)
		if !f.found[i].copied && f.addAll(list, f.r, f.q.Budget, f.out) {
			f.misses = 0
			f.learn(f.found[i])
			return true, nil
		}
	}
	if f.misses++; f.out.Left == nil { // of all that come, most do not fit
		f.out.Left = make([]quire.UID, 0, len(next))
	}
	f.out.Left = append(f.out.Left, f.found[i].uid)
	return false, nil
}

// cut has a long message shown in part, if that is wanted.
func (f *filling) cut(i int) {
	k, most := f.found[i], f.q.Passage
	if most <= 0 || k.line == "" {
		return
	}
	if k.tokens < 0 {
		k.tokens = f.r.Count(k.line)
	}
	if f.words == nil {
		f.words = rank.QueryTerms(f.q.Text)
	}
	if part := k.passage(f.words, most); part != "" {
		f.short[i] = line{part, max(1, f.r.Count(part))}
	}
}

// finish writes the sheet.
func (f *filling) finish() {
	out := f.out
	defer func() {
		for _, i := range f.on {
			if _, ok := f.short[i]; ok && out.Sheet != "" {
				out.InPart = append(out.InPart, f.found[i].uid)
			}
		}
	}()
	for len(out.UIDs) > 0 {
		out.Sheet = f.write()
		if out.Tokens = f.r.Count(out.Sheet); out.Tokens <= f.q.Budget {
			return
		}
		// The whole takes more than its lines: the least of them goes.
		last := len(out.UIDs) - 1
		f.on = slices.DeleteFunc(f.on, func(i int) bool { return f.found[i].uid == out.UIDs[last] })
		out.Left = slices.Insert(out.Left, 0, out.UIDs[last])
		out.UIDs = out.UIDs[:last]
	}
	out.Sheet, out.Tokens = "", 0
}

// ahead is how many of the next messages are read with one, at most.
const ahead = 32

// readAhead reads what messages say, and what the next in order say, as far as they may
// fit into the room together; and as many more as did not fit last, since the sheet is
// nearly full then, and a small one is looked for.
func (f *filling) readAhead(ctx context.Context, next, list []int, room int) error {
	var want []*known
	for _, i := range list {
		want = append(want, f.found[i])
	}
	left, more := room, f.misses
	for _, i := range next[:min(len(next), ahead)] {
		switch least := f.least(i); {
		case f.found[i].line != "" || least > room || slices.Contains(list, i):
			continue
		case least <= left:
			left -= f.size(i)
		case more > 0:
			more--
		default:
			continue
		}
		want = append(want, f.found[i])
	}
	return f.r.pool.read(ctx, f.r, want)
}

// size is how many tokens of a message are shown at most, estimated.
func (f *filling) size(i int) int {
	if f.q.Passage > 0 {
		return min(f.found[i].size, f.q.Passage)
	}
	return f.found[i].size
}

// least is how many tokens a message takes at least: half of what was estimated, or what
// the messages on the sheet tell, which were counted: all of a text in a rare language, or
// of numbers, takes more than was estimated.
func (f *filling) least(i int) int {
	least := f.size(i) / 2
	if f.shown >= several {
		least = max(least, int(surely*f.longer*float64(f.size(i))))
	}
	return least
}

// learn notes how far a message that is shown whole takes more than was estimated.
func (f *filling) learn(k *known) {
	if k.size < telling || f.q.Passage > 0 {
		return
	}
	of := float64(k.tokens) / float64(k.size)
	if f.shown++; f.shown == 1 || of < f.longer {
		f.longer = of
	}
}

// lineTokens counts a line, if it may fit into the room.
func (r *Recaller) lineTokens(k *known, room int) int {
	if k.line == "" { // it is too long, or gone since
		return room + 1
	}
	if k.tokens < 0 {
		if room <= 0 || len(k.line)/longest > room {
			return room + 1
		}
		k.tokens = r.Count(k.line)
	}
	return k.tokens
}

// line is one of a sheet.
type line struct {
	text   string
	tokens int
}

// sheet holds lines by thread, the dates and senders above them where they change.
type sheet struct {
	found []*known
	short map[int]line // by message: what stands there of one that is shown in part
	place []int        // by message: where it stands on a sheet of all
	on    []int        // what is on the sheet, in its order
	used  int
	count func(string) int
	known map[string]int // what a date or sender takes, once it is counted
}

func newSheet(found []*known, count func(string) int) *sheet {
	s := &sheet{found: found, short: map[int]line{}, place: make([]int, len(found)), count: count, known: map[string]int{}}
	first := []int{} // by thread: the first message, and 1
	all := make([]int, len(found))
	for i, k := range found {
		all[i] = i
		for k.thread >= len(first) {
			first = append(first, 0)
		}
		if first[k.thread] == 0 {
			first[k.thread] = i + 1
		}
		s.place[i] = first[k.thread]
	}
	slices.SortFunc(all, func(x, y int) int { return cmp.Or(s.place[x]-s.place[y], x-y) })
	for at, i := range all {
		s.place[i] = at
	}
	return s
}

// at is where a message goes.
func (s *sheet) at(i int) int {
	at, _ := slices.BinarySearchFunc(s.on, s.place[i], func(j, place int) int { return cmp.Compare(s.place[j], place) })
	return at
}

// add puts a message on the sheet if it fits.
func (s *sheet) add(i int, r *Recaller, budget int) bool {
	n := s.short[i].tokens
	if n == 0 {
		n = r.lineTokens(s.found[i], budget-s.used)
	}
	if n > budget-s.used {
		return false
	}
	if n += s.heads(i); n > budget-s.used {
		return false
	}
	s.on = slices.Insert(s.on, s.at(i), i)
	s.used += n
	return true
}

// addAll puts messages on the sheet if all of them fit.
func (s *sheet) addAll(list []int, r *Recaller, budget int, out *Found) bool {
	on, used, uids := slices.Clone(s.on), s.used, len(out.UIDs)
	for _, i := range list {
		if !s.add(i, r, budget) {
			s.on, s.used, out.UIDs = on, used, out.UIDs[:uids]
			return false
		}
		out.UIDs = append(out.UIDs, s.found[i].uid)
	}
	return true
}

// since lists what the sender of a message wrote after it and is not on the sheet, the
// newest first; nothing when that is more than most.
func (s *sheet) since(i, most int) []int {
	var list []int
	for n, j := 0, len(s.found)-1; most > 0 && j > i; j-- {
		if s.found[j].from != s.found[i].from {
			continue
		}
		if n++; n > most {
			return nil
		}
		if !slices.Contains(s.on, j) {
			list = append(list, j)
		}
	}
	return list
}

// heads is what dates and senders take more with one more message.
func (s *sheet) heads(i int) int {
	at := s.at(i)
	var before *known
	if at > 0 {
		before = s.found[s.on[at-1]]
	}
	n := s.between(before, s.found[i])
	if at < len(s.on) {
		after := s.found[s.on[at]]
		n += s.between(s.found[i], after) - s.between(before, after)
	}
	return n
}

// between counts what stands between two lines.
func (s *sheet) between(a, b *known) int {
	n := 0
	for _, h := range above(a, b) {
		if h == "" {
			continue
		}
		if _, ok := s.known[h]; !ok {
			s.known[h] = s.count(h)
		}
		n += s.known[h]
	}
	return n
}

// above is what stands above the line of b, behind that of a: the date when it is another
// one, without the year when that is the same, and the sender.
func above(a, b *known) [2]string {
	switch {
	case a == nil || a.day() != b.day():
		return [2]string{b.date(a != nil && a.sent.UTC().Year() == b.sent.UTC().Year()), b.head()}
	case a.from != b.from:
		return [2]string{"", b.head()}
	}
	return [2]string{}
}

func (s *sheet) write() string {
	var b strings.Builder
	b.WriteString(sheetHead)
	var last *known
	for _, i := range s.on {
		for _, h := range above(last, s.found[i]) {
			b.WriteString(h)
		}
		last = s.found[i]
		if part, ok := s.short[i]; ok {
			b.WriteString(part.text)
			continue
		}
		b.WriteString(last.line)
	}
	return b.String()
}
