package compose_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/policy"
)

// talk is a session over a growing conversation of one sentence after the other.
type talk struct {
	t      *testing.T
	state  compose.State
	now    time.Time
	items  map[quire.MessageID]quire.Item
	fresh  []quire.Item
	budget int
}

func newTalk(t *testing.T) *talk {
	return &talk{t: t, now: time.Unix(1_800_000_000, 0).UTC(), items: map[quire.MessageID]quire.Item{}, budget: 100_000}
}

func (k *talk) say(kind quire.Kind, s string) {
	n := quire.UID(len(k.items) + 1)
	it := quire.Item{Delivery: quire.Delivery{UID: n, Self: kind == quire.KindTurn}}
	it.ID, it.Kind, it.From, it.Parts = quire.MessageID("m"+n.String()), kind, "mia", []quire.Part{quire.Text{Text: s}}
	k.items[it.ID] = it
	k.fresh = append(k.fresh, it)
}

func (k *talk) plan(model string, change ...func(*compose.Input)) (*compose.Plan, error) {
	cost := compose.CostOf("claude-opus-5")
	in := compose.Input{State: k.state, Now: k.now, Arrived: k.fresh, Budget: k.budget,
		Model: models.Profile{Name: model, Cache: cost, Dialect: models.Dialect{API: quire.APIOpenAIChat, LoopEvict: models.LoopGroups, Marks: 4}},
		Body:  func(id quire.MessageID) (quire.Item, bool) { it, ok := k.items[id]; return it, ok }}
	for _, f := range change {
		f(&in)
	}
	return compose.New(&compose.Options{Policy: policy.Value{Miss: 2}}).Plan(in) // what lives stays
}

// call asks a model, whose provider counts times hundredths of what we do.
func (k *talk) call(model string, hundredths int) *compose.Plan {
	k.t.Helper()
	k.say(quire.KindMail, strings.Repeat("Some words about this and that. ", 80))
	plan, err := k.plan(model)
	require.NoError(k.t, err)
	k.state, k.fresh = plan.Next.Learn(plan.Mix, plan.Used*hundredths/100), nil
	k.say(quire.KindTurn, "Yes, I see.")
	k.now = k.now.Add(time.Minute)
	// A state as a store gives it back.
	k.state = reload(k.t, k.state)
	return plan
}

func TestEachModelHasItsOwnCalibration(t *testing.T) {
	k := newTalk(t)
	for range 6 {
		k.call("a", 140)
	}
	assert.Equal(t, "a", k.state.Model())
	a := *k.state.Calibration()
	for range 6 {
		k.call("b", 90)
	}
	last := k.call("b", 90)
	assert.InEpsilon(t, last.Used*90/100, last.Estimate, 0.02)
	assert.Equal(t, a, *k.state.ForModel("a").Calibration(), "kept while another one was called")
	back := k.call("a", 140)
	assert.InEpsilon(t, back.Used*140/100, back.Estimate, 0.1)
	assert.GreaterOrEqual(t, back.Bound, back.Estimate)
}

func TestGoingBackToAModelWithinItsCachesLifeIsWarm(t *testing.T) {
	k := newTalk(t)
	for range 4 {
		k.call("a", 100)
	}
	cold := k.call("b", 100)
	assert.True(t, cold.Cold)
	assert.Zero(t, cold.Bill.Read, "another provider has read nothing of it")
	back := k.call("a", 100)
	assert.False(t, back.Cold)
	assert.Positive(t, back.Bill.Read, "its cache still has what it was sent")
	assert.Zero(t, back.Kept, "but the call before was of another model")
	assert.Equal(t, back.Used, back.Mix.New)

	k.call("b", 100)
	k.now = k.now.Add(time.Hour)
	assert.True(t, k.call("a", 100).Cold, "after its life the cache is empty")
}

func TestFewModelsAreRemembered(t *testing.T) {
	k := newTalk(t)
	for _, m := range []string{"a", "b", "c", "d", "e", "b"} {
		k.call(m, 110)
	}
	var names []string
	for _, o := range k.state.Others() {
		names = append(names, o.Model)
	}
	assert.Equal(t, []string{"c", "d", "e"}, names)
	assert.Zero(t, k.state.ForModel("a").Calibration().N(), "forgotten")
}

