package agent

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/jsontext"
	"github.com/quire-dev/quire/internal/raced"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/memstore"
)

// TestWhatAStoreDoesNotAcceptIsAResult: a call that asks for what can't be had is told
// so, the others of its step do what they did, and the step ends once and for all.
func TestWhatAStoreDoesNotAcceptIsAResult(t *testing.T) {
	var crowd []string
	for i := range 1001 {
		crowd = append(crowd, fmt.Sprintf(`"p%d"`, i))
	}
	numbers := strings.TrimSuffix(strings.Repeat("7,", 20_000), ",")
	options := strings.TrimSuffix(strings.Repeat(`"`+strings.Repeat("o", 180)+`",`, 400), ",")
	huge := Tool{Name: "huge", Repeatable: true, Run: func(context.Context, Call) ([]quire.Part, error) {
		return []quire.Part{text(strings.Repeat("x", 65<<20))}, nil
	}}
	blob := Tool{Name: "blob", Run: func(context.Context, Call) ([]quire.Part, error) {
		return []quire.Part{quire.Blob{Digest: quire.DigestOf([]byte("nowhere")), Size: 1 << 62, Head: "h", Tail: "t"}}, nil
	}}
	for _, c := range []struct {
		name string
		call quire.Part
		ok   bool // not refused by every store
	}{
		{"more recipients than a store takes", use(toolSend, `{"to":[`+strings.Join(crowd, ",")+`],"text":"hello"}`), false},
		{"the year 10000", use(toolDone, `{"uids":[1],"later":"80000000h"}`), false},
		{"options of 64 KiB", use(toolSend, `{"to":"bo","text":"which?","options":[`+options+`]}`), false},
		{"20,000 numbers", use(toolDone, `{"uids":[`+numbers+`]}`), true},
		{"64 MiB", use("huge", `{}`), false},
		{"content that nobody has", use("blob", `{}`), false},
		{"a zero byte", use(toolFind, `{"from":"a\u0000b"}`), true},
		{"an address with a zero byte", use(toolSend, `{"to":"a\u0000b","text":"hello"}`), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.name == "64 MiB" {
				raced.Skip(t)
			}
			b := newBench(t)
			b.send("mia", "Go", "go")
			good := use(toolSend, `{"to":"zoe","text":"all is well"}`)
			a := b.agent(script([]quire.Part{good, c.call}), func(o *settings) { o.Tools = []Tool{huge, blob} })
			b.idle(a)
			require.NotEmpty(t, b.steps)
			results := b.steps[0].Results
			require.Len(t, results, 2)
			assert.False(t, results[0].IsError, "%v", results[0])
			assert.Len(t, b.inbox("zoe"), 1)
			if !c.ok {
				assert.True(t, results[1].IsError, "%.200v", results[1])
				assert.NotEmpty(t, partText(results[1]))
				assert.Less(t, len(partText(results[1])), 2000)
			}
			snap, err := b.store.Snapshot(t.Context(), "ada")
			require.NoError(t, err)
			assert.Empty(t, snap.Journal)
		})
	}
}

// TestALongSubjectIsAnswered: whatever a store took as mail can be answered, by the
// model and by Options.Answer.
func TestALongSubjectIsAnswered(t *testing.T) {
	for _, subject := range []string{strings.Repeat("s", 8190), strings.Repeat("é", 4000), strings.Repeat("語", 2700)} {
		b := newBench(t)
		b.send("mia", subject, "go")
		a := b.agent(script([]quire.Part{use(toolSend, `{"reply_to":1,"text":"yes"}`)}))
		b.idle(a)
		assert.Len(t, b.inbox("mia"), 1)
		b.send("bo", subject, "go")
		b.idle(b.agent(script(), func(o *settings) { o.Answer = true }))
		mail := b.inbox("bo")
		require.Len(t, mail, 1)
		assert.True(t, strings.HasPrefix(mail[0].Subject, "Re: "+subject[:100]))
		assert.Equal(t, jsontext.Clean(mail[0].Subject), mail[0].Subject, "whole characters")
	}
}

