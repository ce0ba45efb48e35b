package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/look"
	"github.com/quire-dev/quire/mailbox"
)

const aboutText = `
The text is the rest of the command line, or, without one or with "-", the standard input.
A text that begins with "-" stands behind --. The message is stored when the exit code is 0.
`

var send = &command{name: "send", args: "[TEXT...]", box: true, about: "send mail", teach: `
Sends mail in the name of --box, and makes the file if it is not there.
` + aboutText + `
  quire send --box mia --to ada --subject Release "Shall we ship?"
  git diff | quire send --box mia --to ada --subject "Please review"
  quire send --box ci --to mia --ask --options yes,no --by 24h --default no --reversible "Deploy?"

With --ask it is a question. When --by has passed and nobody answered, a question that is
--reversible takes its --default, and any other stays undecided: silence is never consent.

The long id of the message is printed. To send again what may or may not have been sent,
repeat the command with that --id: the message goes out once.
`, prepare: func(f *flag.FlagSet) action {
	o := sending{}
	o.flags(f)
	f.Var(&o.to, "to", "to whom: an `ADDRESS`, several with commas")
	f.Var(&o.cc, "cc", "a copy to this `ADDRESS`, likewise")
	f.BoolVar(&o.ask, "ask", false, "it is a question")
	f.StringVar(&o.options, "options", "", "of a question: what can be answered, a `LIST` with commas")
	f.StringVar(&o.by, "by", "", "of a question: answer until this `TIME`, 24h from now say")
	f.StringVar(&o.q.Default, "default", "", "of a question: the `ANSWER` that is taken when nobody answers in time")
	f.BoolVar(&o.q.Reversible, "reversible", false, "of a question: what is decided can be undone")
	return func(r *request) error { return r.send(&o) }
}}

var reply = &command{name: "reply", args: "N [TEXT...]", box: true, about: "reply to a message", teach: `
Replies to message N of --box: to its sender, in its thread, under its subject. The message
is then answered, and pending until quire done says so, or --done here.
` + aboutText + `
  quire reply --box mia 3 "Yes, on Monday."
`, prepare: func(f *flag.FlagSet) action {
	o := sending{}
	o.flags(f)
	f.BoolVar(&o.done, "done", false, "the message is then dealt with")
	return func(r *request) error { return r.answering(&o, (*mailbox.Box).Reply) }
}}

var answer = &command{name: "answer", args: "N [TEXT...]", box: true, about: "answer a question", teach: `
Answers question N of --box, and marks it as dealt with, both or neither. If the question
has options, the answer is one of them, word for word; other words are sent with --freely.
After its deadline an answer is a correction. Who answers a question that was answered before,
with other words, is told so, and nothing is sent: --again corrects the answer.
` + aboutText + `
  quire find --box mia --kind question --pending
  quire answer --box mia 7 yes
`, prepare: func(f *flag.FlagSet) action {
	o := sending{}
	o.flags(f)
	f.BoolVar(&o.freely, "freely", false, "the answer need not be one of the options")
	f.BoolVar(&o.again, "again", false, "it corrects an answer that was sent before")
	return func(r *request) error {
		return r.answering(&o, func(b *mailbox.Box, ctx context.Context, n quire.UID, d quire.Draft) (mailbox.Sent, error) {
			items, err := b.Read(ctx, n)
			if err != nil {
				return mailbox.Sent{ID: d.ID}, err
			}
			q := &items[0]
			if err := o.fits(q, quire.PlainText(d.Parts)); err != nil {
				return mailbox.Sent{ID: d.ID}, err
			}
			if !o.again && o.id == "" && q.Question != nil {
				d.ID = look.AnswerID(quire.Address(r.box), q.ID)
			}
			sent, err := b.Answer(ctx, n, d)
			if !o.again && errors.Is(err, mailbox.ErrConflict) {
				err = fmt.Errorf("#%d was answered before, with other words: nothing was sent; to correct that answer, say --again (%w)", n, err)
			}
			return sent, err
		})
	}
}}

// sending is what goes out.
type sending struct {
	id, subject   string
	to, cc        addresses
	ask, done     bool
	freely, again bool
	options, by   string
	q             quire.Question
}

func (o *sending) flags(f *flag.FlagSet) {
	f.StringVar(&o.id, "id", "", "the message's `ID`, to repeat what may have been sent")
	f.StringVar(&o.subject, "subject", "", "its subject, one `LINE`")
}

// draft makes the message of the flags and a text.
func (o *sending) draft(r *request, words []string) (quire.Draft, error) {
	text, err := r.text(words)
	if err != nil {
		return quire.Draft{}, err
	}
	if text == "" && o.subject == "" {
		return quire.Draft{}, usage("there is nothing to send: the text is empty")
	}
	d := quire.Draft{ID: quire.MessageID(o.id), To: o.to, CC: o.cc, Subject: o.subject}
	if d.ID == "" {
		d.ID = mailbox.NewID()
	}
	if text != "" {
		d.Parts = []quire.Part{quire.Text{Text: text}}
	}
	return d, nil
}

