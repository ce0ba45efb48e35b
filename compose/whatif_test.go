package compose_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/internal/raced"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/policy"
)

// fallible is a life with two models, either of which may fail.
type fallible struct {
	*lived
	models map[string]compose.Input // what is each model's own, by name
}

// liveFallibly draws a life in which calls fail, fall back on another model, and are
// reported on.
func liveFallibly(t *rapid.T) *fallible {
	f := &fallible{lived: &lived{world: newWorld(t)}, models: map[string]compose.Input{}}
	other := rapid.SampledFrom(targets()).Draw(t, "other")
	names := []string{f.base.Model.Name, other.model + " too"}
	f.models[names[0]] = f.base
	f.models[names[1]] = compose.Input{
		Model: models.Profile{Name: names[1], Cache: rapid.SampledFrom(compose.Costs()).Draw(t, "other price"), Dialect: models.FindOver(other.api, other.model).Dialect}}
	system := f.base.System
	for range rapid.IntRange(1, 10).Draw(t, "steps") {
		f.happen()
		f.base.System = system
		own := f.models[rapid.SampledFrom(names).Draw(t, "model")]
		f.base.Model = own.Model
		f.step(t)
	}
	return f
}

// step makes one call.
func (f *fallible) step(t *rapid.T) {
	in := f.input()
	plan, err := f.composer.Plan(in)
	if err == nil && rapid.IntRange(0, 3).Draw(t, "counted ahead") == 0 {
		in.State = in.State.LearnAhead(plan, plan.Used*120/100)
		plan, err = f.composer.Plan(in)
	}
	var budget *compose.BudgetError
	switch {
	case errors.As(err, &budget):
		f.base.Budget = 2*budget.Need + 100
		return
	case err != nil:
		return
	case rapid.IntRange(0, 2).Draw(t, "fails") == 0:
		f.state = reload(t, plan.Failed("", 0))
		return
	}
	b, err := plan.Receipt().Encode()
	require.NoError(t, err)
	r, err := compose.DecodeReceipt(b)
	require.NoError(t, err)
	f.plans, f.receipts = append(f.plans, plan), append(f.receipts, r)
	f.state, f.arrived = reload(t, plan.Next), nil
	if rapid.Bool().Draw(t, "reported") {
		read := rapid.SampledFrom([]int{0, 1, plan.Bill.Read / 3, plan.Bill.Read}).Draw(t, "read")
		f.state = f.state.Report(plan, quire.Usage{Input: plan.Used * 110 / 100, CachedInput: read})
	}
}

// aim gives each call what is its model's own.
func (f *fallible) aim(was compose.Setup, in *compose.Input) {
	own := f.models[was.Model]
	in.Model = own.Model
}

// TestReplayOfCallsThatFailed: the same rules give the same digests, bills, states and
// receipts, whatever failed and whoever stood in.
func TestReplayOfCallsThatFailed(rt *testing.T) {
	failed, fell := 0, 0
	rapid.Check(rt, func(t *rapid.T) {
		f := liveFallibly(t)
		again := f.replay()
		again.Aim = f.aim
		n := 0
		for r, err := range again.Run(each(f.receipts)) {
			require.NoError(t, err)
			want := f.plans[n]
			r.Plan.Prompt.Notice = want.Prompt.Notice
			require.Equal(t, want.Prompt, r.Plan.Prompt)
			require.Equal(t, stored(t, want.Next), stored(t, r.Plan.Next))
			require.Equal(t, want.Bill, r.Plan.Bill)
			got, err := r.Plan.Receipt().Encode()
			require.NoError(t, err)
			was, err := want.Receipt().Encode()
			require.NoError(t, err)
			require.Equal(t, string(was), string(got))
			require.Equal(t, want.Prompt.Model, r.Setup.Model)
			require.Len(t, r.Failed, len(r.Was.Taken().Failed))
			failed += len(r.Failed)
			if len(r.Failed) > 0 && r.Was.Taken().Failed[0].Setup.Model != r.Setup.Model {
				fell++
			}
			n++
		}
		require.Len(t, f.plans, n)
	})
	assert.Positive(rt, failed)
	assert.Positive(rt, fell)
}

// TestReplayWithoutTheSystemPrompt: where system and tools are not at hand their size
// stands for them, and digests, bills and decisions are the same.
func TestReplayWithoutTheSystemPrompt(rt *testing.T) {
	rapid.Check(rt, func(t *rapid.T) {
		f := liveFallibly(t)
		again := f.replay()
		again.Aim = f.aim
		again.Input.System, again.Input.Tools, again.Input.Head = "", nil, nil
		for r, err := range again.Run(each(f.receipts)) {
			if len(f.base.Head) > 0 { // what stands in it is not known as such: a pull of it shows it again
				var full *compose.BudgetError
				require.True(t, err == nil || errors.As(err, &full), "%v", err)
				continue
			}
			require.NoError(t, err)
			got := r.Plan.Receipt()
			require.Equal(t, r.Was.Prompt, got.Prompt)
			require.Equal(t, r.Was.Decisions, got.Decisions)
			require.Equal(t, r.Was.Bill, got.Bill)
			if got.Setup != nil {
				require.Equal(t, r.Setup.Parts, got.Setup.Parts)
			}
		}
	})
}

