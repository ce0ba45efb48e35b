package agent

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/internal/ledger"
	"github.com/quire-dev/quire/mailbox/memstore"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/price"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/promptcheck"
	"github.com/quire-dev/quire/providers/wire"
)

// pair is an agent with a first model and a fallback of another vendor.
type pair struct {
	*bench
	down  error                                            // what the first model says; nil: it serves
	reply func(model string, p *quire.Prompt) []quire.Part // what either says
	asked []string                                         // models, in order
	sent  map[string][]string                              // bodies by model
}

func newPair(t *testing.T) *pair {
	p := &pair{bench: newBench(t), sent: map[string][]string{}}
	p.reply = func(string, *quire.Prompt) []quire.Part { return []quire.Part{text("Done.")} }
	return p
}

var (
	claude = windowed(models.FindOver(quire.APIAnthropic, "claude-opus-5"), 30_000, 500)
	gpt    = windowed(models.FindOver(quire.APIOpenAIResponses, "gpt-5"), 6_000, 300)
)

// windowed is a profile with another window, and with room for an answer.
func windowed(p models.Profile, window, out int) models.Profile {
	p.Window, p.MaxOutput = window, out
	return p
}

// served is a model that encodes what it is sent as its vendor wants it.
func (p *pair) served(info models.Profile, down *error) modelFunc {
	return func(prompt *quire.Prompt) (*quire.Reply, error) {
		p.asked = append(p.asked, info.Name)
		assert.Equal(p.t, info.Name, prompt.Model)
		body, err := wire.Encode(info.Dialect.API, prompt, nil)
		require.NoError(p.t, err)
		require.Empty(p.t, promptcheck.Check(info.Dialect.API, body))
		if down != nil && *down != nil {
			return nil, *down
		}
		p.sent[info.Name] = append(p.sent[info.Name], string(body))
		return &quire.Reply{Model: info.Name, Parts: p.reply(info.Name, prompt), Usage: quire.Usage{Input: len(body) / 4, Output: 10}}, nil
	}
}

func (p *pair) agent(change ...func(*settings)) *Agent {
	first, second := claude, gpt
	first.Cache.MinPrefix = 0
	second.Cache.MinPrefix, second.Cache.Quantum = 0, 0
	return p.bench.agent(p.served(claude, &p.down), append([]func(*settings){func(o *settings) {
		o.Profile = first
		o.Fallbacks = []Fallback{{Model: p.served(gpt, nil), Profile: second}}
		o.Limits.Retries = 2
	}}, change...)...)
}

func unavailable(after time.Duration) error {
	return &providers.Error{Provider: "test", Code: providers.CodeUnavailable, RetryAfter: after}
}

func TestAFallbackIsAskedWhileTheFirstModelCantServe(t *testing.T) {
	p := newPair(t)
	a := p.agent()
	p.send("mia", "One", "one")
	p.turn(a)
	p.down = unavailable(0)
	p.send("mia", "Two", "two")
	p.turn(a)
	assert.Equal(t, []string{"claude-opus-5", "claude-opus-5", "claude-opus-5", "gpt-5"}, p.asked, "after its retries")
	last := p.steps[len(p.steps)-1]
	assert.Equal(t, "gpt-5", last.Model)
	require.Len(t, last.Switched, 1)
	assert.Equal(t, []string{"claude-opus-5", "gpt-5"}, []string{last.Switched[0].From, last.Switched[0].To})
	assert.ErrorContains(t, last.Switched[0].Err, "unavailable")
	assert.Equal(t, 6000-300, last.Plan.Budget, "by the fallback's own window")
	assert.Len(t, p.told(), 1)
	assert.Contains(t, p.told()[0], "gpt-5 is asked instead")
	assert.True(t, p.unsure("claude-opus-5"), "what its cache kept of the failed call")
	assert.False(t, p.unsure("gpt-5"))

	p.asked = nil
	p.send("mia", "Three", "three")
	p.turn(p.agent()) // a new process too
	assert.Equal(t, []string{"gpt-5"}, p.asked, "it is asked at once for some time")
	assert.Equal(t, "gpt-5", mustStatus(t, a).Model)

	p.now, p.asked = p.now.Add(10*time.Minute), nil
	p.send("mia", "Four", "four")
	p.turn(a)
	assert.Equal(t, []string{"claude-opus-5", "claude-opus-5", "gpt-5"}, p.asked, "then the first is tried again")
	assert.Len(t, p.told(), 1, "the owner was told")

	p.now, p.asked, p.down = p.now.Add(10*time.Minute), nil, nil
	p.send("mia", "Five", "five")
	p.turn(a)
	assert.Equal(t, []string{"claude-opus-5"}, p.asked)
	assert.Len(t, p.told(), 2)
	assert.Contains(t, p.told()[1], "claude-opus-5 serves again")
	assert.Empty(t, p.steps[len(p.steps)-1].Switched)
}

