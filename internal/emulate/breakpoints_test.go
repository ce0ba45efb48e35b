package emulate_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/quire-dev/quire/internal/emulate"
)

// implicit lets the provider place a breakpoint too.
func implicit(r *emulate.Request) *emulate.Request {
	r.Implicit = true
	return r
}

func TestBreakpointsAreReadExactly(t *testing.T) {
	rules := rulesOf(t, "gpt-6")
	rules.Cost.MinPrefix = 1000
	p := play(t, rules)
	p.reads(0, 3, prompt("a b! c!"), "")
	p.reads(3, 1, prompt("a b c! d!"), "c was written")
	p.reads(0, 4, prompt("a b c e!"), "no look-back from a breakpoint")
	p.reads(2, 2, prompt("a b! c f!"), "only at the request's own breakpoints")
	p.reads(0, 0, prompt("a b c d"), "without one nothing is read or written")
	p.reads(0, 1, prompt("x!"), "")
}

func TestBreakpointsLiveHalfAnHour(t *testing.T) {
	rules := rulesOf(t, "gpt-6")
	p := play(t, rules)
	p.reads(0, 2, prompt("a b!"), "")
	p.reads(2, 0, after(29*time.Minute, prompt("a b!")), "")
	p.reads(2, 0, after(58*time.Minute, prompt("a b!")), "since the last use")
	p.reads(0, 2, after(88*time.Minute, prompt("a b!")), "")
	p.reads(0, 0, prompt("a!"), "1000 of at least 1024")
}

func TestBreakpointsWritesTheLatestFour(t *testing.T) {
	rules := rulesOf(t, "gpt-6")
	p := play(t, rules)
	p.reads(0, 6, prompt("a b! c! d! e! f!"), "five are no error")
	p.reads(3, 3, prompt("a b! c! x y z!"), "the latest four were written: c, d, e, f")
	p.reads(0, 4, prompt("a b! k l!"), "b was not")
	p = play(t, rules)
	p.reads(0, 6, implicit(prompt("s | b! c! d! e! f")), "")
	p.reads(0, 2, prompt("s | b!"), "in implicit mode three, and the placed one: b was not written")
	p.reads(3, 0, prompt("s | b c!"), "c was")
	p.reads(6, 0, prompt("s | b c d e f!"), "and the end")
}

func TestBreakpointsLooksUpTheFirstTwoAndTheLatestFifty(t *testing.T) {
	for marks, want := range map[int]int{52: 5000, 53: 4000} {
		p := play(t, rulesOf(t, "gpt-6"))
		p.reads(0, 5, prompt("a b c! d! e!"), "")
		out, err := p.Send(prompt("a b c! d! e!" + strings.Repeat(" x!", marks-3)))
		assert.NoError(t, err)
		assert.Equal(t, want, out.Read, "e is the third of %d", marks)
	}
}

func TestBreakpointsPlacedAtTheLatestMessage(t *testing.T) {
	rules := rulesOf(t, "gpt-6")
	for _, c := range []struct {
		name, first, then string
		reads             int
	}{
		{"the end of a user message", "a b", "a b c:x", 2},
		{"not behind a call", "a c:x", "a c:x c:y", 0},
		{"the last of a group of results", "a c:x c:y r:1 r:2", "a c:x c:y r:1 r:2 c:z", 5},
		{"not the first of it", "a c:x c:y r:1", "a c:x c:y r:1 r:2", 0},
		{"an earlier message end is looked up", "a b", "a b c d", 2},
		{"the end of the first developer messages", "s t | c:x", "s t | c:y", 2},
		{"of these however many messages follow", "s t | c:x", "s t |" + strings.Repeat(" x", 30), 2},
	} {
		p := play(t, rules)
		_, err := p.Send(implicit(prompt(c.first)))
		assert.NoError(t, err)
		out, err := p.Send(implicit(prompt(c.then)))
		assert.NoError(t, err)
		assert.Equal(t, 1000*c.reads, out.Read, c.name)
	}
}

func TestBreakpointsLooksUpTwentyEarlierEnds(t *testing.T) {
	rules := rulesOf(t, "gpt-6")
	for more, want := range map[int]int{20: 2000, 21: 0} {
		p := play(t, rules)
		p.reads(0, 2, implicit(prompt("a b")), "")
		out, err := p.Send(implicit(prompt("a b" + strings.Repeat(" x", more))))
		assert.NoError(t, err)
		assert.Equal(t, want, out.Read, "%d messages on", more)
	}
}

func TestBreakpointsOneMessageOfManyBlocksIsOneEnd(t *testing.T) {
	p := play(t, rulesOf(t, "gpt-6"))
	r := prompt("a b c d")
	for i := range r.Segments {
		r.Segments[i].Message = i / 2
	}
	p.reads(0, 4, implicit(r), "")
	p.reads(0, 3, implicit(prompt("a b c")), "no entry ends inside of the second message")
}
