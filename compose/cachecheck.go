package compose

import (
	"fmt"
	"hash/fnv"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/price"
)

// Why a provider read less of a prompt from its cache than it could have.
const (
	missUnreported = "unreported"
	missFirst      = "first"
	missModel      = "model"
	missSystem     = "system"
	missTools      = "tools"
	missHead       = "head"
	missExpired    = "expired"
	missCut        = "cut"
	missShort      = "short"
	missForgetful  = "forgetful"
	missForgotten  = "forgotten"
)

// CacheCheck is how much of a prompt was read from the provider's cache, beside what its
// plan promised. Shares are compared, since providers count otherwise than quire.
type CacheCheck struct {
	Promised int // percent of the input
	Read     int // percent of the input
	// Miss is a word for why it read no more: "" (it read what was promised),
	// "unreported" (it reports no usage: nobody can tell), "first" (the first call: there was nothing to
	// read), "model" (another one was called: each has a cache of its own), "system", "tools"
	// or "head" (that changed), "expired" (the last call was longer ago than the cache keeps),
	// "cut" (what stands behind it is written anew, once), "short" (what stayed the same is
	// shorter than the cache takes), "forgetful" (it forgets time and again: bills go by
	// that) or "forgotten" (it let go early, another server answered, or something changes
	// requests on their way).
	Miss string
	Why  string // all of it in a line: "promised 90%, read 0%: the cache keeps for 5m0s, and the last call was 2h0m0s ago"
}

// before is what a plan knows of the call before it.
type before struct {
	calls                         uint64
	switched, system, tools, head bool // changed
	ago, life                     time.Duration
	least                         int
}

// missSlack is how many percent less than was promised still count as read: providers
// count otherwise. Set by judgement, 2026-11-29.
const missSlack = 10

// CheckCache answers "is my cache working?" for one call: it holds what the provider
// reported for it against what the plan promised, and says why it read no more.
func (p *Plan) CheckCache(u quire.Usage) CacheCheck {
	c := promise{before: p.before, bill: p.Bill, cold: p.Cold, cut: p.CutReason, kept: p.Kept, reads: p.Reads}
	return c.check(u)
}

// CheckCache is [Plan.CheckCache] of a call that was made, from what is kept of it; was is
// the receipt of the call before it, nil when there is none. Receipts leave out a Setup that
// did not change: give both theirs. Without one it is not known whether model, system prompt
// or tools changed, and that they did is not said.
func (r *Receipt) CheckCache(was *Receipt) CacheCheck {
	c := promise{bill: r.Bill, cold: r.Cold, cut: r.CutReason, kept: r.Kept, reads: r.Reads}
	if c.reads == 0 {
		c.reads = 1
	}
	c.calls = max(r.Call, 1) - 1
	if r.Setup != nil {
		c.life, c.least = r.Setup.Cost.TTL, r.Setup.Cost.MinPrefix
	}
	if was == nil {
		return c.check(r.Usage)
	}
	c.ago = r.Time.Sub(was.Time)
	if n := len(r.Failed); n > 0 {
		c.ago = r.Time.Sub(r.Failed[n-1].Time)
	}
	if x, y := was.Setup, r.Setup; x != nil && y != nil {
		c.switched = x.Model != y.Model
		c.system, c.tools = x.Parts[0] != y.Parts[0], x.Parts[1] != y.Parts[1]
		if x.Parts == ([2]uint64{}) { // it is of a version that did not keep them
			c.system, c.tools = false, false
		}
		c.head = !c.system && !c.tools && x.Content != y.Content
	}
	return c.check(r.Usage)
}

// promise is what was known of the cache before a call.
type promise struct {
	before
	bill  price.Bill
	cold  bool
	cut   string
	kept  int
	reads float64
}

func (c *promise) check(u quire.Usage) CacheCheck {
	out := CacheCheck{Promised: percent(c.bill.Read, c.bill.Input()), Read: percent(u.CachedInput, u.Input)}
	var why string
	out.Miss, why = c.miss(u, out.Read >= out.Promised-missSlack)
	out.Why = fmt.Sprintf("promised %d%%, read %d%%: %s", out.Promised, out.Read, why)
	return out
}

func (c *promise) miss(u quire.Usage, met bool) (word, why string) {
	switch {
	case u.Input == 0:
		return missUnreported, "the provider reports no usage: nobody can tell"
	case met && !c.cold && c.cut == "" && c.bill.Read > 0:
		return "", "as it should be"
	case c.calls == 0:
		return missFirst, "the first call: there is nothing to read yet"
	case c.switched:
		return missModel, "another model: each has a cache of its own"
	case c.system:
		return missSystem, "the system prompt changed, and everything stands behind it"
	case c.tools:
		return missTools, "the tools changed, and everything stands behind them"
	case c.head:
		return missHead, "what is pinned by configuration changed, and the log stands behind it"
	case c.cold && c.life > 0 && c.ago > c.life:
		return missExpired, fmt.Sprintf("the last call was %s ago, and the cache keeps for %s", c.ago.Round(time.Second), c.life)
	case c.cut != "" && met:
		return missCut, "a cut (" + c.cut + "): what stands behind it is written anew, once"
	case c.cold || c.bill.Read == 0:
		return missShort, fmt.Sprintf("nothing to read: %d tokens stayed the same, and the cache takes no prefix below %d", c.kept, c.least)
	case c.reads < 1:
		return missForgetful, fmt.Sprintf("the provider keeps forgetting: plans believe %.0f%% of it by now", 100*c.reads)
	}
	return missForgotten, "the provider forgot: it let go early, another server answered, or something changes requests on their way"
}

func percent(part, all int) int { return int(100 * int64(part) / int64(max(all, 1))) }

// compare notes what changed since the call before, and what the next call compares with.
func (w *work) compare() {
	was, now := w.in.State.fixed, w.memo.parts
	b := &w.plan.before
	*b = before{calls: w.in.State.call, switched: w.switched, least: w.in.Model.Cache.MinPrefix, life: w.in.Model.Cache.TTL}
	if last := w.in.State.gaps.Last; !last.IsZero() {
		b.ago = w.in.Now.Sub(last)
	}
	if was != ([2]uint64{}) { // else the state is of a version that did not keep them
		b.system, b.tools = was[0] != now[0], was[1] != now[1]
		b.head = !b.system && !b.tools && w.stable != w.in.State.stable
	}
	w.st.fixed = now
}

func hashTools(tools []quire.Tool) uint64 {
	h := fnv.New64a()
	for i := range tools {
		t := &tools[i]
		fmt.Fprintf(h, "%d %s %d %s %d %s ", len(t.Name), t.Name, len(t.Description), t.Description, len(t.Schema), t.Schema)
	}
	return h.Sum64()
}

func hashOf(s string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(s)) // never fails
	return h.Sum64()
}