func TestAStateOfTheFirstFormatIsRead(t *testing.T) {
	var st compose.State
	err := st.UnmarshalBinary([]byte(`{"v":1,"call":7,"turn":2,"seq":9,"ledger":{},` +
		`"calibration":{"v":1,"n":40,"ratio":1.25,"spread":0.02,"weight":32},"stable":"` + strings.Repeat("00", 32) + `"}`))
	require.NoError(t, err)
	assert.EqualValues(t, 7, st.Calls())
	k := newTalk(t)
	k.state, k.budget = st, 10_000
	plan := k.call("a", 125)
	assert.Greater(t, plan.Estimate, plan.Used*12/10, "what was learned holds for the model that is called next")
	assert.ErrorContains(t, new(compose.State).UnmarshalBinary([]byte(`{"v":4}`)), "format 4")
}

// TestABudgetIsHeldByTheBound: with a provider that counts more, what leaves makes
// its count fit, not ours.
func TestABudgetIsHeldByTheBound(t *testing.T) {
	k := newTalk(t)
	k.budget = 8000
	for i := range 40 {
		plan := k.call("a", 150)
		assert.LessOrEqual(t, plan.Bound, k.budget)
		if i > 0 {
			assert.LessOrEqual(t, plan.Used*150/100, plan.Bound)
		}
	}
}

func TestAPlanSaysWhenACountWouldHelp(t *testing.T) {
	k := newTalk(t)
	for range 8 {
		k.call("a", 120)
	}
	k.say(quire.KindMail, strings.Repeat("More words of some kind or other. ", 80))
	k.budget = 100_000
	plan, err := k.plan("a")
	require.NoError(t, err)
	assert.False(t, plan.Unsure, "far from the limit")
	k.budget = (plan.Estimate + plan.Bound) / 2
	plan, err = k.plan("a")
	require.NoError(t, err)
	assert.True(t, plan.Unsure)
	assert.NotEmpty(t, plan.CutReason)
	likely, err := k.plan("a", func(in *compose.Input) { in.ByEstimate = true })
	require.NoError(t, err)
	assert.Empty(t, likely.CutReason)
	assert.LessOrEqual(t, likely.Estimate, k.budget)
	assert.Greater(t, likely.Bound, k.budget)
	// The provider counted it, and it is too much.
	k.state = k.state.LearnAhead(likely, k.budget+50)
	again, err := k.plan("a")
	require.NoError(t, err)
	assert.NotEmpty(t, again.CutReason)
	assert.Less(t, again.Mix.New, likely.Mix.New, "what stood in the counted prompt is not new")
	k.budget = likely.Estimate / 2
	plan, err = k.plan("a")
	require.NoError(t, err)
	assert.False(t, plan.Unsure, "it does not fit anyway")
}

// Some gateways report the tokens of all calls together. By that no prompt would fit.
func TestAReportThatCantBeRightStopsNothing(t *testing.T) {
	for _, times := range []int{10, 30, 60} {
		k := newTalk(t)
		k.budget = 3_000
		for range 30 {
			k.call("m", 100*times)
		}
		k.say(quire.KindMail, "What is the way to the station?")
		plan, err := k.plan("m")
		require.NoError(t, err)
		newest := plan.Prompt.Messages[len(plan.Prompt.Messages)-1]
		assert.Contains(t, quire.PlainText(newest.Parts), "the way to the station?", "%d times", times)
	}
}

// What a session sends last is what is asked now: no report has it cut to nothing.
func TestAReportThatCantBeRightCutsNoQuestion(t *testing.T) {
	for _, times := range []int{2, 10, 30, 60} {
		s := compose.NewSession(models.Profile{Name: "m"}, &compose.SessionOptions{Budget: 2_000, System: "Help."})
		var list []quire.PromptMessage
		said := false
		for i := range 20 {
			question := fmt.Sprintf("Question %d: %s", i, strings.Repeat("some words about things ", 30))
			list = append(list, quire.PromptMessage{Role: quire.RoleUser, Parts: []quire.Part{quire.Text{Text: question}}})
			plan, err := s.Next(list)
			require.NoError(t, err)
			newest := plan.Prompt.Messages[len(plan.Prompt.Messages)-1]
			assert.Equal(t, question, quire.PlainText(newest.Parts), "call %d, %d times", i, times)
			assert.LessOrEqual(t, plan.Used, 2_000)
			for _, p := range plan.Problems {
				said = said || strings.Contains(p, "more than any tokenizer makes of it")
			}
			require.NoError(t, s.Sent(plan, quire.Usage{Input: plan.Used * times}))
			list = append(list, quire.PromptMessage{Role: quire.RoleAssistant, Parts: []quire.Part{quire.Text{Text: "An answer."}}})
		}
		assert.Equal(t, times > 4, said, "%d times", times)
	}
}
