package inspect

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/internal/look"
	"github.com/quire-dev/quire/mailbox"
)

// body builds a page and returns what its template gets.
func body[T any](t *testing.T, h *Handler, path string) T {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
	q := &query{r: r, values: r.URL.Query(), now: h.o.Now()}
	build := map[string]func() (*page, error){
		"/spending": func() (*page, error) { return h.spending(t.Context(), q) }, "/call": func() (*page, error) { return h.call(t.Context(), q) },
		"/message": func() (*page, error) { return h.message(t.Context(), q) }, "/cache": func() (*page, error) { return h.cache(t.Context(), q) },
		"/agent": func() (*page, error) { return h.agent(t.Context(), q) }, "/": func() (*page, error) { return h.agents(t.Context(), q) },
	}[r.URL.Path]
	p, err := build()
	require.NoError(t, err)
	require.NoError(t, q.err)
	v, ok := p.Body.(T)
	require.True(t, ok)
	return v
}

// receipts reads all of ada's, without what the pages read them with.
func (w *world) receipts(t *testing.T) []compose.Receipt {
	t.Helper()
	list, err := w.store.Receipts(t.Context(), "ada", 1, 1<<40)
	require.NoError(t, err)
	var out []compose.Receipt
	var setup *compose.Setup
	for _, one := range list {
		r, err := compose.DecodeReceipt(one.Data)
		require.NoError(t, err)
		if r.Setup == nil {
			r.Setup = setup
		}
		setup = r.Setup
		out = append(out, r)
	}
	require.Len(t, out, w.calls)
	return out
}

func TestSumsAreThoseOfTheReceipts(t *testing.T) {
	w := grow(t, false)
	h := w.handler(t, Options{})
	want, today := look.Spent{}, look.Spent{}
	days := map[string]bool{}
	for _, r := range w.receipts(t) {
		m, known := look.Pay(r.Setup, r.Usage)
		require.True(t, known)
		one := look.Spent{Calls: 1, Input: r.Usage.Input, Cached: r.Usage.CachedInput, Output: r.Usage.Output, Money: m}
		want.Add(&one)
		days[r.Time.UTC().Format(time.DateOnly)] = true
		if r.Time.UTC().Format(time.DateOnly) == w.time().Format(time.DateOnly) {
			today.Add(&one)
		}
	}
	require.Greater(t, len(days), 1)
	require.Positive(t, today.Calls)
	for range 2 { // read, and remembered
		for _, by := range []string{"day", "agent", "model", "thread"} {
			s := body[*spending](t, h, "/spending?days=60&by="+by)
			assert.Equal(t, want, s.Total, by)
			sum := look.Spent{}
			for i := range s.Rows {
				sum.Add(&s.Rows[i].Spent)
			}
			assert.Equal(t, want, sum, "rows by %s", by)
			if by == "thread" {
				assert.Greater(t, len(s.Rows), lifeTurns/2)
			}
		}
		assert.Equal(t, today, body[*spending](t, h, "/spending?days=1").Total)
		o := body[*overview](t, h, "/")
		require.Len(t, o.Agents, 1)
		assert.Equal(t, today.Money, o.Agents[0].Today)
	}
	assert.Contains(t, get(t, h, "/spending?days=60"), want.Money.String())
}

// TestEachMissHasItsCause: what was read less than was promised has a word for it.
func TestEachMissHasItsCause(t *testing.T) {
	w := grow(t, false)
	h := w.handler(t, Options{})
	all := w.receipts(t)
	found := map[string]int{}
	for upTo := w.calls; upTo > 0; upTo -= callsAtOnce {
		l := body[*callList](t, h, fmt.Sprintf("/cache?box=ada&upto=%d", upTo))
		for i := range l.Rows {
			r := &l.Rows[i]
			var before *compose.Receipt
			if r.Call > 1 {
				before = &all[r.Call-2]
			}
			assert.Equal(t, all[r.Call-1].CheckCache(before), r.Check, "call %d", r.Call)
			if r.Check.Read < r.Check.Promised-10 {
				assert.NotEmpty(t, r.Check.Miss, "call %d", r.Call)
			}
			found[r.Check.Miss]++
		}
	}
	assert.Equal(t, 1, found["first"])
	assert.Positive(t, found["expired"], "%v", found)
	assert.Zero(t, found["unknown"])
	assert.Zero(t, found["unreported"])
}

// TestAMessageStoodWhereItSays: the calls that the page of a message lists are those in
// whose list of what stood it is.
func TestAMessageStoodWhereItSays(t *testing.T) {
	w := grow(t, false)
	h := w.handler(t, Options{})
	stood := map[quire.UID]map[uint64]compose.Fate{}
	for call := uint64(1); call <= uint64(w.calls); call++ {
		list, known, err := look.Stood(t.Context(), w.store, "ada", call)
		require.NoError(t, err)
		require.True(t, known)
		for _, d := range list {
			if stood[d.UID] == nil {
				stood[d.UID] = map[uint64]compose.Fate{}
			}
			stood[d.UID][call] = d.Fate
		}
	}
	through := 0
	for uid := quire.UID(1); uid <= 150; uid++ {
		l := body[*letter](t, h, fmt.Sprintf("/message?box=ada&n=%d", uint64(uid)))
		require.Empty(t, l.Trouble)
		got := map[uint64]compose.Fate{}
		for _, s := range l.Spans {
			if s.Through > 0 {
				through++
				continue
			}
			for call := s.From; call <= s.To; call++ {
				got[call] = s.Fate
			}
		}
		if len(stood[uid])+len(got) > 0 {
			assert.Equal(t, stood[uid], got, "%s", uid)
		}
	}
	assert.Positive(t, through, "some came back by a pull")
}

