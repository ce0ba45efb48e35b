package sqlitestore

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// What follows is SQLite's file format (https://sqlite.org/fileformat2.html): as much of
// it as tells which bytes of a page nothing refers to.

// The kinds of pages of trees.
const (
	interiorIndex = 2
	interiorTable = 5
	leafIndex     = 10
	leafTable     = 13
)

// pages reads pages of a file, all of them as of one moment.
type pages struct {
	usable int // bytes of a page that SQLite uses
	read   func(pgno uint32) ([]byte, error)
}

// chain is a long value's continuation: its first page, and how many bytes are on it and
// those behind it.
type chain struct {
	first uint32
	bytes int
}

// cell is where a page has an entry, and where that goes on.
type cell struct {
	from, to int
	more     chain // first 0: nowhere
}

// headOf says what kind of page of a tree a page is, where its header begins, and how long that is; ok
// is false for what is no such page.
func headOf(pgno uint32, b []byte) (kind byte, at, head int, ok bool) {
	if pgno == 1 {
		at = 100
	}
	switch kind = b[at]; kind {
	case interiorIndex, interiorTable:
		return kind, at, 12, true
	case leafIndex, leafTable:
		return kind, at, 8, true
	}
	return kind, at, 0, false
}

// tidy says that a page of a tree has nothing to zero: what it says of its free space and
// what its cells take is all of it, and that is zero. It adds the values that go on
// elsewhere to a list. Most pages are tidy, and this is quick; of the others slack says
// more.
func (p *pages) tidy(pgno uint32, b []byte, list []chain) (more []chain, ok bool) {
	kind, at, head, ok := headOf(pgno, b)
	if !ok {
		return list, false
	}
	n := int(binary.BigEndian.Uint16(b[at+3:]))
	from, to := at+head+2*n, int(binary.BigEndian.Uint16(b[at+5:]))
	if from > to || to > p.usable || b[at+7] > 0 || !isZero(b[from:to]) {
		return list, false
	}
	used := 0
	for free, last := int(binary.BigEndian.Uint16(b[at+1:])), to-1; free > 0; free = int(binary.BigEndian.Uint16(b[free:])) {
		if free <= last || free+4 > p.usable {
			return list, false
		}
		size := int(binary.BigEndian.Uint16(b[free+2:]))
		if size < 4 || free+size > p.usable || !isZero(b[free+4:free+size]) {
			return list, false
		}
		used += size
		last = free
	}
	more = list
	for i := range n {
		c, ok := p.cell(kind, b, int(binary.BigEndian.Uint16(b[at+head+2*i:])))
		if !ok || c.from < to {
			return list, false
		}
		if used += c.to - c.from; c.more.first > 0 {
			more = append(more, c.more)
		}
	}
	return more, used == p.usable-to
}

// slack lists the ranges of a page of a tree that nothing refers to, and the values that
// go on elsewhere. ok is false for what is no such page.
func (p *pages) slack(pgno uint32, b []byte) (ranges [][2]int, more []chain, ok bool) {
	kind, at, head, ok := headOf(pgno, b)
	if !ok {
		return nil, nil, false
	}
	used := [][2]int{{0, at + head}}
	n := int(binary.BigEndian.Uint16(b[at+3:]))
	if at+head+2*n > p.usable {
		return nil, nil, false
	}
	used[0][1] += 2 * n
	for i := range n {
		c, ok := p.cell(kind, b, int(binary.BigEndian.Uint16(b[at+head+2*i:])))
		if !ok || c.from < used[0][1] {
			return nil, nil, false
		}
		used = append(used, [2]int{c.from, c.to})
		if c.more.first > 0 {
			more = append(more, c.more)
		}
	}
	// Free blocks are a list: its links stay.
	for free, last := int(binary.BigEndian.Uint16(b[at+1:])), 0; free > 0; free = int(binary.BigEndian.Uint16(b[free:])) {
		if free <= last || free+4 > p.usable {
			return nil, nil, false
		}
		used = append(used, [2]int{free, free + 4})
		last = free
	}
	slices.SortFunc(used, func(x, y [2]int) int { return x[0] - y[0] })
	end := 0
	for _, u := range used {
		if u[0] < end { // two things in one place: nothing is touched
			return nil, nil, false
		}
		if u[0] > end {
			ranges = append(ranges, [2]int{end, u[0]})
		}
		end = u[1]
	}
	return append(ranges, [2]int{end, p.usable}), more, true
}

