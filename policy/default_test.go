package policy_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/policy"
)

func keyed(key string, u policy.Unit) policy.Unit {
	u.Key = key
	return u
}

func TestBookkeepingIsDeadOnceItIsAnswered(t *testing.T) {
	pulled := result("context_pull", 90)
	pulled.Shows = []quire.UID{41}
	speaking := calls(30, result("mail_find", 50))
	speaking[0].Says = true
	v := log(user(10), // #1
		calls(5, result("mail_find", 50), result("context_drop", 6)), // #2 to #4: dead
		calls(5, result("mail_find", 50), result("run", 6)),          // has another call
		calls(5, pulled),                    // shows a body
		speaking,                            // says something
		calls(5),                            // no call
		calls(5, result("context_pull", 8)), // #13, #14: dead, it shows nothing
		fixed(calls(5, result("context_pin", 8))), // may not leave
		calls(5, result("run", 9)),                // the answer
		user(10),                                  //
	)
	assert.Empty(t, deadOf(policy.Default{}, v), "the turn goes on: the model would search again")
	v.Turn = 1
	assert.Equal(t, []quire.UID{2, 3, 4, 13, 14}, deadOf(policy.Default{}, v))
	assert.Contains(t, lines(policy.Default{}, v), "#2 dead bookkeeping\n")

	assert.Empty(t, deadOf(policy.Default{Bookkeeping: []string{}}, v))
	mine := log(append(v.Units[:0:0], v.Units[:10]...), user(1), user(1), user(1), user(1), user(1), user(1), calls(1, result("run", 5)), calls(1))
	mine.Turn = 1
	assert.Equal(t, []quire.UID{17, 18}, deadOf(policy.Default{Bookkeeping: []string{"run"}}, mine)[0:2])
}

func deadOf(p policy.Policy, v *policy.View) (out []quire.UID) {
	for x := range p.Victims(v) {
		if x.Dead {
			out = append(out, v.Units[x.Unit].UID)
		}
	}
	return out
}

// A second pull of what stands says only that it does: it replaces no content.
func TestAResultThatShowsIsReplacedByOneThatShows(t *testing.T) {
	shows := func(tokens int) policy.Unit {
		u := keyed("k", result("context_pull", tokens))
		u.Shows = []quire.UID{41}
		return u
	}
	said := keyed("k", result("context_pull", 6))
	v := log(calls(1, said), calls(1, shows(90)), calls(1, shows(80)), calls(1, said), user(1))
	assert.Equal(t, []quire.UID{2, 4}, deadOf(policy.Default{}, v), "#6 shows it, and #8 is the newest")
}

func TestOlderResultOfTheSameCallIsDead(t *testing.T) {
	stub := keyed("k", result("read", 5))
	stub.Stubbed = true
	v := log(calls(1, keyed("k", result("read", 50)), keyed("l", result("read", 60))), // #2 is old
		calls(1, stub, result("read", 7)),                           // #5 is a stub, #6 has no key
		calls(1, keyed("k", result("read", 55)), result("read", 8)), // #8 is old
		calls(1, keyed("k", result("read", 55))))
	v.Units[0].Key, v.Units[3].Key = "l", "j" // only results are looked at
	v.Units = append(v.Units, policy.Unit{Role: quire.RoleUser, Key: "k", Entry: 99}, policy.Unit{Role: quire.RoleUser, Key: "k", Entry: 100})
	assert.Equal(t, []quire.UID{2, 8}, deadOf(policy.Default{}, v))
	assert.Contains(t, lines(policy.Default{}, v), "#8 dead older result of the same call\n")
}

func TestEndedExchangesGoByUseAndTheCurrentOneLast(t *testing.T) {
	used := at(1, 2, calls(10, result("read", 100))) // #2, #3
	again := at(1, 8, calls(10, result("read", 100)))
	again[1].Refaults = 3 // #5: 8 calls ago, brought back three times
	v := log(at(1, 12, user(20)), used, again,
		at(2, 9, user(20)), at(2, 6, calls(10, result("read", 100))), // #6 to #8
		at(9, 4, user(20)), at(9, 4, calls(10, result("read", 100))), // #9 to #11
		at(9, 1, calls(10, result("read", 100)))) // #12, #13
	v.Budget = 10_000 // nothing is large
	assert.Equal(t, text(`
		#8 exchange ended, last used 6 calls ago
		#3 exchange ended, last used 2 calls ago
		#5 exchange ended, last used 8 calls ago
		#6 exchange ended, last used 6 calls ago
		#7 exchange ended, last used 6 calls ago
		#1 exchange ended, last used 2 calls ago
		#2 exchange ended, last used 2 calls ago
		#4 exchange ended, last used 2 calls ago
		#11 oldest
		#13 oldest
		#9 oldest
		#10 oldest
		#12 oldest
		`), lines(policy.Default{}, v))
}