// maxText is a little more than a store takes by default, which then says so.
const maxText = 64<<20 + 1

// text is what the words say, or the standard input.
func (r *request) text(words []string) (string, error) {
	text := strings.Join(words, " ")
	if len(words) == 0 || text == "-" {
		if f, ok := r.stdin.(*os.File); ok {
			if at, err := f.Stat(); err == nil && at.Mode()&os.ModeCharDevice != 0 {
				fmt.Fprintln(r.stderr, "quire: type the text; Ctrl-D ends it")
			}
		}
		b, err := io.ReadAll(io.LimitReader(&until{r.ctx, r.stdin}, maxText))
		if err != nil {
			return "", err
		}
		text = strings.TrimRight(string(b), "\r\n")
	}
	if !utf8.ValidString(text) {
		return "", usage("the text is not UTF-8: convert it first, with iconv say")
	}
	return text, nil
}

// until is a reader that ends with a context. A read from a terminal or a pipe can't be
// called off: after an interruption the last one is left to the end of the process.
type until struct {
	ctx context.Context
	r   io.Reader
}

func (u *until) Read(p []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	type got struct {
		n   int
		err error
	}
	own, done := make([]byte, len(p)), make(chan got, 1)
	go func() {
		n, err := u.r.Read(own)
		done <- got{n, err}
	}()
	select {
	case g := <-done:
		return copy(p, own[:g.n]), g.err
	case <-u.ctx.Done():
		return 0, u.ctx.Err()
	}
}

// asks makes the question of the flags.
func (o *sending) asks() error {
	if !o.ask {
		if o.options != "" || o.by != "" || o.q.Default != "" || o.q.Reversible {
			return usage("--options, --by, --default and --reversible are of a question: give --ask too")
		}
		return nil
	}
	for _, s := range strings.Split(o.options, ",") {
		if s = strings.TrimSpace(s); s != "" {
			o.q.Options = append(o.q.Options, s)
		}
	}
	var err error
	if o.by != "" {
		o.q.ReplyBy, err = moment(o.by, time.Now(), 1)
	}
	return err
}

func (r *request) send(o *sending) error {
	if len(o.to)+len(o.cc) == 0 {
		return usage("to whom? Give --to ADDRESS")
	}
	if err := o.asks(); err != nil {
		return err
	}
	d, err := o.draft(r, r.args)
	if err != nil {
		return err
	}
	return r.with(toMake, func(s *opened) error {
		b := s.Box(quire.Address(r.box))
		if o.ask {
			return r.sent(b.Ask(r.ctx, d, o.q))
		}
		return r.sent(b.Send(r.ctx, d))
	})
}

// answering sends what refers to a message.
func (r *request) answering(o *sending, how func(*mailbox.Box, context.Context, quire.UID, quire.Draft) (mailbox.Sent, error)) error {
	if len(r.args) == 0 {
		return usage("to which message? Give its number: quire find lists them")
	}
	d, err := o.draft(r, r.args[1:])
	if err != nil {
		return err
	}
	return r.with(toWrite, func(s *opened) error {
		items, err := r.found(s.Store, r.args[:1])
		if err != nil {
			return err
		}
		b := s.Box(quire.Address(r.box))
		sent, err := how(b, r.ctx, items[0].UID, d)
		if err == nil && o.done && len(sent.Bounced) == 0 {
			if err := b.Done(r.ctx, items[0].UID); err != nil {
				return errors.Join(fmt.Errorf("the reply %s was sent, but #%d is not marked as dealt with", sent.ID, items[0].UID), err)
			}
		}
		return r.sent(sent, err)
	})
}

// fits says whether the answer is one that the question offers.
func (o *sending) fits(q *quire.Item, text string) error {
	if o.freely || q.Question == nil || len(q.Question.Options) == 0 || slices.Contains(q.Question.Options, text) {
		return nil
	}
	return usage("the question offers %s: answer with one of them, or with --freely", strings.Join(q.Question.Options, " | "))
}

// bounced is a recipient that did not get it, as --json prints it.
type bounced struct {
	To     quire.Address `json:"to"`
	Limit  string        `json:"limit"`
	Reason string        `json:"reason"`
}

// sent says what became of a message.
func (r *request) sent(s mailbox.Sent, err error) error {
	if err != nil {
		if s.ID != "" && errors.Is(err, mailbox.ErrOutcomeUnknown) {
			err = fmt.Errorf("%w\nrepeat it with --id %s: then it is sent once, whatever happened", err, s.ID)
		}
		return err
	}
	list := []bounced{}
	for _, b := range s.Bounced {
		list = append(list, bounced{b.To, b.Limit, b.Reason})
	}
	err = r.print(map[string]any{"id": s.ID, "duplicate": s.Duplicate, "bounced": list}, func() { fmt.Fprintln(r.out, s.ID) })
	for _, b := range s.Bounced {
		err = errors.Join(err, fmt.Errorf("%s did not get it: %s", b.To, b.Reason))
	}
	return err
}
