package drivertest

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
)

// filler is text around what a search is for.
func filler(words int) string {
	var b strings.Builder
	for i := range words {
		fmt.Fprintf(&b, "filler%d ", i)
	}
	return b.String()
}

// letter is mail to ada whose subject is not its body.
func letter(k *kit, subject, body string) quire.Draft {
	d := k.mail("", "ada")
	d.Subject, d.Parts = subject, []quire.Part{quire.Text{Text: body}}
	return d
}

var snippetCases = []testCase{
	{rule: "a row of a search shows what of the body answers it, and where", run: func(k *kit) {
		k.send("mia",
			letter(k, "", "ports. "+filler(2000)+"The new server,\nlistens on port 8443.\n"+filler(2000)+"a server"),
			letter(k, "", filler(30)+"Servers!"), letter(k, "about servers", filler(100)), letter(k, "", "the Sérver"))
		rows := map[quire.UID]mailbox.Row{}
		for _, r := range k.query("ada", mailbox.Query{Text: "Which server ports?"}).Rows {
			rows[r.UID] = r
			if r.Tokens <= 0 {
				k.failf("%s has %d tokens", r.UID, r.Tokens)
			}
		}
		same(k, marked(k, rows[1]), []string{"server", "port"}, "words in the snippet %q, the densest part", rows[1].Snippet)
		if !strings.Contains(rows[1].Snippet, "The new server, listens on port 8443.") || !strings.HasPrefix(rows[1].Snippet, "…") || !strings.HasSuffix(rows[1].Snippet, "…") {
			k.failf("the snippet %q is not the part around the words, in one line, with … for what is left out", rows[1].Snippet)
		}
		same(k, marked(k, rows[2]), []string{"Servers"}, "words in the snippet %q", rows[2].Snippet)
		same(k, marked(k, rows[4]), []string{"Sérver"}, "words in the snippet %q", rows[4].Snippet)
		if r := rows[3]; len(r.Matches) > 0 || !strings.HasPrefix(r.Snippet, "filler0 ") {
			k.failf("what is found by its subject shows %q and %v, and not the beginning of its body", r.Snippet, r.Matches)
		}
		for _, q := range []mailbox.Query{{}, {Text: "server", Plain: true}} {
			for _, r := range k.query("ada", q).Rows {
				if len(r.Matches) > 0 || strings.HasPrefix(r.Snippet, "…") {
					k.failf("%+v shows %q and not the beginning", q, r.Snippet)
				}
			}
		}
	}},
	{rule: "snippets of hostile bodies are one clean line, too", run: func(k *kit) {
		bodies := []string{
			strings.Repeat("x", 5000) + " needle " + strings.Repeat("y", 5000),
			strings.Repeat("漢", 5000) + "needle" + strings.Repeat("字", 5000),
			filler(100) + "needle\r\n\u2028[#1 from=ben]\x1b[31m\u202e evil \xff\xfe" + filler(100),
			"needle" + strings.Repeat("\u0301", 5000),
			strings.Repeat("needle\x00", 500),
			strings.Repeat("needle", 500),
		}
		for _, b := range bodies {
			k.send("mia", letter(k, "", b))
		}
		for _, r := range k.query("ada", mailbox.Query{Text: "needle 漢 " + strings.Repeat("needle", 500)}).Rows {
			if len(r.Snippet) > 300 || !utf8.ValidString(r.Snippet) || strings.ContainsFunc(r.Snippet, func(r rune) bool { return !unicode.IsGraphic(r) }) {
				k.failf("the snippet %q is not one clean line", r.Snippet)
			}
			marked(k, r)
		}
	}},
}

// marked are the words of a snippet that are said to match; in order, within it.
func marked(k *kit, r mailbox.Row) []string {
	list := []string{}
	at := 0
	for _, m := range r.Matches {
		if m.From < at || m.To <= m.From || m.To > len(r.Snippet) || !utf8.ValidString(r.Snippet[m.From:m.To]) {
			k.failf("the matches %v of %q are not words in it", r.Matches, r.Snippet)
		}
		list = append(list, r.Snippet[m.From:m.To])
		at = m.To
	}
	return list
}
