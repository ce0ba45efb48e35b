package render

import (
	"strconv"
	"strings"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/resident"
)

// about is what a handle says beside the envelope.
type about struct {
	tokens  int    // of the body; 0: not said
	bytes   string // a second line with the range that is shown; "": all is
	without bool   // a result whose call is not in the context
	waiting bool   // an excerpt of what was not answered yet
}

// handle is the first block of a message: a pure function of the stored
// envelope, the UID and what is shown. What a tool returned names the tool and
// no sender, so that no address can pass for a tool.
func handle(it *quire.Item, a about) string {
	var b strings.Builder
	b.Grow(64)
	b.WriteByte('[')
	b.WriteString(it.UID.String())
	if res, ok := ResultOf(it); it.Kind == quire.KindResult && ok {
		writeTool(&b, res.Name, res.IsError)
		if a.without {
			b.WriteString(" without-its-call")
		}
	} else {
		writeSender(&b, it)
	}
	if a.tokens > 0 {
		b.WriteString(" tokens=" + strconv.Itoa(a.tokens))
	}
	b.WriteByte(']')
	b.WriteString(a.bytes)
	return b.String()
}

func writeTool(b *strings.Builder, name string, failed bool) {
	b.WriteString(" tool=" + word(name))
	if failed {
		b.WriteString(" error")
	}
}

func writeSender(b *strings.Builder, it *quire.Item) {
	writeFrom(b, it.From, it.Kind)
	writeTrust(b, it.Trust)
	if s := line(it.Subject, maxSubject); s != "" {
		b.WriteString(` subject="` + s + `"`)
	}
	if it.Question != nil {
		writeQuestion(b, it.Question)
	}
}

// writeFrom names the sender, and the kind of what is not plain mail.
func writeFrom(b *strings.Builder, from quire.Address, kind quire.Kind) {
	b.WriteString(" from=" + word(string(from)))
	if kind != "" && kind != quire.KindMail {
		b.WriteString(" kind=" + word(string(kind)))
	}
}

// writeTrust names the trust of what the agent did not write itself.
func writeTrust(b *strings.Builder, trust quire.Trust) {
	if trust != "" && trust != quire.TrustSelf {
		b.WriteString(" trust=" + word(string(trust)))
	}
}

func writeQuestion(b *strings.Builder, q *quire.Question) {
	for i, o := range q.Options {
		switch {
		case i == 0:
			b.WriteString(` options="`)
		case i == maxOptions:
			b.WriteString(" | and " + strconv.Itoa(len(q.Options)-i) + " more")
		default:
			b.WriteString(" | ")
		}
		if i == maxOptions {
			break
		}
		b.WriteString(option(o))
	}
	if len(q.Options) > 0 {
		b.WriteByte('"')
	}
	if !q.ReplyBy.IsZero() {
		b.WriteString(" reply-by=" + instant(q.ReplyBy))
	}
	if q.Default != "" {
		b.WriteString(` default="` + option(q.Default) + `"`)
	}
	if q.Reversible {
		b.WriteString(" reversible")
	} else {
		b.WriteString(" irreversible")
	}
}

// option is one of several that stand between bars.
func option(s string) string {
	return strings.Map(func(r rune) rune {
		if fold(r) == '|' {
			return '/'
		}
		return r
	}, line(s, maxSubject))
}

// instant is a time in UTC, in whole seconds.
func instant(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// Stub is the line that stands for a result's body.
func Stub(uid quire.UID, tool string) string {
	return "[" + uid.String() + " tool=" + word(tool) + " body left; context_pull " + uid.String() + "]"
}

// Tombstone is the line that stands for what left before a kept group.
func Tombstone(t *resident.Tombstone) string {
	first := t.First.String()
	if t.First == t.Last {
		return "[" + first + " left; context_pull " + first + " or mail_find]"
	}
	return "[" + first + "–" + t.Last.String() + " left: " + strconv.Itoa(t.Messages) + " messages; context_pull #n or mail_find]"
}

// gone is the line in place of a message that a pull showed and that is no more.
func gone(uid quire.UID) string {
	return "[" + uid.String() + " gone: no longer in the mailbox]"
}
