package emulate_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire/internal/emulate"
)

func TestMarkedReadsOnlyWhereAMarkStood(t *testing.T) {
	p := play(t, rulesOf(t, "claude-opus-5"))
	p.reads(0, 3, prompt("a b c!"), "nothing is there yet")
	p.reads(3, 2, prompt("a b c d e!"), "the mark sees c")
	p.reads(0, 3, prompt("a b x!"), "b was never marked")
	p.reads(0, 0, prompt("a b c d e"), "without a mark nothing is read or written")
	p.reads(5, 0, prompt("a b c d e! ~n"), "the tail is neither")
}

func TestMarkedLeavesOneEntryAMark(t *testing.T) {
	p := play(t, rulesOf(t, "claude-opus-5"))
	p.reads(0, 4, prompt("a b! c d!"), "")
	p.reads(2, 1, prompt("a b x!"), "the mark at b left one too")
	p.reads(0, 2, prompt("a x!"), "none at a")
}

func TestMarkedAlwaysCountsTheBytes(t *testing.T) {
	p := play(t, rulesOf(t, "claude-opus-5"))
	p.reads(0, 2, prompt("s! | a!"), "")
	p.reads(0, 2, prompt("s2! | a!"), "another system prompt is another prefix")
	p.reads(0, 2, prompt("s a!"), "the same bytes at another level too")
	r := prompt("s! | a!")
	r.Scope = "another model"
	p.reads(0, 2, r, "and the same bytes to another model")
	p.reads(2, 0, prompt("s | a!"), "where the other marks stand is no part of the prefix")
}

func TestMarkedLooksBackTwentyPositions(t *testing.T) {
	rules := rulesOf(t, "claude-opus-5")
	for _, c := range []struct {
		name  string
		words string
		each  bool
		reads int
	}{
		{"19 behind the entry", "a" + strings.Repeat(" x", 18) + " x!", false, 1},
		{"20 behind it", "a" + strings.Repeat(" x", 19) + " x!", false, 0},
		{"20 behind it, and a mark on the way", "a x!" + strings.Repeat(" x", 18) + " x!", false, 1},
		{"a run of results is one", "a" + strings.Repeat(" r:x", 30) + " x!", false, 1},
		{"a run of calls and one of results are two", "a" + strings.Repeat(" x", 17) + " c:x c:x r:x r:x!", false, 1},
		{"18 and such runs", "a" + strings.Repeat(" x", 18) + " c:x c:x r:x r:x!", false, 0},
		{"a gateway that counts each block", "a" + strings.Repeat(" r:x", 30) + " x!", true, 0},
	} {
		rules.EachBlock = c.each
		p := play(t, rules)
		p.reads(0, 1, prompt("a!"), c.name)
		p.reads(c.reads, strings.Count(c.words, " ")+1-c.reads, prompt(c.words), c.name)
	}
}

func TestMarkedKeepsNothingShort(t *testing.T) {
	rules := rulesOf(t, "claude-opus-5")
	rules.Cost.MinPrefix = 2000
	p := play(t, rules)
	p.reads(0, 0, prompt("a!"), "1000 of at least 2000: no entry, no error")
	p.reads(0, 2, prompt("a! b!"), "2000 are enough")
	p.reads(2, 1, prompt("a b! c!"), "")
}

func TestMarkedLives(t *testing.T) {
	p := play(t, rulesOf(t, "claude-opus-5"))
	p.reads(0, 1, prompt("a!"), "")
	p.reads(1, 0, after(5*time.Minute-1, prompt("a!")), "just alive, and refreshed")
	p.reads(1, 0, after(10*time.Minute-2, prompt("a!")), "alive since it was read")
	p.reads(0, 1, after(15*time.Minute-2, prompt("a!")), "gone at the very end of its life")
	p.reads(0, 1, prompt("b!!"), "an hour")
	p.reads(1, 0, after(59*time.Minute, prompt("b!!")), "")
	p.reads(1, 0, after(118*time.Minute, prompt("b!")), "its life stays what it was written for")
	p.reads(0, 1, after(179*time.Minute, prompt("b!")), "")
}

func TestMarkedLifeCountsFromTheStart(t *testing.T) {
	p := play(t, rulesOf(t, "claude-opus-5"))
	slow := prompt("a!")
	slow.Answer = 4 * time.Minute
	p.reads(0, 1, slow, "")
	p.reads(0, 1, after(4*time.Minute-1, prompt("a!")), "not readable before the answer began")
	p = play(t, rulesOf(t, "claude-opus-5"))
	p.reads(0, 1, slow, "")
	p.reads(1, 0, after(4*time.Minute, prompt("a!")), "then it is")
	p = play(t, rulesOf(t, "claude-opus-5"))
	p.reads(0, 1, slow, "")
	p.reads(0, 1, after(5*time.Minute, prompt("a!")), "for one minute")
}

