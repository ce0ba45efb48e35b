package main

import (
	"flag"
	"fmt"
	"io"
	"strings"
)

// writeMan writes all help as a manual page, for man(1). It has no date: the same help is
// the same page.
func writeMan(w io.Writer) {
	about, rest, _ := strings.Cut(overview, "\n\n")
	synopsis, rest, _ := strings.Cut(rest, "\n\n")
	fmt.Fprintf(w, ".\\\" Made from the help: quire help --man\n.TH QUIRE 1 \"\" quire\n.SH NAME\nquire \\- %s\n", roff("mail of agents and people in a store: read it, work in it, wait for it"))
	fmt.Fprintf(w, ".SH SYNOPSIS\n%s\n.SH DESCRIPTION\n", roff(strings.TrimSpace(synopsis)))
	roffText(w, about+"\n\n"+rest)
	io.WriteString(w, ".SH OUTPUT AND STORES\n")
	roffText(w, aboutOutput)
	io.WriteString(w, ".SH COMMANDS\n")
	roffText(w, "Flags may stand before the arguments or behind them; all are listed with their command.")
	for _, c := range commands() {
		fmt.Fprintf(w, ".SS quire %s\n%s.\n", roff(c.line()), roff(strings.ToUpper(c.about[:1])+c.about[1:]))
		roffText(w, "\n"+c.teach)
		c.eachFlag(func(f *flag.Flag, arg, about string) {
			fmt.Fprintf(w, ".TP\n\\fB%s\\fR", roff("--"+f.Name))
			if arg != "" {
				fmt.Fprintf(w, " \\fI%s\\fR", roff(arg))
			}
			fmt.Fprintf(w, "\n%s\n", roff(about))
		})
	}
	io.WriteString(w, ".SH EXIT STATUS\n")
	for _, e := range exitCodes {
		fmt.Fprintf(w, ".TP\n%d\n%s\n", e.code, roff(e.means))
	}
	io.WriteString(w, ".SH ENVIRONMENT\n")
	for _, e := range [][2]string{{"QUIRE_DB", "the store, where --db is not given"}, {"QUIRE_BOX", "the address, where --box is not given"}} {
		fmt.Fprintf(w, ".TP\n%s\n%s\n", roff(e[0]), roff(e[1]))
	}
}

// roffText writes paragraphs. Lines that begin with two spaces stay as they are.
func roffText(w io.Writer, text string) {
	as, gap := "", false
	turn := func(to string) {
		if as == "  " && to != as {
			io.WriteString(w, ".EE\n")
		}
		switch {
		case to == "  " && as != to:
			io.WriteString(w, ".PP\n.EX\n")
		case to == "  " && gap:
			io.WriteString(w, "\n")
		case to == "text" && (gap || as != to):
			io.WriteString(w, ".PP\n")
		}
		as, gap = to, false
	}
	for l := range strings.Lines(text) {
		l = strings.TrimRight(l, "\n")
		switch {
		case l == "":
			gap = true
			continue
		case strings.HasPrefix(l, "  "):
			turn("  ")
		default:
			turn("text")
		}
		io.WriteString(w, roff(l)+"\n")
	}
	turn("")
}

// roff writes a line so that nothing in it is a request or an escape, and what is typed can
// be copied: a hyphen stays one, and a quote straight.
func roff(s string) string {
	var b strings.Builder
	for i, r := range s {
		if i == 0 && r == '.' {
			b.WriteString(`\&`)
		}
		switch r {
		case '\\':
			b.WriteString(`\e`)
		case '-':
			b.WriteString(`\-`)
		case '\'':
			b.WriteString(`\(aq`)
		case '`':
			b.WriteString(`\(ga`)
		case '^':
			b.WriteString(`\(ha`)
		case '~':
			b.WriteString(`\(ti`)
		case '"':
			b.WriteString(`\(dq`)
		default:
			if r > '~' {
				fmt.Fprintf(&b, `\[u%04X]`, r)
			} else {
				b.WriteRune(r)
			}
		}
	}
	return b.String()
}