func TestWhatWasStubbedBeforeGoesBeforeNewerResults(t *testing.T) {
	husk := func(turn uint64, idle int) []policy.Unit {
		g := at(turn, idle, calls(10, result("read", 5)))
		g[1].Stubbed = true
		return g
	}
	v := log(at(1, 9, user(20)), husk(1, 7), // #1 to #3, last used 7 calls ago
		at(2, 8, user(20)), at(2, 8, calls(10, result("read", 100))), // #4 to #6
		husk(9, 5), at(9, 1, calls(10, result("read", 100)))) // #7, #8; #9, #10
	v.Budget = 10_000 // nothing is large
	assert.Equal(t, text(`
		#6 exchange ended, last used 8 calls ago
		#1 exchange ended, last used 7 calls ago
		#2 exchange ended, last used 7 calls ago
		#3 exchange ended, last used 7 calls ago
		#4 exchange ended, last used 8 calls ago
		#5 exchange ended, last used 8 calls ago
		#7 oldest
		#8 oldest
		#10 oldest
		#9 oldest
		`), lines(policy.Default{}, v))
}

func TestLargeMailShrinksBeforeItsExchangeLeaves(t *testing.T) {
	short := at(2, 7, user(200))
	short[0].Short = true
	mine := at(1, 9, calls(500)) // the agent's own words never shrink
	note := at(9, 1, user(900))  // nor what it noted
	note[0].Kind = quire.KindNote
	v := log(at(1, 20, user(201)), at(1, 9, user(200)), mine, // #1 to #3
		short,                                         // #4: an excerpt already
		at(3, 3, user(900)),                           // #5
		at(9, 1, user(900)), at(9, 1, user(50)), note) // #6 to #8: going on
	v.Budget = 10_000
	got := map[quire.UID]int{}
	for x := range (policy.Default{}).Victims(v) {
		got[v.Units[x.Unit].UID] = x.Keep
	}
	assert.Equal(t, map[quire.UID]int{1: 100, 2: 0, 3: 0, 4: 0, 5: 900 / 8, 6: 900 / 8, 7: 0, 8: 0}, got)
	assert.Equal(t, text(`
		#1 exchange ended, last used 20 calls ago
		#5 exchange ended, last used 3 calls ago
		#4 exchange ended, last used 7 calls ago
		#2 exchange ended, last used 9 calls ago
		#3 exchange ended, last used 9 calls ago
		#6 oldest
		#7 oldest
		#8 oldest
		`), lines(policy.Default{}, v))
}

func TestGroupsOfNoKnownTurnAreExchangesOfTheirOwn(t *testing.T) {
	v := log(at(0, 1, user(20)), at(0, 5, user(20)), at(9, 7, user(20)))
	assert.Equal(t, "#2 exchange ended, last used 5 calls ago\n#1 exchange ended, last used 1 call ago\n#3 oldest\n", lines(policy.Default{}, v))
}

func TestExchangesWithNothingToStubWaitForTheSecondStage(t *testing.T) {
	half := at(2, 30, calls(10, result("read", 5), result("read", 100)))
	half[1].Stubbed = true        // #5 is a stub, #6 not
	v := log(at(1, 50, user(20)), // #1: only talk
		at(3, 40, user(20)), at(1, 45, user(20)), // #2; #3 goes with #1
		half,                                     // #4 to #6
		at(4, 2, calls(10, result("read", 100)))) // #7, #8
	v.Budget = 10_000 // nothing is large
	assert.Equal(t, text(`
		#6 exchange ended, last used 30 calls ago
		#8 exchange ended, last used 2 calls ago
		#4 exchange ended, last used 30 calls ago
		#5 exchange ended, last used 30 calls ago
		#1 exchange ended, last used 45 calls ago
		#3 exchange ended, last used 45 calls ago
		#2 exchange ended, last used 40 calls ago
		#7 exchange ended, last used 2 calls ago
		`), lines(policy.Default{}, v))
}

func TestAGroupWithOneWholeResultIsNotSpent(t *testing.T) {
	half := calls(10, result("read", 5), result("read", 100))
	half[1].Stubbed = true
	assert.Equal(t, "#2 oldest\n#5 oldest\n#1 oldest\n#3 oldest\n#4 oldest\n",
		lines(policy.Default{}, log(calls(1, result("read", 9)), half)))
}

func TestFourTimesTheSizeMakesUpForTwiceTheIdleness(t *testing.T) {
	order := func(size int) string {
		return lines(policy.Default{}, log(at(1, 9, user(100)), at(2, 19, user(size)), user(1)))
	}
	assert.Equal(t, "#2 exchange ended, last used 19 calls ago\n#1 exchange ended, last used 9 calls ago\n#3 oldest\n", order(26))
	assert.Equal(t, "#1 exchange ended, last used 9 calls ago\n#2 exchange ended, last used 19 calls ago\n#3 oldest\n", order(24))
}
