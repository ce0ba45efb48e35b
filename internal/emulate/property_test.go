package emulate_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/quire-dev/quire/internal/emulate"
	"github.com/quire-dev/quire/models"
)

// anyRules draws rules of the table, and what is open in them.
func anyRules() *rapid.Generator[emulate.Rules] {
	return rapid.Custom(func(t *rapid.T) emulate.Rules {
		c := rapid.SampledFrom(models.Shipped().Profiles()).Draw(t, "model").Cache
		c.MinPrefix = rapid.SampledFrom([]int{0, 100, c.MinPrefix}).Draw(t, "shortest")
		r := emulate.For(c)
		r.EachBlock = rapid.Bool().Draw(t, "each block")
		r.Hidden = rapid.SampledFrom([]int{0, 0, 37}).Draw(t, "hidden")
		r.Interval = rapid.SampledFrom([]int{0, 64}).Draw(t, "interval")
		r.Unstated = emulate.Unstated{RefreshInside: rapid.Bool().Draw(t, "inside"), MarkLeaves: rapid.Bool().Draw(t, "leaves"), MarkIdle: rapid.Bool().Draw(t, "idle")}
		return r
	})
}

// anyRequests draws requests that grow, are cut, and go back to earlier ones.
func anyRequests() *rapid.Generator[[]*emulate.Request] {
	return rapid.Custom(func(t *rapid.T) []*emulate.Request {
		var out []*emulate.Request
		var segs []emulate.Segment
		at, next := start, 0
		for range rapid.IntRange(1, 15).Draw(t, "requests") {
			if len(out) > 0 && rapid.IntRange(0, 5).Draw(t, "goes back") == 0 {
				segs = slices.Clone(rapid.SampledFrom(out).Draw(t, "to").Segments)
			}
			segs = segs[:rapid.IntRange(max(0, len(segs)-5), len(segs)).Draw(t, "kept")]
			for range rapid.IntRange(0, 5).Draw(t, "new") {
				next++
				segs = append(segs, anySegment(t, rapid.IntRange(0, 3).Draw(t, "same")*1000+next%7, len(segs)))
			}
			segs = slices.Clone(segs)
			marks := 0
			for i := range segs {
				segs[i].Mark = marks < 4 && rapid.IntRange(0, 3).Draw(t, "mark") == 0
				if segs[i].Mark {
					marks++
				}
			}
			at = at.Add(rapid.SampledFrom([]time.Duration{0, time.Second, 3 * time.Minute, 20 * time.Minute, 2 * time.Hour}).Draw(t, "passes"))
			out = append(out, &emulate.Request{
				At: at, Segments: segs, Lost: rapid.IntRange(0, 7).Draw(t, "lost") == 0,
				Answer: rapid.SampledFrom([]time.Duration{0, 0, time.Second}).Draw(t, "answer"),
				Scope:  rapid.SampledFrom([]string{"", "", "", "b"}).Draw(t, "scope"),
			})
		}
		return out
	})
}

func anySegment(t *rapid.T, text, at int) emulate.Segment {
	return emulate.Segment{
		Level: emulate.LevelMessages, Bytes: fmt.Appendf(nil, "%d;", text), Tokens: rapid.IntRange(0, 200).Draw(t, "tokens"), Message: at,
		Kind:     rapid.SampledFrom([]emulate.Kind{emulate.KindOther, emulate.KindUser, emulate.KindCall, emulate.KindResult}).Draw(t, "kind"),
		Volatile: rapid.IntRange(0, 9).Draw(t, "volatile") == 0,
	}
}

