package recall

import (
	"cmp"
	"context"
	"slices"
	"strings"
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
	misses int
}

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
	said := newRepeats(found, order, scores)
	for at, i := range order {
		if q.Least > 0 {
			i = said.newest(i)
		}
		if slices.Contains(f.on, i) || q.Least > 0 && said.by(f.on, i) { // it was said since, or says what stands there
			continue
		}
		put, err := f.put(ctx, i, order[at:])
		if err != nil {
			return err
		}
		said.shown[said.keyOf(i)] = said.shown[said.keyOf(i)] || put
	}
	f.finish()
	return nil
}

// put puts a message on the sheet, with what was said since, if there is room. next are
// those that come then.
func (f *filling) put(ctx context.Context, i int, next []int) (bool, error) {
	list, room := append(f.since(i, f.q.Since), i), f.q.Budget-f.used
	if f.misses < tries && f.found[i].line == "" && f.found[i].may(room) {
		if err := f.r.readAhead(ctx, f.found, next, list, room); err != nil {
			return false, err
		}
	}
	if f.misses < tries && !f.found[i].copied && f.addAll(list, f.r, f.q.Budget, f.out) {
		f.misses = 0
		return true, nil
	}
	f.misses++
	f.out.Left = append(f.out.Left, f.found[i].uid)
	return false, nil
}

// finish writes the sheet.
func (f *filling) finish() {
	out := f.out
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
// fit into the room together.
func (r *Recaller) readAhead(ctx context.Context, found []*known, next, list []int, room int) error {
	var want []*known
	for _, i := range list {
		want = append(want, found[i])
	}
	for _, i := range next[:min(len(next), ahead)] {
		k := found[i]
		if k.line == "" && k.may(room) {
			want = append(want, k)
			room -= k.size / 2
		}
	}
	return r.pool.read(ctx, r, want)
}

// may says whether a message may fit, as far as its estimated size tells.
func (k *known) may(room int) bool { return k.size/4 <= room }

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

// sheet holds lines by thread, the dates and senders above them where they change.
type sheet struct {
	found []*known
	place []int // by message: where it stands on a sheet of all
	on    []int // what is on the sheet, in its order
	used  int
	count func(string) int
	known map[string]int // what a date or sender takes, once it is counted
}

func newSheet(found []*known, count func(string) int) *sheet {
	s := &sheet{found: found, place: make([]int, len(found)), count: count, known: map[string]int{}}
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
	slices.SortStableFunc(all, func(x, y int) int { return cmp.Compare(s.place[x], s.place[y]) })
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
	n := r.lineTokens(s.found[i], budget-s.used)
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

// above is what stands above the line of b, behind that of a.
func above(a, b *known) [2]string {
	switch {
	case a == nil || a.date() != b.date():
		return [2]string{b.date(), b.head()}
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
		b.WriteString(last.line)
	}
	return b.String()
}
