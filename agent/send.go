package agent

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/jsontext"
)

type sendArgs struct {
	To         words   `json:"to"`
	Subject    string  `json:"subject"`
	Text       string  `json:"text"`
	ReplyTo    uidList `json:"reply_to"`
	Done       bool    `json:"done"`
	Options    words   `json:"options"`
	ReplyBy    string  `json:"reply_by"`
	Default    string  `json:"default"`
	Reversible bool    `json:"reversible"`
	Escalate   string  `json:"escalate"`
}

// send is mail_send.
func (d *desk) send(in sendArgs, call int) ([]quire.Part, error) {
	if strings.TrimSpace(in.Text) == "" {
		return nil, errors.New("text is missing: say what the mail says")
	}
	draft := quire.Draft{
		ID:      messageID(d.m.now, d.step, "send", fmt.Sprint(call)),
		Subject: oneLine(in.Subject, 200), Kind: quire.KindMail,
		Parts: []quire.Part{quire.Text{Text: jsontext.Clean(in.Text)}},
	}
	if len(in.ReplyTo) > 0 {
		if err := d.reply(&draft, in.ReplyTo[0], in.Done); err != nil {
			return nil, err
		}
	} else if in.Done {
		return nil, errors.New("done needs reply_to: the number of the message that this answers")
	}
	if len(in.To) > 0 {
		draft.To = nil
	}
	for _, to := range in.To {
		addr := quire.Address(strings.TrimSpace(to))
		if err := addr.Valid(); err != nil {
			return nil, fmt.Errorf("%q is not an address", short(to, 60))
		}
		if !slices.Contains(draft.To, addr) {
			draft.To = append(draft.To, addr)
		}
	}
	self := func(addr quire.Address) bool { return addr.Base() == d.a.o.Address }
	if len(draft.To) > 0 && !slices.ContainsFunc(draft.To, func(addr quire.Address) bool { return !self(addr) }) {
		draft.To, draft.Kind = []quire.Address{d.a.o.Address}, quire.KindNote
		d.sends = append(d.sends, draft)
		return say("Noted in your own mailbox."), nil
	}
	draft.To = slices.DeleteFunc(draft.To, self)
	if len(draft.To) == 0 {
		return nil, errors.New("to is missing: name who gets it, or give reply_to")
	}
	return d.post(in, draft)
}

// reply fills in what a reply takes from the message that it answers.
func (d *desk) reply(draft *quire.Draft, uid quire.UID, done bool) error {
	items, err := d.get([]quire.UID{uid})
	if err != nil {
		return err
	}
	if len(items) == 0 {
		return fmt.Errorf("there is no message %s in this mailbox to reply to", uid)
	}
	it := &items[0]
	if it.Self {
		return fmt.Errorf("%s is your own: reply to what somebody sent, or give to", uid)
	}
	answerTo(draft, it)
	d.flags.set(uid, quire.FlagAnswered)
	if done {
		d.flags.handle(uid)
	}
	return nil
}

// post makes the draft a question if it is one, and puts it into the outbox.
func (d *desk) post(in sendArgs, draft quire.Draft) ([]quire.Part, error) {
	note := ""
	draft.Headers = append(draft.Headers, d.m.host.Handed.next())
	if len(in.Options) > 0 || in.ReplyBy != "" || in.Default != "" || in.Escalate != "" {
		var err error
		if draft.Question, err = d.question(in); err != nil {
			return nil, err
		}
		draft.Kind = quire.KindQuestion
		if !draft.Question.ReplyBy.IsZero() {
			if err := d.remember(&draft); err != nil {
				return nil, err
			}
			note = " End your turn rather than wait: the answer, or the deadline, wakes you."
		}
	}
	d.sends = append(d.sends, draft)
	return say("Sent to %s.%s", addresses(draft.To), note), nil
}