// unsure says whether the ledger of a model has what may have been written.
func (p *pair) unsure(model string) bool {
	in := insidesOf(p.t, mustState(p.t, p.bench))
	known := map[string]ledger.Ledger{in.Model: in.Ledger}
	for _, o := range in.Others {
		known[o.Model] = o.Ledger
	}
	return slices.ContainsFunc(known[model].Entries, func(w ledger.Written) bool { return w.Maybe })
}

// told is what the owner got from the agent.
func (p *pair) told() []string {
	var out []string
	for _, it := range p.inbox("mia") {
		if it.Kind == quire.KindEvent {
			out = append(out, quire.PlainText(it.Parts))
		}
	}
	return out
}

func TestGoingBackToTheFirstModelReadsItsCache(t *testing.T) {
	p := newPair(t)
	a := p.agent(func(o *settings) { o.Limits.FallbackFor = time.Minute })
	ask := func() StepInfo {
		p.send("mia", "Next", fmt.Sprintf("number %d: %s", len(p.asked), strings.Repeat("words ", 100)))
		p.turn(a)
		return p.steps[len(p.steps)-1]
	}
	ask()
	ask()
	p.down = unavailable(0)
	assert.Zero(t, ask().Plan.Bill.Read, "another vendor has none of it")
	p.down, p.now = nil, p.now.Add(2*time.Minute)
	back := ask()
	assert.Equal(t, "claude-opus-5", back.Model)
	assert.Positive(t, back.Plan.Bill.Read)
	assert.False(t, back.Plan.Cold)
}

// TestThoughtsOfOneModelNeverGoToAnother looks at the requests as they would go out:
// each vendor gets back what its own model thought and signed, and nothing of the
// other's.
func TestThoughtsOfOneModelNeverGoToAnother(t *testing.T) {
	p := newPair(t)
	p.reply = func(model string, prompt *quire.Prompt) []quire.Part {
		calls := strings.Count(flat(prompt), "call note")
		if calls >= 6 {
			return []quire.Part{text("Done.")}
		}
		thought := quire.Reasoning{Model: model, ID: fmt.Sprintf("rs_%s_%d", model, calls), Text: "thoughts of " + model, Signature: "c2lnbmVk" + model}
		if model == gpt.Name {
			thought.Signature, thought.Data = "", "c2VhbGVk"+model
		}
		return []quire.Part{thought, use("note", fmt.Sprintf(`{"n":%d}`, calls))}
	}
	a := p.agent(func(o *settings) { o.Tools, o.Limits.FallbackFor = []Tool{note()}, time.Minute })
	p.send("mia", "Go", "go")
	for i := range 7 {
		p.down = nil
		if i == 2 || i == 3 {
			p.down = unavailable(0)
		}
		if i == 4 {
			p.now = p.now.Add(2 * time.Minute)
		}
		_, err := a.Step(t.Context())
		require.NoError(t, err)
	}
	require.Len(t, p.sent[gpt.Name], 2)
	require.Len(t, p.sent[claude.Name], 5)
	for _, body := range p.sent[gpt.Name] {
		assert.NotContains(t, body, "thoughts of claude")
		assert.NotContains(t, body, "c2lnbmVk")
		assert.Contains(t, body, `{\"n\":1}`, "the calls themselves do")
	}
	assert.Contains(t, p.sent[gpt.Name][1], "c2VhbGVkgpt-5", "its own comes back to it")
	for _, body := range p.sent[claude.Name] {
		assert.NotContains(t, body, "c2VhbGVk")
		assert.NotContains(t, body, "thoughts of gpt")
	}
	assert.Contains(t, p.sent[claude.Name][4], "c2lnbmVkclaude-opus-5", "also after another model was asked")
}

func note() Tool {
	return Tool{Name: "note", Run: func(context.Context, Call) ([]quire.Part, error) { return []quire.Part{text("noted")}, nil }}
}

func TestWhatIsWaitedOutAndWhatIsPassedOn(t *testing.T) {
	for name, c := range map[string]struct {
		err     error
		refused bool
		want    string
	}{
		"a short rate limit":      {&providers.Error{Code: providers.CodeRateLimited, RetryAfter: 30 * time.Second}, false, "claude-opus-5 claude-opus-5 gpt-5"},
		"a long one":              {&providers.Error{Code: providers.CodeRateLimited, RetryAfter: 2 * time.Minute}, false, "claude-opus-5 gpt-5"},
		"a key":                   {&providers.Error{Code: providers.CodeAuth}, false, "claude-opus-5 gpt-5"},
		"a refusal":               {&providers.Error{Code: providers.CodeRefused}, false, "claude-opus-5 claude-opus-5"},
		"a refusal, when told":    {&providers.Error{Code: providers.CodeRefused}, true, "claude-opus-5 gpt-5"},
		"a request that is wrong": {&providers.Error{Code: providers.CodeInvalid}, true, "claude-opus-5 claude-opus-5 gpt-5"},
		"an error of its own":     {errCrash, true, "claude-opus-5"},
	} {
		p := newPair(t)
		p.down = c.err
		p.send("mia", "Go", "go")
		_, err := p.agent(func(o *settings) { o.FallbackRefused = c.refused }).Turn(t.Context())
		assert.Equal(t, c.want, strings.Join(p.asked, " "), name)
		assert.Equal(t, strings.HasSuffix(c.want, "gpt-5"), err == nil, "%s: %v", name, err)
	}
}