func TestMarkedRequestsAtTheSameTime(t *testing.T) {
	p := play(t, rulesOf(t, "claude-opus-5"))
	slow, quick := prompt("a!!"), prompt("a!")
	slow.Answer, quick.Answer = time.Minute, time.Second
	p.reads(0, 1, slow, "")
	p.reads(0, 1, quick, "both write: neither can read the other yet")
	p.reads(1, 0, after(time.Second, prompt("a!")), "readable since the quick one")
	p.reads(1, 0, after(59*time.Minute, prompt("a!")), "for as long as the longer life")
}

func TestMarkedLostRequestsLeaveNothing(t *testing.T) {
	p := play(t, rulesOf(t, "claude-opus-5"))
	p.reads(0, 1, prompt("a!"), "")
	lost := after(4*time.Minute, prompt("a! b!"))
	lost.Lost = true
	p.reads(1, 1, lost, "what would have been")
	p.reads(1, 1, after(4*time.Minute, prompt("a! b!")), "b is not there")
	p = play(t, rulesOf(t, "claude-opus-5"))
	p.reads(0, 1, prompt("a!"), "")
	p.reads(1, 1, lost, "")
	p.reads(0, 1, after(6*time.Minute, prompt("a!")), "and a was not refreshed")
}

func TestMarkedPrices(t *testing.T) {
	p := play(t, rulesOf(t, "claude-opus-5"))
	out := p.reads(0, 3, prompt("a!! b c! ~n"), "")
	assert.Equal(t, 1000, out.Long, "up to the mark for an hour")
	assert.InDelta(t, 1000*2+2000*1.25+1000, out.Cost, 1e-9)
	out = p.reads(1, 4, prompt("a!! b2 c!! d e!"), "")
	assert.Equal(t, 2000, out.Long, "from the hit on")
	assert.Equal(t, 1, out.Hit)
	assert.InDelta(t, 1000*0.1+2000*2+2000*1.25, out.Cost, 1e-9)
}

func TestMarkedRefuses(t *testing.T) {
	p := play(t, rulesOf(t, "claude-opus-5"))
	for _, words := range []string{"a! b! c! d! e!", "a! b!!"} {
		_, err := p.Send(prompt(words))
		require.ErrorIs(t, err, emulate.ErrRefused, words)
	}
	r := prompt("a! b! c! d! e")
	r.Implicit = true
	_, err := p.Send(r)
	require.ErrorIs(t, err, emulate.ErrRefused, "the automatic mark takes a slot")
	p.reads(0, 4, prompt("a! b! c! d!"), "refused requests left nothing")
}

func TestMarkedAutomaticMarkIsAtTheEnd(t *testing.T) {
	p := play(t, rulesOf(t, "claude-opus-5"))
	r := prompt("a b ~n")
	r.Implicit = true
	p.reads(0, 3, r, "the volatile tail is written")
	r = prompt("a b c ~n")
	r.Implicit = true
	p.reads(0, 4, r, "and nothing is read again")
}

func TestMarkedUnstated(t *testing.T) {
	base := rulesOf(t, "claude-opus-5")
	for _, c := range []struct {
		name     string
		unstated emulate.Unstated
		reads    [3]int // at 6 minutes: a alone, a b alone, a b c alone
	}{
		{"as the ledger", emulate.Unstated{}, [3]int{1, 1, 3}},
		{"inside of what was read is refreshed", emulate.Unstated{RefreshInside: true}, [3]int{1, 2, 3}},
		{"marked inside of it is not", emulate.Unstated{MarkIdle: true}, [3]int{0, 0, 3}},
	} {
		for k, words := range []string{"a!", "a b!", "a b c!"} {
			rules := base
			rules.Unstated = c.unstated
			p := play(t, rules)
			p.reads(0, 3, prompt("a! b! c!"), c.name)
			p.reads(3, 0, after(4*time.Minute, prompt("a! b c!")), c.name)
			out, err := p.Send(after(6*time.Minute, prompt(words)))
			require.NoError(t, err)
			assert.Equal(t, 1000*c.reads[k], out.Read, "%s: %s", c.name, words)
		}
	}
	for _, leaves := range []bool{false, true} {
		rules := base
		rules.Unstated.MarkLeaves = leaves
		p := play(t, rules)
		p.reads(0, 2, prompt("a b!"), "")
		p.reads(2, 0, prompt("a! b!"), "")
		out, err := p.Send(prompt("a! x"))
		require.NoError(t, err)
		assert.Equal(t, leaves, out.Read == 1000, "a mark inside of what was read left an entry: %v", leaves)
	}
}
