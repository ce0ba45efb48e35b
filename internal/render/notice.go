package render

import (
	"strconv"
	"strings"

	"github.com/quire-dev/quire"
)

// Notice renders what waits in the mailbox, and first what stands above and no longer
// holds; nil, or nothing of both, is "". It
// names as many headers, from the first on, as fit: count says how many tokens a
// text takes, and it is to be max at most. Its first and last line, which give
// the numbers, stand even when they alone take more. max 0 or a nil count names
// them all. A header takes no more than about 1,500 bytes, whatever is in it.
func Notice(n *quire.Notice, max int, count func(string) int) string {
	if n == nil || n.Pending <= 0 && len(n.Void) == 0 {
		return ""
	}
	text := notice(n, n.Headers)
	if max <= 0 || count == nil {
		return text
	}
	for k := len(n.Headers) - 1; k >= 0 && count(text) > max; k-- {
		text = notice(n, n.Headers[:k])
	}
	return text
}

func notice(n *quire.Notice, headers []quire.NoticeHeader) string {
	var b strings.Builder
	b.Grow(160 + 96*len(headers))
	b.WriteString("<<notice>> ")
	writeVoid(&b, n.Void)
	if n.Pending <= 0 {
		b.WriteString("<</notice>>")
		return b.String()
	}
	b.WriteString(strconv.Itoa(n.Pending) + " waiting in your mailbox")
	if n.Urgent > 0 {
		b.WriteString(", " + strconv.Itoa(n.Urgent) + " due soon")
	}
	if n.Tokens > 0 {
		b.WriteString(" (" + strconv.Itoa(n.Tokens) + " tokens)")
	}
	b.WriteString(". Before ending your turn: mail_find lists, context_pull reads, mail_done closes.\n")
	for i := range headers {
		writeHeader(&b, &headers[i])
	}
	if rest := n.Pending - len(headers); rest > 0 && len(headers) > 0 {
		b.WriteString("and " + strconv.Itoa(rest) + " more\n")
	}
	b.WriteString("<</notice>>")
	return b.String()
}

// maxVoid is how many messages that no longer hold are named.
const maxVoid = 8

// writeVoid names what stands above and no longer holds.
func writeVoid(b *strings.Builder, void []quire.UID) {
	for i, uid := range void {
		switch {
		case i == maxVoid:
			b.WriteString(" and " + strconv.Itoa(len(void)-i) + " more")
		case i < maxVoid && i > 0:
			b.WriteString(", " + uid.String())
		case i == 0:
			b.WriteString(uid.String())
		}
	}
	if len(void) > 0 {
		b.WriteString(" above no longer holds: the sender took it back or replaced it.\n")
	}
}

func writeHeader(b *strings.Builder, h *quire.NoticeHeader) {
	b.WriteString(h.UID.String())
	writeFrom(b, h.From, h.Kind)
	if s := line(h.Subject, maxSubject); s != "" {
		b.WriteString(` "` + s + `"`)
	}
	if h.Tokens > 0 {
		b.WriteString(" " + strconv.Itoa(h.Tokens) + " tokens")
	}
	writeTrust(b, h.Trust)
	if !h.Due.IsZero() {
		b.WriteString(" due " + instant(h.Due))
	}
	b.WriteByte('\n')
}
