package agent

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/raced"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/providers"
)

// TestTenBadMinutes: a server fails in every way for ten minutes, while mail comes in,
// and is well then. No mail is lost, each is answered once, the owner hears of it once
// when it is bad and once when it is over, and the log says what happened.
func TestTenBadMinutes(t *testing.T) {
	for seed := range uint64(raced.Fewer(20)) {
		r := rand.New(rand.NewPCG(seed, 5))
		b := newBench(t)
		over := day.Add(10 * time.Minute)
		answered := map[string]int{}
		calls, sent := 0, 0
		model := modelFunc(func(p *quire.Prompt) (*quire.Reply, error) {
			calls++
			if b.now.Before(over) {
				return badReply(r)
			}
			for _, s := range asks.FindAllStringSubmatch(flat(p), -1) {
				if uid := handleOf(flat(p), s[1]); uid != "" && answered[s[1]] == 0 {
					answered[s[1]]++
					return &quire.Reply{Parts: []quire.Part{use(toolSend, fmt.Sprintf(`{"reply_to":%s,"text":"answer %s","done":true}`, uid, s[1]))}, Stop: quire.StopTools}, nil
				}
			}
			return &quire.Reply{Parts: []quire.Part{text("Done.")}, Stop: quire.StopEnd}, nil
		})
		var w watched
		b.send("mia", "ask", "ask 0: what?")
		b.onWait(func(mailbox.Wait) error { // nothing wakes it but mail and time
			if sent++; sent < 12 {
				b.now = b.now.Add(45 * time.Second)
				b.send("mia", "ask", fmt.Sprintf("ask %d: what?", sent))
				return nil
			}
			if b.now.Before(over) {
				b.now = over
				return nil
			}
			if status, err := b.store.Status(t.Context(), "ada"); err != nil || status.Pending > 0 {
				b.now = b.now.Add(time.Minute)
				require.True(t, b.now.Before(over.Add(4*time.Hour)), "mail waits: %s", w.log.String())
				return err
			}
			return errCrash
		})
		a := b.agent(model, w.on, func(o *settings) {
			o.Limits.TellAfter = 3 * time.Minute
			o.Owner = "owner"
		})
		require.ErrorIs(t, a.Run(t.Context()), errCrash, "seed %d", seed)
		for n := range 12 {
			assert.Equal(t, 1, answered[fmt.Sprint(n)], "seed %d: mail %d", seed, n)
		}
		assert.Len(t, b.inbox("mia"), 12, "seed %d: answers", seed)
		owner := b.subjects("owner")
		assert.LessOrEqual(t, len(owner), 14, "seed %d: %v", seed, owner)
		said := map[string]int{}
		for line := range strings.Lines(w.log.String()) {
			_, msg, _ := strings.Cut(line, `"msg":"`)
			msg, _, _ = strings.Cut(msg, `"`)
			said[msg]++
		}
		if seed == 0 {
			t.Logf("%d calls; the owner got %v", calls, owner)
			for _, msg := range slices.Sorted(maps.Keys(said)) {
				t.Logf("log: %d times %q", said[msg], msg)
			}
		}
		status, err := a.Status(t.Context())
		require.NoError(t, err)
		assert.True(t, status.Health.OK, "seed %d: %+v", seed, status.Health)
		assert.Empty(t, status.Parked)
	}
}

// badReply is one of the ways in which a server fails.
func badReply(r *rand.Rand) (*quire.Reply, error) {
	fail := func(code providers.Code, status int, words string) error {
		return &providers.Error{Provider: "test", Code: code, Status: status, Err: errors.New(words)}
	}
	switch r.IntN(9) {
	case 0:
		return nil, fail(providers.CodeRateLimited, 429, "slow down")
	case 1:
		return nil, fail(providers.CodeUnavailable, 500, "internal error")
	case 2:
		return nil, fail(providers.CodeUnavailable, 0, "connection reset by peer")
	case 3:
		return nil, fail(providers.CodeInvalid, 400, "your credit balance is too low")
	case 4:
		return nil, fail(providers.CodeBadReply, 200, "unexpected EOF")
	case 5:
		return nil, fail(providers.CodeTooLong, 400, "prompt is too long")
	case 6:
		return &quire.Reply{Parts: []quire.Part{text("I begin with")}, Stop: quire.StopLength}, nil
	case 7:
		return &quire.Reply{Parts: []quire.Part{use("no_such_tool", `{"a":`)}, Stop: quire.StopLength}, nil
	}
	return &quire.Reply{}, nil
}

// handleOf is the number of the mail that asks, as it stands whole in a prompt.
func handleOf(prompt, id string) string {
	i := strings.Index(prompt, "\nask "+id+": what")
	if i < 0 {
		return ""
	}
	at := strings.LastIndex(prompt[:i], "[#")
	uid, _, _ := strings.Cut(prompt[at+2:], " ")
	return uid
}
