package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/term"
)

// columns is how wide the terminal is that a file is; 0 when it is none.
func columns(f *os.File, env func(string) string) int {
	if !isTerminal(f) {
		return 0
	}
	if n, err := strconv.Atoi(env("COLUMNS")); err == nil && n > 0 {
		return n
	}
	if n, _, err := term.GetSize(int(f.Fd())); err == nil && n > 0 {
		return n
	}
	return 80
}

func isTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

// twoColumns is the least width at which the working set stands beside the text.
const twoColumns = 110

// gutter is between the columns.
const gutter = " │ "

// page writes text as it comes. On a wide one the text is wrapped to the left
// column, and rows that wait are written to the right of its lines.
type page struct {
	w    io.Writer
	left int      // width of the left column; 0: there is one column, and no wrapping
	rows []string // that wait for a line to stand beside
	at   int      // width of the present line
	word string   // that has not ended yet
	// space: one stands between the line so far and the next word.
	space bool
}

func newPage(w io.Writer, width int) *page {
	p := &page{w: w}
	if width >= twoColumns {
		p.left = width / 2
	}
	return p
}

// right is the width of the right column, or of the whole page.
func (p *page) right(width int) int {
	if p.left == 0 {
		return max(width, 80)
	}
	return width - p.left - len([]rune(gutter))
}

// write adds text.
func (p *page) write(s string) {
	if p.left == 0 {
		io.WriteString(p.w, s)
		if i := strings.LastIndexByte(s, '\n'); i >= 0 {
			p.at, s = 0, s[i+1:]
		}
		p.at += width(s)
		return
	}
	for _, r := range s {
		switch {
		case r == '\n':
			p.endWord()
			p.newline()
		case r == ' ' || r == '\t':
			p.endWord()
			p.space = p.at > 0
		default:
			if width(p.word)+width(string(r)) > p.left {
				p.endWord()
			}
			p.word += string(r)
		}
	}
}

func (p *page) endWord() {
	if p.word == "" {
		return
	}
	n := width(p.word)
	switch {
	case p.at > 0 && p.space && p.at+1+n <= p.left:
		io.WriteString(p.w, " ")
		p.at++
	case p.at > 0 && (p.space || p.at+n > p.left):
		p.newline()
	}
	p.space = false
	io.WriteString(p.w, p.word)
	p.at += n
	p.word = ""
}

// newline ends the line, with a row beside it if one waits.
func (p *page) newline() {
	if p.left > 0 && len(p.rows) > 0 {
		io.WriteString(p.w, strings.Repeat(" ", max(p.left-p.at, 0))+strings.TrimRight(gutter+p.rows[0], " "))
		p.rows = p.rows[1:]
	}
	io.WriteString(p.w, "\n")
	p.at, p.space = 0, false
}

// line writes a line of its own.
func (p *page) line(format string, args ...any) {
	p.fresh()
	p.write(fmt.Sprintf(format, args...) + "\n")
}

// fresh ends a line that was begun.
func (p *page) fresh() {
	p.endWord()
	if p.at > 0 {
		p.newline()
	}
}

// flush writes the rows that still wait.
func (p *page) flush() {
	p.fresh()
	for len(p.rows) > 0 {
		if p.left > 0 {
			p.newline()
			continue
		}
		io.WriteString(p.w, strings.TrimRight(p.rows[0], " ")+"\n")
		p.rows = p.rows[1:]
	}
}

// width is how many columns a text takes, roughly: wide scripts and most pictures
// take two, what joins others none.
func width(s string) int {
	n := 0
	for _, r := range s {
		switch {
		case unicode.Is(unicode.Mn, r) || r == '\u200d' || r == '\ufe0f':
		case r >= 0x1100 && (r <= 0x115f || r >= 0x2e80 && r <= 0xa4cf || r >= 0xac00 && r <= 0xd7a3 ||
			r >= 0xf900 && r <= 0xfaff || r >= 0xfe30 && r <= 0xfe6f || r >= 0xff00 && r <= 0xff60 || r >= 0x1f300 && r <= 0x1faff || r >= 0x20000):
			n += 2
		case unicode.IsPrint(r):
			n++
		}
	}
	return n
}

// fitted cuts or fills a text to a width.
func fitted(s string, n int) string {
	if width(s) <= n {
		return s + strings.Repeat(" ", n-width(s))
	}
	out, used := []rune{}, 0
	for _, r := range s {
		if used+width(string(r)) > n-1 {
			break
		}
		used += width(string(r))
		out = append(out, r)
	}
	return string(out) + "…" + strings.Repeat(" ", max(n-1-used, 0))
}

// thousands writes a number with commas.
func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