// remember keeps what is needed when nobody answers a question.
func (d *desk) remember(draft *quire.Draft) error {
	if len(d.m.host.open()) >= d.a.o.Limits.Questions {
		return fmt.Errorf("you have %d open questions: wait for answers first", d.a.o.Limits.Questions)
	}
	q := draft.Question
	a := asked{ID: draft.ID, To: draft.To, Subject: draft.Subject, ReplyBy: q.ReplyBy, Default: q.Default, Reversible: q.Reversible, Turn: d.m.host.Turns, Asked: d.m.now}
	if q.Escalate != "" {
		text := quire.PlainText(draft.Parts)
		switch {
		case slices.Contains(draft.To, q.Escalate) || q.Escalate.Base() == d.a.o.Address:
			return fmt.Errorf("escalate: %s is asked already: name somebody else, or nobody", q.Escalate)
		case len(text) > maxEscalated:
			return fmt.Errorf("escalate: a question that may be passed on has at most %d bytes: send the rest as mail before", maxEscalated)
		}
		a.Escalate, a.Text, a.Options = q.Escalate, text, q.Options
	}
	if len(d.m.host.Asked) == 0 { // no reply can be older than the question
		d.m.host.Scanned = d.m.state.Through()
	}
	d.m.host.Asked = append(d.m.host.Asked, a)
	return nil
}

// addresses lists addresses.
func addresses(list []quire.Address) string {
	s := make([]string, len(list))
	for i, a := range list {
		s[i] = string(a)
	}
	return strings.Join(s, ", ")
}

// question checks what makes a mail a question.
func (d *desk) question(in sendArgs) (*quire.Question, error) {
	q := &quire.Question{Default: oneLine(in.Default, 200), Reversible: in.Reversible, Escalate: quire.Address(strings.TrimSpace(in.Escalate))}
	if q.Escalate != "" && q.Escalate.Valid() != nil {
		return nil, fmt.Errorf("escalate: %q is not an address", short(in.Escalate, 60))
	}
	if len(in.Options) > maxOptions {
		return nil, fmt.Errorf("options has %d entries: give at most %d", len(in.Options), maxOptions)
	}
	for _, o := range in.Options {
		q.Options = append(q.Options, oneLine(o, 200))
	}
	if len(q.Options) > 0 && q.Default != "" && !slices.Contains(q.Options, q.Default) {
		return nil, fmt.Errorf("default %q is not one of the options", q.Default)
	}
	if in.ReplyBy == "" {
		if q.Default != "" {
			return nil, errors.New("a default needs reply_by: until when to wait for an answer")
		}
		if q.Escalate != "" {
			return nil, errors.New("escalate needs reply_by: until when to wait before somebody else is asked")
		}
		return q, nil
	}
	at, err := d.moment(in.ReplyBy)
	if err != nil {
		return nil, fmt.Errorf("reply_by: %w", err)
	}
	q.ReplyBy = at
	if q.Reversible && q.Default == "" {
		return nil, errors.New("a reversible question with reply_by needs a default to take when nobody answers")
	}
	return q, nil
}

// What one call may name: more is a mistake, and nothing that a store takes.
const (
	maxDone    = 1000
	maxOptions = 100
	maxAhead   = 10 * 365 * aDay
)

type doneArgs struct {
	UIDs  uidList `json:"uids"`
	Later string  `json:"later"`
}

// done is mail_done.
func (d *desk) done(in doneArgs) ([]quire.Part, error) {
	switch {
	case len(in.UIDs) == 0:
		return nil, errNoUIDs
	case len(in.UIDs) > maxDone:
		return nil, fmt.Errorf("uids has %d numbers: give at most %d at a time", len(in.UIDs), maxDone)
	}
	var until time.Time
	if in.Later != "" {
		var err error
		if until, err = d.moment(in.Later); err != nil {
			return nil, fmt.Errorf("later: %w", err)
		}
	}
	items, err := d.get(in.UIDs)
	if err != nil {
		return nil, err
	}
	var did, not []quire.UID
	for _, uid := range in.UIDs {
		i := slices.IndexFunc(items, func(it quire.Item) bool { return it.UID == uid })
		switch {
		case i < 0 || items[i].Self:
			not = append(not, uid)
			continue
		case until.IsZero():
			delete(d.flags, uid) // the later word counts
			d.flags.set(uid, quire.FlagHandled)
		default:
			d.flags.deferUntil(uid, until)
		}
		did = append(did, uid)
	}
	return d.doneSays(did, not, in.Later), nil
}

func (d *desk) doneSays(did, not []quire.UID, later string) []quire.Part {
	var s []string
	switch {
	case len(did) > 0 && later != "":
		s = append(s, fmt.Sprintf("%s put off (%s).", numbers(did), oneLine(later, 40)))
	case len(did) > 0:
		s = append(s, numbers(did)+" handled.")
	}
	if len(not) > 0 {
		s = append(s, "No mail here: "+numbers(not)+".")
	}
	return say("%s", strings.Join(s, " "))
}

var errNoUIDs = errors.New("uids is missing: give the numbers of messages, such as [41]")
