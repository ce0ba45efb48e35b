package agent

import (
	"context"
	"slices"
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
)

// answers makes the mail that Options.Answer asks for: what the ending reply
// says, to each person whose mail the turn handled and who was not answered.
func (a *Agent) answers(ctx context.Context, m *moment, step, text string, marks flagSet) ([]quire.Draft, error) {
	handled := marks.having(quire.FlagHandled)
	if !a.o.Answer || text == "" || len(handled) == 0 {
		return nil, nil
	}
	items, err := a.mail.Get(ctx, a.o.Address, mailbox.Get{UIDs: handled})
	if err != nil {
		return nil, err
	}
	var out []quire.Draft
	for i := len(items) - 1; i >= 0; i-- { // the newest of each sender
		it := &items[i]
		wants := it.Kind == quire.KindMail || it.Kind == quire.KindQuestion
		if !wants || it.Self || it.Trust != quire.TrustPerson || it.Auto != "" ||
			it.Flags.Has(quire.FlagAnswered) || marks[it.UID].Set.Has(quire.FlagAnswered) ||
			slices.ContainsFunc(out, func(d quire.Draft) bool { return d.To[0] == it.From }) {
			continue
		}
		d := quire.Draft{ID: messageID(m.now, step, "answer", string(it.From)), Kind: quire.KindMail, Parts: []quire.Part{quire.Text{Text: text}}}
		answerTo(&d, it)
		out = append(out, d)
		marks.set(it.UID, quire.FlagAnswered)
	}
	return out, nil
}

// maxSubject is how many bytes of a subject stores take.
const maxSubject = 8 << 10

// answerTo fills in what a reply takes from the message that it answers.
func answerTo(d *quire.Draft, it *quire.Item) {
	d.To = []quire.Address{it.From}
	d.InReplyTo = it.ID
	d.References = append(slices.Clone(it.References[max(0, len(it.References)-15):]), it.ID)
	if it.Kind == quire.KindQuestion {
		d.Kind = quire.KindAnswer
	}
	if d.Subject == "" && it.Subject != "" {
		d.Subject = cutTo("Re: "+strings.TrimPrefix(it.Subject, "Re: "), maxSubject)
	}
}