// TestADifferenceLeadsFromOneCallToTheOther: what stood in one, changed as the page says,
// is what stood in the other.
func TestADifferenceLeadsFromOneCallToTheOther(t *testing.T) {
	w := grow(t, false)
	h := w.handler(t, Options{})
	at := func(call int) map[quire.UID]compose.Fate {
		list, _, err := look.Stood(t.Context(), w.store, "ada", uint64(call))
		require.NoError(t, err)
		out := map[quire.UID]compose.Fate{}
		for _, d := range list {
			out[d.UID] = d.Fate
		}
		return out
	}
	for _, pair := range [][2]int{{2, 1}, {30, 29}, {60, 7}, {7, 60}, {w.calls, 3}} {
		c := body[*pastCall](t, h, fmt.Sprintf("/call?box=ada&n=%d&with=%d", pair[0], pair[1]))
		set := at(pair[1])
		for _, d := range c.Diff {
			was, there := set[d.UID]
			if !there {
				was = compose.FateOut
			}
			assert.Equal(t, was, d.Was, "%v: how %s stood in the other", pair, d.UID)
			if d.Fate == compose.FateOut {
				delete(set, d.UID)
			} else {
				set[d.UID] = d.Fate
			}
		}
		assert.Equal(t, at(pair[0]), set, "%v", pair)
		assert.NotEmpty(t, c.Diff)
	}
}

func TestTheBarIsWhatTheCallTook(t *testing.T) {
	w := grow(t, false)
	all := w.receipts(t)
	last := all[len(all)-1]
	l := body[*live](t, w.handler(t, Options{}), "/agent?box=ada")
	assert.Equal(t, last.Used, l.Bar.Used)
	assert.Equal(t, last.Budget, l.Bar.Budget)
	sum, end := 0, 0.0
	for _, p := range l.Bar.Pieces {
		assert.InDelta(t, end, p.X, 1e-6, "no gap, and no overlap")
		sum, end = sum+p.Tokens, p.X+p.W
	}
	assert.Equal(t, last.Used, sum)
	assert.LessOrEqual(t, end, barWidth+1e-6)
}

func TestWhatCanNotBeMeantIsSaid(t *testing.T) {
	h := grow(t, false).handler(t, Options{})
	for path, want := range map[string]int{
		"/nothing": 404, "/agent": 400, "/agent?box=mia": 404, "/agent?box=%3Cb%3E": 400, "/call?box=ada&n=0": 404, "/call?box=ada&n=99999": 404, "/call?box=ada&n=x": 400,
		"/call?box=ada&n=3&with=99999": 404, "/message?box=ada&n=99999": 404, "/message?box=ada&n=-1": 400, "/mail?box=ada&kind=x": 400, "/mail?box=ada&has=x": 400,
		"/mail?box=ada&cursor=x": 400, "/spending?by=x": 400, "/live?box=%3Cb%3E": 400, "/mail?box=nobody": 200, "/agent?box=ada&from=9999": 200,
	} {
		r := httptest.NewRecorder()
		h.ServeHTTP(r, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		assert.Equal(t, want, r.Code, path)
	}
	r := httptest.NewRecorder()
	h.ServeHTTP(r, httptest.NewRequestWithContext(t.Context(), http.MethodDelete, "/", nil))
	assert.Equal(t, http.StatusMethodNotAllowed, r.Code)
	_, err := New(nil, nil)
	assert.Error(t, err)
}

// TestRightsAreTheStores: a store by As shows what its rights let it, and acts in no other
// name.
func TestRightsAreTheStores(t *testing.T) {
	w := grow(t, false)
	only := w.store.As("mia", func(_, box quire.Address, _ mailbox.Right) bool { return box == "mia" })
	h, err := New(only, &Options{Now: w.time, Allow: anybody})
	require.NoError(t, err)
	page := get(t, h, "/")
	assert.Contains(t, page, "box=mia")
	assert.NotContains(t, page, "box=ada")
	for _, path := range []string{"/agent?box=ada", "/mail?box=ada", "/message?box=ada&n=1", "/live?box=ada", "/spending?box=ada"} {
		r := httptest.NewRecorder()
		h.ServeHTTP(r, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		assert.Equal(t, http.StatusForbidden, r.Code, path)
	}
	assert.Equal(t, http.StatusForbidden, post(t, h, "done", "same-origin", form("ada", 1, "")).Code)
}
