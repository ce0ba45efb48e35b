package compose_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
)

// arrivals plans one call of mails from mia, numbered from 1.
func arrivals(t *testing.T, drafts ...quire.Draft) *compose.Plan {
	t.Helper()
	s := newScript(t)
	for i, d := range drafts {
		it := quire.Item{Message: quire.Message{Draft: d, Envelope: quire.Envelope{From: "mia"}}, Delivery: quire.Delivery{UID: quire.UID(i + 1)}}
		it.ID = quire.MessageID("m" + it.UID.String())
		s.items = append(s.items, it)
	}
	in := s.in
	in.Arrived, in.Body, in.Now = s.items, s.body, s.now
	plan, err := s.composer().Plan(in)
	require.NoError(t, err)
	return plan
}

// TestOnlyWhatIsTheSameIsShownOnce: what differs in its subject, its question or what it
// answers is another message, also of the same sender with the same words.
func TestOnlyWhatIsTheSameIsShownOnce(t *testing.T) {
	says := func(s string) []quire.Part { return []quire.Part{quire.Text{Text: s}} }
	by := func(hours int) *quire.Question {
		return &quire.Question{ReplyBy: time.Unix(1_800_000_000, 0).Add(time.Duration(hours) * time.Hour)}
	}
	last := quire.Draft{Kind: quire.KindMail, Subject: "end", Parts: says("The newest is always shown.")}
	for name, drafts := range map[string][]quire.Draft{
		"subjects": {{Subject: "build 17", Parts: says("FAILED")}, {Subject: "build 18", Parts: says("FAILED")}, {Subject: "build 19", Parts: says("FAILED")}},
		"deadlines": {{Kind: quire.KindQuestion, Subject: "Ship?", Parts: says("Shall we?"), Question: by(1)},
			{Kind: quire.KindQuestion, Subject: "Ship?", Parts: says("Shall we?"), Question: by(9)}},
		"answers":      {{Kind: quire.KindAnswer, InReplyTo: "q1", Parts: says("yes")}, {Kind: quire.KindAnswer, InReplyTo: "q2", Parts: says("yes")}},
		"subject only": {{Subject: "one"}, {Subject: "two"}},
		"kinds":        {{Kind: quire.KindMail, Parts: says("stop")}, {Kind: quire.KindEvent, Parts: says("stop")}},
	} {
		plan := arrivals(t, append(drafts, last)...)
		for i := range drafts {
			require.True(t, plan.Next.Resident(quire.UID(i+1)), "%s: #%d\n%s", name, i+1, written(plan))
		}
	}
	plan := arrivals(t, quire.Draft{Subject: "a", Parts: says("FAILED")}, quire.Draft{Subject: "a", Parts: says("FAILED")}, last)
	require.False(t, plan.Next.Resident(2), "%s", written(plan))
}
