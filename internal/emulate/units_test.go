package emulate_test

import (
	"testing"
	"time"
)

func TestUnitsEndWithTheRequest(t *testing.T) {
	p := play(t, rulesOf(t, "deepseek-v4-pro"))
	p.reads(0, 0, prompt("a b"), "nothing is billed for writing")
	p.reads(2, 0, prompt("a b c d"), "a whole unit")
	p.reads(0, 0, prompt("x"), "")
}

func TestUnitsAreReadWholeOnly(t *testing.T) {
	p := play(t, rulesOf(t, "deepseek-v4-pro"))
	p.reads(0, 0, prompt("a b c"), "")
	p.reads(0, 0, prompt("a b x"), "half of a unit is nothing, but now it is seen that they share a b")
	p.reads(2, 0, prompt("a b y"), "and the third request reads it")
	p.reads(0, 0, prompt("a z"), "a alone was never where two parted")
	p.reads(1, 0, prompt("a w"), "now it is")
}

func TestUnitsOfARequestWithATail(t *testing.T) {
	p := play(t, rulesOf(t, "deepseek-v4-pro"))
	p.reads(0, 0, prompt("a ~n"), "")
	p.reads(0, 0, prompt("a b ~m"), "the unit ends behind the tail")
	p.reads(1, 0, prompt("a b c ~k"), "one call late")
	p.reads(2, 0, prompt("a b c d ~j"), "")
}

func TestUnitsEndWithTheReply(t *testing.T) {
	p := play(t, rulesOf(t, "deepseek-v4-pro"))
	r := prompt("a b")
	r.Reply = prompt("q").Segments
	p.reads(0, 0, r, "")
	p.reads(3, 0, prompt("a b q c"), "the answer is part of a unit")
	p.reads(3, 0, prompt("a b q"), "")
}

func TestUnitsAtAnInterval(t *testing.T) {
	rules := rulesOf(t, "deepseek-v4-pro")
	rules.Interval = 2000
	p := play(t, rules)
	p.reads(0, 0, prompt("a b c d e"), "")
	p.reads(2, 0, prompt("a b c x"), "down to the interval")
	p.reads(3, 0, prompt("a b c y"), "or where they part")
}

func TestUnitsLive(t *testing.T) {
	p := play(t, rulesOf(t, "deepseek-v4-pro"))
	p.reads(0, 0, prompt("a b"), "")
	p.reads(2, 0, after(59*time.Minute, prompt("a b c")), "")
	p.reads(2, 0, after(118*time.Minute, prompt("a b d")), "since the last use; c is another")
	p.reads(0, 0, after(178*time.Minute, prompt("a b")), "")
	p.reads(0, 0, prompt("d e"), "")
	p.reads(2, 0, after(40*time.Minute, prompt("d e f g")), "")
	p.reads(2, 0, after(80*time.Minute, prompt("d e f x")), "it shares more, and refreshes what it reads")
	p.reads(2, 0, after(110*time.Minute, prompt("d e y")), "")
	lost := prompt("l m")
	lost.Lost = true
	p.reads(0, 0, lost, "")
	p.reads(0, 0, prompt("l m"), "lost requests leave nothing")
}
