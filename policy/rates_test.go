package policy_test

import (
	"iter"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/policy"
)

// lives makes units that are used with a rate, by who wrote them, uses and what is latest.
func lives(seed uint64, rate func(own bool, u *policy.Unit) float64, names int) iter.Seq2[policy.Unit, bool] {
	return func(yield func(policy.Unit, bool) bool) {
		r := rand.New(rand.NewPCG(seed, 1))
		for i := range 8000 {
			u := policy.Unit{Role: quire.RoleTool, Tokens: 64, Names: names}
			if i%2 == 0 {
				u.Role = quire.RoleAssistant
			}
			u.Latest = []int{0, 1, 2, 5, 40}[r.IntN(5)] * min(names, 1)
			for range 60 {
				used := r.Float64() < rate(i%2 == 0, &u)/float64(u.Idle+1)*0.9
				if !yield(u, used) {
					return
				}
				if u.Idle++; used {
					u.Idle, u.Uses = 0, u.Uses+1
				}
			}
		}
	}
}

// What was made with a rate is fitted with it, by who wrote it, uses and what is latest.
func TestFitRatesFindsWhatWasMade(t *testing.T) {
	made := func(own bool, u *policy.Unit) float64 {
		rate := 0.2
		if own {
			rate = 0.1
		}
		if u.Uses > 0 && u.Idle > 0 {
			rate *= 2
		}
		if u.Latest >= 32 {
			rate *= 1.5
		}
		if u.Latest == 0 {
			rate /= 4
		}
		return rate
	}
	got := policy.FitRates(lives(7, made, 64))
	assert.InEpsilon(t, 2, got.Given.Uses[1]*got.Given.Latest[2]/(got.Own.Uses[1]*got.Own.Latest[2]), 0.15)
	assert.InEpsilon(t, 2, got.Given.Uses[3]/got.Given.Uses[1], 0.2, "used before")
	assert.InEpsilon(t, 1, got.Given.Uses[0]/got.Given.Uses[2], 0.4, "new, or used just now, and as likely")
	assert.InEpsilon(t, 1, got.Given.Latest[3]/got.Given.Latest[1], 0.2)
	assert.InEpsilon(t, 1.5, got.Own.Latest[6]/got.Own.Latest[1], 0.15)
	assert.InEpsilon(t, 0.25, got.Own.Latest[0]/got.Own.Latest[1], 0.15)
}

// What holds no names counts for nothing: it can't be seen used.
func TestFitRatesPassesOverWhatCantBeSeen(t *testing.T) {
	always := func(bool, *policy.Unit) float64 { return 0.5 }
	nothing := policy.FitRates(func(func(policy.Unit, bool) bool) {})
	assert.Equal(t, nothing, policy.FitRates(lives(1, always, 0)))
	assert.NotEqual(t, nothing, policy.FitRates(lives(1, always, 64)))
}

// Own rates are those of what the model said, and no other.
func TestRatesAreOfWhoWroteIt(t *testing.T) {
	rates := policy.Rates{Own: policy.Rate{Uses: [4]float64{1, 1, 1, 1}, Latest: [7]float64{1, 1, 1, 1, 1, 1, 1}}}
	rates.Given.Uses, rates.Given.Latest = [4]float64{}, [7]float64{}
	v := worn(3)
	for x := range (policy.Value{Rates: rates}).Victims(v) {
		u := &v.Units[x.Unit]
		assert.Equal(t, u.Role == quire.RoleAssistant, x.Reason[:2] != "0%", x.Reason)
	}
}