// TestAnAgentThatMaySendNothingStillWorks: its own address needs signatures that it can't
// make.
func TestAnAgentThatMaySendNothingStillWorks(t *testing.T) {
	pub, _, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	b := newBench(t)
	b.store = memstore.New(&mailbox.Options{Rules: mailbox.Rules{Keys: map[quire.Address][]ed25519.PublicKey{"ada": {pub}}}})
	uid := b.send("bo", "Go", "go")
	a := b.agent(script([]quire.Part{use(toolSend, `{"to":"bo","text":"hello"}`)}), func(o *settings) { o.Answer = true })
	for range 6 {
		r, err := a.Turn(t.Context())
		require.NoError(t, err)
		if r.Idle {
			break
		}
	}
	assert.True(t, b.item(uid).Flags.Has(quire.FlagHandled))
	assert.False(t, b.item(uid).Flags.Has(quire.FlagAnswered), "nothing was sent")
}

// TestAnEventThatStandsIsNoNews: an event that one step took in does not begin turn
// after turn.
func TestAnEventThatStandsIsNoNews(t *testing.T) {
	b := newBench(t)
	b.send("mia", "Go", "go")
	a := b.agent(script())
	b.idle(a)
	_, err := b.store.Commit(t.Context(), mailbox.Commit{Address: "ada", Now: b.now, Sends: []quire.Draft{{ID: messageID(b.now, "event"), To: []quire.Address{"ada"},
		Kind: quire.KindEvent, Subject: "A thing", Parts: []quire.Part{text("it happened")}}}})
	require.NoError(t, err)
	require.False(t, b.turn(a).Idle)
	calls := len(b.prompts)
	for range 3 {
		require.True(t, b.turn(a).Idle)
		require.True(t, b.turn(b.agent(script())).Idle, "nor after a restart")
	}
	assert.Len(t, b.prompts, calls)
}

// TestWhoeverAQuestionReachedMayAnswerIt: members of a group, and people under an address
// with a plus; and nobody else, nor in somebody's name.
func TestWhoeverAQuestionReachedMayAnswerIt(t *testing.T) {
	for _, c := range []struct {
		name string
		to   string
		from quire.Address
		via  bool
		ok   bool
	}{
		{"a group", "team", "zoe", false, true},
		{"with a plus", "mia+urgent", "mia", false, true},
		{"somebody else", "mia", "eve", false, false},
		{"somebody else than the group", "team", "eve", false, false},
		{"a claim", "mia", "mia", true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			b.store = memstore.New(&mailbox.Options{Rules: mailbox.Rules{Groups: map[quire.Address][]quire.Address{"team": {"mia", "zoe"}}}})
			b.send("mia", "Go", "go")
			a := b.agent(script([]quire.Part{use(toolSend, `{"to":"`+c.to+`","subject":"Delete?","text":"Now?","options":["delete","keep"],"reply_by":"2h","default":"delete","reversible":true}`)}), func(o *settings) { o.Owner = "" })
			b.idle(a)
			var q quire.Item
			for _, it := range b.inbox("mia") {
				if it.Kind == quire.KindQuestion {
					q = it
				}
			}
			require.NotEmpty(t, q.ID)
			d := quire.Draft{ID: messageID(b.now, "answer", string(c.from)), To: []quire.Address{"ada"}, Kind: quire.KindAnswer, InReplyTo: q.ID, Parts: []quire.Part{text("keep")}}
			commit := mailbox.Commit{Address: c.from, Now: b.now, Sends: []quire.Draft{d}}
			if c.via {
				commit.Via = []quire.Via{{Name: "smtp", From: "mia@example.org"}}
			}
			_, err := b.store.Commit(t.Context(), commit)
			require.NoError(t, err)
			b.idle(a)
			b.now = b.now.Add(3 * time.Hour)
			for range 4 {
				b.turn(a)
			}
			said := ""
			for _, p := range b.prompts {
				said += flat(p)
			}
			assert.Equal(t, !c.ok, strings.Contains(said, "Nobody answered"), said)
		})
	}
}