// TestOldReceiptsReplay: receipts that know neither setups nor failures, and states from
// before, open and give the same plans.
func TestOldReceiptsReplay(t *testing.T) {
	s := newScript(t)
	for _, line := range []string{"budget 4000", "mail 1 from=mia: One. {45 words}"} {
		require.NoError(t, s.run(line), line)
	}
	in := s.in
	in.State, in.Now, in.Arrived, in.Body = s.state, s.now, s.arrived, s.body
	plan, err := compose.New(nil).Plan(in)
	require.NoError(t, err)
	b, err := plan.Receipt().Encode()
	require.NoError(t, err)
	var fields map[string]any
	require.NoError(t, json.Unmarshal(b, &fields))
	require.Contains(t, fields, "setup")
	delete(fields, "setup")
	delete(fields, "prompt")
	b, err = json.Marshal(fields)
	require.NoError(t, err)
	old, err := compose.DecodeReceipt(b)
	require.NoError(t, err)
	again := compose.Replay{Input: in, Item: func(uid quire.UID) (quire.Item, bool) { return s.arrived[0], uid == s.arrived[0].UID }}
	for r, err := range again.Run(each([]compose.Receipt{old})) {
		require.NoError(t, err)
		assert.Equal(t, written(plan), written(r.Plan))
		assert.Zero(t, r.Setup)
	}
	b, err = plan.Next.MarshalBinary()
	require.NoError(t, err)
	at := bytes.Index(b, []byte(`{"v":3`))
	require.Positive(t, at)
	var state map[string]any
	require.NoError(t, json.Unmarshal(b[at:], &state))
	require.Contains(t, state, "asked")
	delete(state, "asked")
	asked, err := json.Marshal(state)
	require.NoError(t, err)
	var before compose.State
	require.NoError(t, before.UnmarshalBinary(append(b[:at], asked...)))
	assert.Zero(t, before.Asked())
	assert.Equal(t, plan.Next.Ledger(), before.Ledger())
}

// TestManyFailuresInARow: an outage does not make the state grow for ever.
func TestManyFailuresInARow(t *testing.T) {
	s := newScript(t)
	for _, line := range []string{"budget 4000", "mail 1 from=mia: One. {45 words}"} {
		require.NoError(t, s.run(line), line)
	}
	in := s.in
	in.State, in.Now, in.Arrived, in.Body = s.state, s.now, s.arrived, s.body
	c := compose.New(&compose.Options{Policy: policy.LRU})
	for range 40 {
		plan, err := c.Plan(in)
		require.NoError(t, err)
		in.State = plan.Failed("", 0)
	}
	assert.Len(t, in.State.Failures(), 16)
	plan, err := c.Plan(in)
	require.NoError(t, err)
	assert.Len(t, plan.Receipt().Taken().Failed, 16)
	assert.Empty(t, plan.Next.Failures())
}

// TestReplayOfLongLives: lives that are long enough for cuts, marks that are set anew and
// lost calls come out the same, with the system prompt at hand and without.
func TestReplayOfLongLives(t *testing.T) {
	for _, row := range [][2]string{{"anthropic", "claude-opus-5"}, {"openai", "gpt-5"}, {"deepseek", "deepseek-v4"}, {"llama.cpp", "llama.cpp"}} {
		cost := compose.CostOf(row[1])
		if raced.On && row[0] != "anthropic" {
			continue
		}
		l := newLife(t, cost, 10_000)
		var receipts []compose.Receipt
		failed := 0
		for range 120 {
			l.happen()
			plan, err := l.composer.Plan(l.in)
			if errors.Is(err, compose.ErrNothingToSend) {
				continue
			}
			require.NoError(t, err)
			if l.rand.IntN(12) == 0 {
				l.in.State = reload(t, plan.Failed("", 0))
				failed++
				continue
			}
			receipts = append(receipts, plan.Receipt())
			l.in.State, l.in.Arrived = reload(t, plan.Next.Report(plan, quire.Usage{Input: plan.Used, CachedInput: plan.Bill.Read})), nil
		}
		require.Positive(t, failed)
		again := compose.Replay{Composer: l.composer, Input: l.in, Item: func(uid quire.UID) (quire.Item, bool) { return l.items[uid-1], true }}
		again.Input.Budget = 0
		for _, without := range []bool{false, true} {
			if without {
				again.Input.System, again.Input.Tools = "", nil
			}
			n := 0
			for r, err := range again.Run(each(receipts)) {
				require.NoError(t, err)
				got := r.Plan.Receipt()
				require.Equal(t, r.Was.Prompt, got.Prompt, "%s, call %d", cost.Name, r.Was.Call)
				require.Equal(t, r.Was.Bill, got.Bill, "%s, call %d", cost.Name, r.Was.Call)
				n++
			}
			assert.Len(t, receipts, n)
		}
	}
}
