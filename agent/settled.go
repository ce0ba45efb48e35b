package agent

import (
	"strconv"
	"strings"

	"github.com/quire-dev/quire"
)

// What the agent's own messages say, in their headers, of the commit that they are part
// of: flags tell that mail was handled, these tell where.
const (
	headerTurn    = "turn"    // of a turn: its number
	headerHandled = "handled" // mail that the commit handled: "#41 #42"
	headerAnswer  = "answer"  // a message that was answered, and the answer's id
)

// maxSettled is how many messages and answers one commit's headers name.
const maxSettled = 1000

// settled are the headers of a commit with these flags and this outgoing mail.
func settled(flags flagSet, sends []quire.Draft) []quire.Header {
	var out []quire.Header
	if uids := flags.having(quire.FlagHandled); len(uids) > 0 {
		uids = uids[:min(len(uids), maxSettled)] // of the others it is not known where they were
		var b strings.Builder
		for i, uid := range uids {
			if i > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(uid.String())
		}
		out = append(out, quire.Header{Name: headerHandled, Value: b.String()})
	}
	for i := range sends {
		if d := &sends[i]; len(out) < maxSettled/4 && d.InReplyTo != "" && d.Kind != quire.KindEvent {
			out = append(out, quire.Header{Name: headerAnswer, Value: string(d.InReplyTo) + " " + string(d.ID)})
		}
	}
	return out
}

// trace is what the headers of one own message say about a request.
type trace struct {
	turn    uint64
	handled bool
	answer  quire.MessageID
}

func traceOf(headers []quire.Header, uid quire.UID, id quire.MessageID) trace {
	var t trace
	for _, h := range headers {
		switch h.Name {
		case headerTurn:
			t.turn, _ = strconv.ParseUint(h.Value, 10, 64)
		case headerHandled:
			for s := range strings.FieldsSeq(h.Value) {
				t.handled = t.handled || s == uid.String()
			}
		case headerAnswer:
			if re, answer, ok := strings.Cut(h.Value, " "); ok && re == string(id) {
				t.answer = quire.MessageID(answer)
			}
		}
	}
	return t
}
