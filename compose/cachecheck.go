package compose

import (
	"fmt"
	"hash/fnv"
	"time"

	"github.com/quire-dev/quire"
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
	c := CacheCheck{Promised: percent(p.Bill.Read, p.Bill.Input()), Read: percent(u.CachedInput, u.Input)}
	var why string
	c.Miss, why = p.miss(u, c.Read >= c.Promised-missSlack)
	c.Why = fmt.Sprintf("promised %d%%, read %d%%: %s", c.Promised, c.Read, why)
	return c
}

func (p *Plan) miss(u quire.Usage, met bool) (word, why string) {
	b := &p.before
	switch {
	case u.Input == 0:
		return missUnreported, "the provider reports no usage: nobody can tell"
	case met && !p.Cold && p.CutReason == "" && p.Bill.Read > 0:
		return "", "as it should be"
	case b.calls == 0:
		return missFirst, "the first call: there is nothing to read yet"
	case b.switched:
		return missModel, "another model: each has a cache of its own"
	case b.system:
		return missSystem, "the system prompt changed, and everything stands behind it"
	case b.tools:
		return missTools, "the tools changed, and everything stands behind them"
	case b.head:
		return missHead, "what is pinned by configuration changed, and the log stands behind it"
	case p.Cold && b.life > 0 && b.ago > b.life:
		return missExpired, fmt.Sprintf("the last call was %s ago, and the cache keeps for %s", b.ago.Round(time.Second), b.life)
	case p.CutReason != "" && met:
		return missCut, "a cut (" + p.CutReason + "): what stands behind it is written anew, once"
	case p.Cold || p.Bill.Read == 0:
		return missShort, fmt.Sprintf("nothing to read: %d tokens stayed the same, and the cache takes no prefix below %d", p.Kept, b.least)
	case p.Reads < 1:
		return missForgetful, fmt.Sprintf("the provider keeps forgetting: plans believe %.0f%% of it by now", 100*p.Reads)
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