// TestBounds: whatever the rules, a request reads no more than it has in common
// with an earlier one that was answered, in the same scope and within the longest
// life since it; it reads whole segments but for rounding; and every token has
// one price.
func TestBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rules, reqs := anyRules().Draw(t, "rules"), anyRequests().Draw(t, "requests")
		uniqueTokens(reqs)
		cache := emulate.New(rules)
		var used []time.Time // when what a request left may have been used last
		for i, r := range reqs {
			out, err := cache.Send(r)
			require.NoError(t, err)
			total, most := tokens(r.Segments), 0
			used = append(used, r.At)
			for k, before := range reqs[:i] {
				n := common(before, r)
				if before.Lost || n == 0 || r.At.Before(before.At.Add(before.Answer)) {
					continue
				}
				if l := longest(rules); l > 0 && r.At.Sub(used[k]) >= l {
					continue
				}
				most = max(most, tokens(r.Segments[:n]))
				if !r.Lost {
					used[k] = r.At
				}
			}
			require.LessOrEqual(t, out.Read, most, "request %d", i)
			require.Equal(t, total, out.Read+out.Write+out.Uncached)
			require.GreaterOrEqual(t, min(out.Read, out.Write, out.Uncached, out.Write-out.Long, out.Long), 0)
			require.LessOrEqual(t, out.Read, tokens(r.Segments[:out.Hit]))
			require.Equal(t, out.Read == 0 && out.Hit == 0, out.Hit == 0, "no hit, nothing read")
			if out.Read > 0 {
				require.GreaterOrEqual(t, out.Read, rules.Cost.MinPrefix-rules.Report)
			}
			if rules.Engine == emulate.Marked || rules.Engine == emulate.Breakpoints {
				require.Equal(t, tokens(r.Segments[:out.Hit]), out.Read)
			}
		}
	})
}

// uniqueTokens makes equal bytes count alike, as they do.
func uniqueTokens(reqs []*emulate.Request) {
	n := map[string]int{}
	for _, r := range reqs {
		for i := range r.Segments {
			s := &r.Segments[i]
			if k, ok := n[string(s.Bytes)]; ok {
				s.Tokens = k
			}
			n[string(s.Bytes)] = s.Tokens
		}
	}
}

func tokens(segs []emulate.Segment) (n int) {
	for i := range segs {
		n += segs[i].Tokens
	}
	return n
}

func common(a, b *emulate.Request) int {
	n := 0
	for a.Scope == b.Scope && n < min(len(a.Segments), len(b.Segments)) && string(a.Segments[n].Bytes) == string(b.Segments[n].Bytes) {
		n++
	}
	return n
}

func longest(r emulate.Rules) time.Duration {
	if n := len(r.Lives); n > 0 {
		return r.Lives[n-1].TTL
	}
	return r.Cost.TTL
}

// TestSameRequestsSameBills: nothing but the requests counts; a cache keeps
// nothing of them, and a lost one or one that was refused leaves no trace.
func TestSameRequestsSameBills(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rules, reqs := anyRules().Draw(t, "rules"), anyRequests().Draw(t, "requests")
		a, b := emulate.New(rules), emulate.New(rules)
		for _, r := range reqs {
			probe := *r
			probe.Lost = true
			_, err := b.Send(&probe)
			require.NoError(t, err)
			out, err := a.Send(r)
			require.NoError(t, err)
			again, err := b.Send(clobbered(t, b, r))
			require.NoError(t, err)
			require.Equal(t, out, again)
		}
	})
}

// clobbered is the request in bytes of its own, which are overwritten once it was
// sent as lost.
func clobbered(t *rapid.T, c *emulate.Cache, r *emulate.Request) *emulate.Request {
	own := *r
	own.Lost = true
	own.Segments = slices.Clone(r.Segments)
	for i := range own.Segments {
		own.Segments[i].Bytes = slices.Clone(own.Segments[i].Bytes)
	}
	_, err := c.Send(&own)
	require.NoError(t, err)
	for i := range own.Segments {
		clear(own.Segments[i].Bytes)
	}
	return r
}

// TestLaterReadsNoMore: the same request, sent later, never reads more, once the
// answers have begun; and nothing when all lives are over.
func TestLaterReadsNoMore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rules, reqs := anyRules().Draw(t, "rules"), anyRequests().Draw(t, "requests")
		last := reqs[len(reqs)-1]
		read := func(wait time.Duration) int {
			cache := emulate.New(rules)
			for _, r := range reqs {
				_, err := cache.Send(r)
				require.NoError(t, err)
			}
			again := *last
			again.At = last.At.Add(time.Minute + wait)
			out, err := cache.Send(&again)
			require.NoError(t, err)
			return out.Read
		}
		waits := rapid.SliceOfN(rapid.IntRange(0, 100), 2, 2).Draw(t, "minutes")
		slices.Sort(waits)
		require.LessOrEqual(t, read(time.Duration(waits[1])*time.Minute), read(time.Duration(waits[0])*time.Minute))
		if l := longest(rules); l > 0 {
			require.Zero(t, read(l), "cold")
		}
	})
}
