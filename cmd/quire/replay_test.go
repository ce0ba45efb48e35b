package main

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/replaying"
	"github.com/quire-dev/quire/mailbox/sqlitestore"
)

func TestCallsAreComposedAgain(t *testing.T) {
	db := place(t)
	t.Setenv("QUIRE_BOX", "ada")
	l := live(t, db)
	again := inJSON[replayed](t, "replay")
	assert.Equal(t, replayed{Agent: "ada", Calls: l.calls, Known: l.calls, Same: l.calls, Differ: []differs{}}, again)
	assert.Equal(t, fmt.Sprintf("%d of %d calls of ada come out the same, in their bytes and their bill\n", l.calls, l.calls), ok(t, "replay"))

	t.Run("otherwise", func(t *testing.T) { checkWhatIf(t, l) })
	t.Run("a receipt that says something else", func(t *testing.T) { checkAnotherReceipt(t, db, l) })
	t.Run("a message that was destroyed", func(t *testing.T) {
		s, err := sqlitestore.Open(t.Context(), db, nil)
		require.NoError(t, err)
		var gone quire.UID
		for uid := quire.UID(2); gone == 0; uid++ { // one that stands in no context any more
			if _, err := s.Expunge(t.Context(), "ada", []quire.UID{uid}); err == nil {
				gone = uid
			}
		}
		require.NoError(t, s.Close())
		r := do(t, "", "replay", "--json")
		assert.Equal(t, exitFailed, r.code)
		assert.Contains(t, r.stderr, fmt.Sprintf("message #%d is gone", gone))
	})
	r := do(t, "", "replay", "--box", "mia")
	assert.Equal(t, exitFailed, r.code)
	assert.Contains(t, r.stderr, "mia is no agent")
}

func checkWhatIf(t *testing.T, l life) {
	same := inJSON[replaying.WhatIf](t, "whatif", "--budget", "2500")
	assert.Equal(t, same.Was, same.Would, "the budget that it had")
	assert.Equal(t, []int{l.usage.Input, l.usage.CachedInput, l.usage.Output}, []int{same.Reported.Input, same.Reported.Read, same.Reported.Output})
	assert.Equal(t, l.money, same.Reported.Money)
	assert.Zero(t, same.Missed)

	more := inJSON[replaying.WhatIf](t, "whatif", "--budget", "20000")
	assert.Equal(t, same.Was, more.Was)
	assert.Less(t, more.Would.Left, more.Was.Left, "what has room does not leave")
	assert.Greater(t, more.Would.Input, more.Was.Input)
	other := inJSON[replaying.WhatIf](t, "whatif", "--policy", "oldest", "--schedule", "strict", "--model", "gpt-5", "--since", "10m", "--calls")
	assert.Equal(t, "policy oldest first, schedule strict", other.WouldBy)
	assert.Less(t, other.Was.Calls, l.calls, "only the newest ones")
	assert.NotEqual(t, other.Was.Money, other.Would.Money)
	free := inJSON[replaying.WhatIf](t, "whatif", "--tariff", "0,0,0,0,0")
	assert.Zero(t, free.Would.Money)
	assert.Equal(t, free.Was.Input, free.Would.Input)

	text := ok(t, "whatif", "--budget", "20000", "--calls")
	assert.Contains(t, text, fmt.Sprintf("ada, %d calls from", l.calls))
	assert.Contains(t, text, "would be:  policy value, schedule value, budget 20,000")
	assert.Contains(t, text, fmt.Sprintf("%d of %d calls come out the same", l.calls, l.calls))
	for _, args := range [][]string{{}, {"--policy", "none"}, {"--schedule", "none"}, {"--model", "nobody-knows-it"}, {"--price", "none"}, {"--tariff", "1,2"},
		{"--tariff", "NaN,0,0,0,0"}, {"--ttl", "7m"}, {"--budget", "-1"}, {"--api", "smtp", "--budget", "1"}, {"--budget", "9", "--since", "soon"}, {"--budget", "9", "x"}} {
		r := do(t, "", append([]string{"whatif"}, args...)...)
		assert.Equal(t, exitUsage, r.code, "%v: %s", args, r.stderr)
	}
	assert.Contains(t, do(t, "", "whatif", "--policy", "none").stderr, "--policy none: there are value, default, oldest")
}

// checkAnotherReceipt changes what a receipt says of its bytes, and takes it back.
func checkAnotherReceipt(t *testing.T, db string, l life) {
	_, receipts := stored(t, db)
	three := receipts[2]
	forge := func(prompt uint64) {
		three.Prompt = prompt
		b, err := three.Encode()
		require.NoError(t, err)
		change(t, db, "UPDATE receipt SET data = ? WHERE call = 3", b)
	}
	was := three.Prompt
	forge(1)
	r := do(t, "", "replay", "--json")
	assert.Equal(t, exitFailed, r.code)
	again := decoded[replayed](t, r.out)
	assert.Equal(t, l.calls-1, again.Same)
	require.Len(t, again.Differ, 1)
	assert.Equal(t, []any{uint64(3), true, false}, []any{again.Differ[0].Call, again.Differ[0].Bytes, again.Differ[0].Bill})
	assert.Contains(t, do(t, "", "replay").out, "differ")
	forge(was)
	ok(t, "replay")
}