func TestWhenNoModelCanServe(t *testing.T) {
	p := newPair(t)
	p.down = &providers.Error{Provider: "first", Code: providers.CodeAuth}
	away := unavailable(0)
	a := p.agent(func(o *settings) { o.Fallbacks[0].Model = p.served(gpt, &away) })
	p.send("mia", "Go", "go")
	_, err := a.Turn(t.Context())
	var failure *providers.Error
	require.ErrorAs(t, err, &failure)
	assert.Equal(t, providers.CodeUnavailable, failure.Code, "of the last one")
	assert.Empty(t, p.told())
	assert.True(t, p.unsure("claude-opus-5"))
	assert.True(t, p.unsure("gpt-5"))
	p.asked, p.down = nil, nil
	p.turn(a)
	assert.Equal(t, []string{"claude-opus-5"}, p.asked, "the first is tried first")
}

func TestTheFirstModelStandsBehindTheLast(t *testing.T) {
	p := newPair(t)
	var away error
	a := p.agent(func(o *settings) { o.Fallbacks[0].Model = p.served(gpt, &away) })
	p.down = unavailable(0)
	p.send("mia", "One", "one")
	p.turn(a)
	p.down, away, p.asked = nil, unavailable(0), nil
	p.send("mia", "Two", "two")
	p.turn(a)
	assert.Equal(t, []string{"gpt-5", "gpt-5", "claude-opus-5"}, p.asked, "though its time is not over")
	assert.Equal(t, "claude-opus-5", mustStatus(t, a).Model)
}

func TestAFallbackAndAClockThatJumpsBack(t *testing.T) {
	p := newPair(t)
	a := p.agent()
	p.down = unavailable(0)
	p.send("mia", "One", "one")
	p.turn(a)
	p.down, p.asked, p.now = nil, nil, p.now.Add(-100*time.Hour)
	p.send("mia", "Two", "two")
	p.turn(a)
	assert.Equal(t, []string{"claude-opus-5"}, p.asked, "it is not asked for a hundred hours")
}

func TestAFallbackThatIsTooSmall(t *testing.T) {
	p := newPair(t)
	p.send("mia", "Go", "go")
	p.down = unavailable(0)
	_, err := p.agent(func(o *settings) { o.Fallbacks[0].Budget = 50 }).Turn(t.Context())
	var failure *providers.Error
	require.ErrorAs(t, err, &failure, "why it was asked, not that it is small")
	assert.Equal(t, []string{"claude-opus-5", "claude-opus-5"}, p.asked)
	st := mustState(t, p.bench)
	assert.Empty(t, st.Items(), "nothing entered")
}

func TestFallbacksAreChecked(t *testing.T) {
	p := newPair(t)
	for want, f := range map[string]Fallback{
		"is missing":     {Profile: gpt},
		"its own name":   {Model: script(), Profile: claude},
		"Profile.Window": {Model: script(), Profile: models.Profile{Name: "x"}},
		"is not known":   {Model: script(), Profile: gpt},
	} {
		o := settings{Address: "ada", Store: p.store, Model: script(), Options: Options{Profile: claude, Composer: compose.New(nil), Fallbacks: []Fallback{f}}}
		if want == "is not known" {
			o.Fallbacks[0].Profile.Tariff = price.Tariff{}
			o.Limits.MoneyPerDay = price.Dollar
		}
		_, err := newAgent(o)
		assert.ErrorContains(t, err, want)
	}
}

// knowing is a model that says what is known of it.
type knowing struct {
	modelFunc
	about models.Profile
}

func (k knowing) Profile() models.Profile { return k.about }

// TestTheModelSaysWhatItIs: a host that has a model of an adapter gives no profile and no
// composer; what it gives comes first.
func TestTheModelSaysWhatItIs(t *testing.T) {
	model, other := knowing{script(), claude}, knowing{script(), gpt}
	o := settings{Address: "ada", Store: memstore.New(nil), Model: model, Options: Options{Fallbacks: []Fallback{{Model: other}}, Limits: Limits{MoneyPerDay: price.Dollar}}}
	a, err := newAgent(o)
	require.NoError(t, err)
	assert.Equal(t, []models.Profile{claude, gpt}, []models.Profile{a.chain[0].Profile, a.chain[1].Profile})
	assert.Equal(t, 29_500, a.budget())
	assert.NotNil(t, a.o.Composer)
	o.Profile, o.Fallbacks = gpt, nil
	a, err = newAgent(o)
	require.NoError(t, err)
	assert.Equal(t, "gpt-5", a.model().Profile.Name)
}
