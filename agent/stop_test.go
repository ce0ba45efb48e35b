package agent

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
)

// A circle of two calls is seen after its third round, and the next prompt says how the
// turn ended: nothing else in it would tell that the mail was tried.
func TestACircleEndsTheTurnAndTheNextOneKnows(t *testing.T) {
	b := newBench(t)
	b.send("mia", "Hello", "hi")
	find, list := []quire.Part{use("mail_find", `{"words":"x"}`)}, []quire.Part{use("mail_find", `{}`)}
	_, err := b.agent(script(find, list, find, list, find, list, find, list)).Turn(t.Context())
	var limit *LimitError
	require.True(t, errors.As(err, &limit), err)
	assert.Equal(t, limitRepeats, limit.Limit)
	assert.Len(t, b.prompts, 6)
	assert.False(t, b.item(1).Flags.Has(quire.FlagHandled))

	b.send("mia", "Again", "still there?")
	b.turn(b.agent(script()))
	assert.Contains(t, b.last(), "This turn was ended: limit reached: repeats (3).")
}

// A turn that ends because of a pull that can't be had says which, with the sizes.
func TestALimitNamesThePullThatWasRefused(t *testing.T) {
	b := newBench(t)
	b.send("mia", "Hello", "hi")
	b.send("mia", "Large", longText(20_000))
	pull := []quire.Part{use("context_pull", `{"uids":[2]}`)}
	_, err := b.agent(script(pull, pull, pull, pull), func(o *settings) { o.Budget, o.Limits.Wake = 2000, 1 }).Turn(t.Context())
	var limit *LimitError
	require.True(t, errors.As(err, &limit), err)
	assert.Regexp(t, `^#2 does not fit: this takes about \d+ tokens, \d+ are free`, limit.Refused)
	assert.Contains(t, err.Error(), limit.Refused)
}

func longText(n int) string {
	b := make([]byte, 0, n)
	for len(b) < n {
		b = append(b, "words of a long text "...)
	}
	return string(b)
}
