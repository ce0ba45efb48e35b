package agent

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/quire-dev/quire"
)

func TestNoNoticeWhenNothingWaits(t *testing.T) {
	b := newBench(t)
	b.send("mia", "Hello", "hi")
	b.turn(b.agent(script()))
	assert.Empty(t, b.prompts[0].Notice, "what wakes is delivered whole and not announced")
}

func TestNoticeStandsOnTheFirstCallOnly(t *testing.T) {
	b := newBench(t)
	b.send("mia", "One", "1 body")
	b.send("mia", "Two", "2 body")
	a := b.agent(script([]quire.Part{use("mail_find", `{"words":"zeppelin"}`)}), func(o *settings) { o.Limits.Wake = 1 })
	b.turn(a)
	assert.Contains(t, b.prompts[0].Notice, "1 waiting in your mailbox")
	assert.Contains(t, b.prompts[0].Notice, `#2 from=mia "Two"`)
	assert.Empty(t, b.prompts[1].Notice)
	assert.True(t, b.item(2).Flags.Has(quire.FlagNotified))
	assert.False(t, b.item(2).Flags.Has(quire.FlagHandled), "it was announced, not dealt with")
}

func TestUrgentMailIsAnnouncedInALoopWhereAllowed(t *testing.T) {
	for _, allowed := range []bool{true, false} {
		b := newBench(t)
		b.send("mia", "One", "1 body")
		model := script([]quire.Part{use("mail_find", `{"words":"zeppelin"}`)}, []quire.Part{use("mail_find", `{"words":"balloon"}`)})
		a := b.agent(model, func(o *settings) { o.Profile.Dialect.NoticeInLoop = allowed })
		_, err := a.Step(t.Context())
		assert.NoError(t, err)
		b.send("ben", "Soon", "well?", func(d *quire.Draft) {
			d.Kind, d.Question = quire.KindQuestion, &quire.Question{ReplyBy: b.now.Add(10 * time.Minute)}
		})
		b.turn(a)
		if allowed {
			assert.Contains(t, b.prompts[1].Notice, "1 waiting in your mailbox, 1 due soon")
		} else {
			assert.Empty(t, b.prompts[1].Notice)
		}
	}
}

func TestNoticeFallsSilentUntilSomethingChanges(t *testing.T) {
	b := newBench(t)
	b.send("ben", "Due", "body 0", func(d *quire.Draft) {
		d.Kind, d.Question = quire.KindQuestion, &quire.Question{ReplyBy: b.now.Add(48 * time.Hour)}
	})
	for i := range 6 { // a question that is due wakes before the older mail each time
		b.send("mia", "Soon", string(rune('a'+i))+" body", func(d *quire.Draft) {
			d.Kind, d.Question = quire.KindQuestion, &quire.Question{ReplyBy: b.now.Add(time.Minute)}
		})
		b.turn(b.agent(script(), func(o *settings) { o.Limits.Wake = 1 }))
	}
	var shown []bool
	for _, p := range b.prompts {
		shown = append(shown, p.Notice != "")
	}
	assert.Equal(t, []bool{true, true, true, false, false, false}, shown)
	b.send("mia", "Soon", "g body", func(d *quire.Draft) {
		d.Kind, d.Question = quire.KindQuestion, &quire.Question{ReplyBy: b.now.Add(time.Minute)}
	})
	b.send("mia", "New", "h body")
	b.turn(b.agent(script(), func(o *settings) { o.Limits.Wake = 1 }))
	assert.Contains(t, b.prompts[6].Notice, "2 waiting", "something changed")
}
