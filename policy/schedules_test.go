package policy_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/quire-dev/quire/policy"
)

func next(s policy.Schedule, v *policy.View) policy.Cut {
	return s.Next(v, slices.Collect(policy.OldestFirst.Victims(v)))
}

// over sets the budget so that n tokens are too many.
func over(n int, v *policy.View) *policy.View {
	v.Budget, v.Over = v.Used-n, n
	return v
}

func units(cut policy.Cut) (out []int) {
	for _, x := range cut.Live {
		out = append(out, x.Unit)
	}
	return out
}

// aged is 500 tokens: user 100, dead user 50, an assistant and its result 110,
// dead user 40, user 200.
func aged() *policy.View {
	return log(user(100), dead(user(50)), calls(10, result("read", 100)), dead(user(40)), user(200))
}

func TestStrictLetsJustEnoughGo(t *testing.T) {
	for _, c := range []struct {
		over int
		at   int
		live []int
	}{
		{0, 6, nil},
		{1, 4, nil},  // the last dead one is enough
		{40, 4, nil}, // exactly
		{41, 1, nil}, // both dead ones
		{90, 1, nil},
		{91, 0, []int{0}},        // and the oldest that lives
		{191, 0, []int{0, 2, 3}}, // the call is named with its result: the group leaves whole
		{300, 0, []int{0, 2, 3}},
		{301, 0, []int{0, 2, 3, 5}},
		{9999, 0, []int{0, 2, 3, 5}},
	} {
		cut := next(policy.Strict{}, over(c.over, aged()))
		assert.Equal(t, c.at, cut.At, "over %d", c.over)
		assert.Equal(t, c.live, units(cut), "over %d", c.over)
		assert.Equal(t, c.over > 0, cut.Reason != "")
		assert.Zero(t, cut.Target)
	}
}

func TestStrictNamesACallOnlyWithAllItsResults(t *testing.T) {
	v := over(60, log(calls(10, result("a", 60), result("b", 60)), user(1)))
	cut := next(policy.Strict{}, v)
	assert.Equal(t, []int{0, 1, 2}, units(cut), "the last result takes the group along")

	v = over(55, log(calls(10, result("a", 60), result("b", 60)), user(1)))
	cut = next(policy.Strict{}, v)
	assert.Equal(t, []int{1}, units(cut))
	assert.Equal(t, 1, cut.At)
}

func TestWatermarkRestsAndThenCutsDeep(t *testing.T) {
	v := aged()
	assert.Equal(t, policy.Cut{At: 6}, next(policy.Watermark{}, v), "all fits, though something is dead")

	cut := next(policy.Watermark{}, over(1, aged())) // down to 249 of 499
	assert.Equal(t, 0, cut.At)
	assert.Equal(t, []int{0, 2, 3}, units(cut), "250 tokens: 90 dead, 100, and the group")
	assert.Equal(t, 249, cut.Target)
	assert.Equal(t, "over the high mark", cut.Reason)

	cut = next(policy.Watermark{Low: 0.9}, over(1, aged())) // down to 449
	assert.Equal(t, 1, cut.At, "what is dead is enough, and all of it leaves")
	assert.Empty(t, cut.Live)

	v = aged()
	v.Budget, v.Over = 600, -100
	assert.Equal(t, 6, next(policy.Watermark{High: 0.9}, v).At)
	cut = next(policy.Watermark{High: 0.8, Low: 0.7}, v) // over 480; down to 420
	assert.Equal(t, 1, cut.At)
	assert.Equal(t, 420, cut.Target)
}

func TestWatermarkTakesWhatIsDeadFromAColdCache(t *testing.T) {
	v := aged()
	v.Cold = true
	cut := next(policy.Watermark{}, v)
	assert.Equal(t, policy.Cut{At: 1, Reason: "cache is cold"}, cut)

	v = log(user(10), user(10))
	v.Cold = true
	assert.Equal(t, policy.Cut{At: 2}, next(policy.Watermark{}, v), "nothing is dead")
}

func TestWatermarkFreesWhatIsOverEvenIfLowIsHigher(t *testing.T) {
	v := aged()
	v.Budget, v.Over = 500, 300 // tombstones need room that Used does not show
	cut := next(policy.Watermark{Low: 1}, v)
	assert.Equal(t, 200, cut.Target)
	assert.Equal(t, []int{0, 2, 3}, units(cut))
}

func TestWatermarkLevels(t *testing.T) {
	nan := 0.0
	nan /= nan
	for _, w := range []policy.Watermark{{High: -1, Low: 7}, {High: nan, Low: nan}, {High: 2}} {
		assert.Equal(t, policy.Name(policy.Watermark{}), policy.Name(w))
	}
	assert.Equal(t, "watermark 0.4 to 0.4", policy.Name(policy.Watermark{High: 0.4}))
}

func TestDeadVictimsOfThePolicyLeaveLikeMarkedOnes(t *testing.T) {
	v := over(20, log(user(10), calls(5, result("mail_find", 50)), calls(5, result("run", 9))))
	v.Turn = 1 // what is there has ended
	victims := slices.Collect(policy.Default{}.Victims(v))
	cut := policy.Strict{}.Next(v, victims)
	assert.Equal(t, policy.Cut{At: 2, Reason: "over budget"}, cut, "bookkeeping is dead: the result is enough")
	assert.Equal(t, 1, policy.Watermark{}.Next(v, victims).At, "the whole group")
}
