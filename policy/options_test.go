package policy_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/policy"
)

// turns is a log of three exchanges, of which the third goes on:
//
//	#1 user · #2 calls, #3 read · #4 answer
//	#5 user · #6 answer
//	#7 user · #8 calls, #9 read, a stub · #10 calls, #11 run, #12 read
func turns() *policy.View {
	v := log(user(10), calls(5, result("read", 90)), calls(7), user(10), calls(7),
		user(20), calls(5, stub()), calls(5, result("run", 90), result("read", 80)))
	for i := range v.Units {
		v.Units[i].Turn = 7 + uint64(min(i/4, 1)) + uint64(min(i/6, 1))
	}
	return v
}

func TestWindowTurnsLetsTheOldestExchangeGoWhole(t *testing.T) {
	assert.Equal(t, text(`
		#1 oldest exchange
		#2 oldest exchange
		#3 oldest exchange
		#4 oldest exchange
		#5 oldest exchange
		#6 oldest exchange
		#8 oldest
		#9 oldest
		#11 oldest
		#12 oldest
		#7 oldest
		#10 oldest
		`), lines(policy.WindowTurns{}, turns()))
	v := log(user(9), calls(5, result("run", 4)), calls(5, result("run", 90)), calls(5, stub(), result("run", 3)), calls(5, result("run", 4)), calls(5, result("run", 80)))
	assert.Equal(t, "#2 oldest\n#3 oldest\n#6 oldest\n#7 oldest\n#8 oldest\n#5 oldest\n#12 oldest\n#1 oldest\n#4 oldest\n#9 oldest\n#10 oldest\n#11 oldest\n",
		lines(policy.WindowTurns{}, v), "small results go with the stubs around them, and not before older large ones")
	assert.Empty(t, deadOf(policy.WindowTurns{Turns: 3}, turns()))
	assert.Equal(t, of(1, 2, 3, 4), deadOf(policy.WindowTurns{Turns: 2}, turns()))
	assert.Equal(t, of(1, 2, 3, 4, 5, 6), deadOf(policy.WindowTurns{Turns: 1}, turns()))
	v = turns()
	v.OnlyDead = true
	assert.Equal(t, "#1 dead outside of the window\n", lines(policy.WindowTurns{Turns: 2}, v)[:len("#1 dead outside of the window\n")])
	assert.Empty(t, lines(policy.WindowTurns{}, v))
}

func TestKeepLastKeepsTheNewestGroupsWithTools(t *testing.T) {
	got := lines(policy.KeepLast{Groups: 1, Of: policy.OldestFirst}, turns())
	assert.Equal(t, "#1 oldest\n#2 oldest\n#3 oldest\n#4 oldest\n#5 oldest\n#6 oldest\n#7 oldest\n#8 oldest\n#9 oldest\n", got)
	got = lines(policy.KeepLast{Groups: 3, Of: policy.OldestFirst}, turns())
	assert.Equal(t, "#1 oldest\n#4 oldest\n#5 oldest\n#6 oldest\n#7 oldest\n", got)
	assert.Equal(t, lines(policy.Default{}, turns()), lines(policy.KeepLast{}, turns()), "none kept")

	v := turns()
	dead(v.Units[9:12])
	assert.Equal(t, of(10, 11, 12), deadOf(policy.KeepLast{Groups: 1}, v), "what was dropped goes")
}

func TestNeverClearKeepsATool(t *testing.T) {
	got := lines(policy.NeverClear{Tools: []string{"run"}, Of: policy.OldestFirst}, turns())
	assert.Equal(t, "#1 oldest\n#2 oldest\n#3 oldest\n#4 oldest\n#5 oldest\n#6 oldest\n#7 oldest\n#8 oldest\n#9 oldest\n#12 oldest\n", got,
		"with the call that stands before it, without the other result of its group")

	v := log(calls(1, keyed("k", result("read", 50))), calls(1, keyed("k", result("read", 50))))
	assert.Equal(t, of(2), deadOf(policy.Default{}, v))
	assert.Empty(t, deadOf(policy.NeverClear{Tools: []string{"read"}}, v), "nor is it judged dead")
}

func TestExcerptFirstShortensOnce(t *testing.T) {
	v := turns()
	v.Units[10].Short = true
	keeps := map[int]int{}
	for x := range (policy.ExcerptFirst{Tokens: 30, Of: policy.OldestFirst}).Victims(v) {
		keeps[int(v.Units[x.Unit].UID)] = x.Keep
	}
	assert.Equal(t, 30, keeps[3])
	assert.Equal(t, 30, keeps[12])
	assert.Zero(t, keeps[11], "is one already")
	assert.Zero(t, keeps[9], "is a stub")
	assert.Zero(t, keeps[1], "is no result")
	for x := range (policy.ExcerptFirst{Tools: []string{"run"}, Of: policy.OldestFirst}).Victims(v) {
		assert.Zero(t, x.Keep, "of another tool, or short already")
	}
	for x := range (policy.ExcerptFirst{Tokens: 90, Of: policy.OldestFirst}).Victims(v) {
		assert.Zero(t, x.Keep, "no shorter than that")
	}
}

func TestNamesOfWrappersTellSettings(t *testing.T) {
	assert.Equal(t, "keep last 3 groups of never clear read, run of window of 2 turns",
		policy.Name(policy.KeepLast{Groups: 3, Of: policy.NeverClear{Tools: []string{"read", "run"}, Of: policy.WindowTurns{Turns: 2}}}))
	assert.Equal(t, "excerpts of 100 tokens of default", policy.Name(policy.ExcerptFirst{}))
	assert.Equal(t, "excerpts of 50 tokens for read of window", policy.Name(policy.ExcerptFirst{Tokens: 50, Tools: []string{"read"}, Of: policy.WindowTurns{}}))
}

func stub() policy.Unit {
	u := result("read", 5)
	u.Stubbed = true
	return u
}

func of(uids ...quire.UID) []quire.UID { return uids }