// cell measures the cell that begins at a place.
func (p *pages) cell(kind byte, b []byte, from int) (c cell, ok bool) {
	at := from
	if kind == interiorIndex || kind == interiorTable {
		at += 4
	}
	size := uint64(0)
	if kind != interiorTable {
		if size, at, ok = varint(b, at, p.usable); !ok {
			return c, false
		}
	}
	if kind == interiorTable || kind == leafTable {
		if _, at, ok = varint(b, at, p.usable); !ok {
			return c, false
		}
	}
	c.from = from
	if kind != interiorTable {
		local := p.local(kind, size)
		at += local
		if at > p.usable || size > 1<<31 {
			return c, false
		}
		if rest := int(size) - local; rest > 0 {
			if at+4 > p.usable {
				return c, false
			}
			c.more = chain{binary.BigEndian.Uint32(b[at:]), rest}
			at += 4
		}
	}
	c.to = max(at, from+4) // no cell is smaller
	return c, c.to <= p.usable
}

// local is how much of a value stands in its cell.
func (p *pages) local(kind byte, size uint64) int {
	u := p.usable
	most, least := (u-12)*64/255-23, (u-12)*32/255-23
	if kind == leafTable {
		most = u - 35
	}
	if size <= uint64(most) {
		return int(size)
	}
	if k := least + int((size-uint64(least))%uint64(u-4)); k <= most {
		return k
	}
	return least
}

// last is the last page of a chain, and how many of its bytes are used. ok is false when
// it is not as long as it should be.
func (p *pages) last(c chain) (pgno uint32, used int, ok bool, err error) {
	for pgno = c.first; ; {
		b, err := p.read(pgno)
		if err != nil || len(b) < p.usable {
			return 0, 0, false, err
		}
		next := binary.BigEndian.Uint32(b)
		if c.bytes <= p.usable-4 {
			return pgno, 4 + c.bytes, next == 0, nil
		}
		if c.bytes -= p.usable - 4; next == 0 {
			return 0, 0, false, nil
		}
		pgno = next
	}
}

// freePages are the pages that are free.
type freePages struct {
	trunks map[uint32]int // those that have the list, with how many of their bytes they need for it
	listed []uint64       // a bit for each page: those in it
}

// need is how many bytes of a page the list needs, if the page is free.
func (f *freePages) need(pgno uint32) (bytes int, free bool) {
	if bytes, free = f.trunks[pgno]; free {
		return bytes, true
	}
	return 0, int(pgno/64) < len(f.listed) && f.listed[pgno/64]>>(pgno%64)&1 > 0
}

// free lists the pages that are free, by what the first page says, of a file that ends
// with a page.
func (p *pages) free(first []byte, last uint32) (*freePages, error) {
	list := &freePages{trunks: map[uint32]int{}}
	for trunk := binary.BigEndian.Uint32(first[32:]); trunk > 0; {
		b, err := p.read(trunk)
		if err != nil {
			return nil, err
		}
		if _, known := list.trunks[trunk]; known || len(b) < p.usable {
			return list, nil
		}
		n := int(binary.BigEndian.Uint32(b[4:]))
		if n > p.usable/4-2 {
			return list, nil
		}
		if list.listed == nil {
			list.listed = make([]uint64, last/64+1)
		}
		list.trunks[trunk] = 8 + 4*n
		for i := range n {
			if pgno := binary.BigEndian.Uint32(b[8+4*i:]); pgno <= last {
				list.listed[pgno/64] |= 1 << (pgno % 64)
			}
		}
		trunk = binary.BigEndian.Uint32(b)
	}
	return list, nil
}

// varint reads one of SQLite's numbers: seven bits a byte, and eight of the ninth.
func varint(b []byte, at, end int) (n uint64, next int, ok bool) {
	for i := range 9 {
		if at+i >= end {
			return 0, 0, false
		}
		c := b[at+i]
		if i == 8 {
			return n<<8 | uint64(c), at + 9, true
		}
		if n = n<<7 | uint64(c&0x7f); c < 0x80 {
			return n, at + i + 1, true
		}
	}
	return 0, 0, false
}

// isZero says whether all bytes are zero.
func isZero(b []byte) bool {
	return len(b) == 0 || b[0] == 0 && bytes.Equal(b[1:], b[:len(b)-1])
}
