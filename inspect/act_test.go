package inspect

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
)

// post sends a form, as a page of a site would.
func post(t *testing.T, h *Handler, action, site string, form url.Values) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://here.example/pages/"+action, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if site != "" {
		r.Header.Set("Sec-Fetch-Site", site)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// question is the first open question of mia's.
func (w *world) question(t *testing.T) *mailbox.Row {
	t.Helper()
	page, err := w.store.Query(t.Context(), "mia", mailbox.Query{Kinds: []quire.Kind{quire.KindQuestion}, Pending: true, Oldest: true, Now: w.time()})
	require.NoError(t, err)
	require.NotEmpty(t, page.Rows)
	return &page.Rows[0]
}

func form(box string, n quire.UID, text string) url.Values {
	return url.Values{"box": {box}, "n": {fmt.Sprint(uint64(n))}, "text": {text}, "back": {"questions"}}
}

// The overview counts questions, not those who are asked.
func TestOpenQuestionsAreCounted(t *testing.T) {
	w := grow(t, false)
	h := w.handler(t, Options{})
	open := body[*overview](t, h, "/").Questions
	require.Positive(t, open)
	ask := quire.Mail("mia", "Another", "Shall I?")
	ask.Kind, ask.Question = quire.KindQuestion, &quire.Question{ReplyBy: w.time().Add(time.Hour)}
	_, err := w.store.Box("ada").Send(t.Context(), ask)
	require.NoError(t, err)
	assert.Equal(t, open+1, body[*overview](t, h, "/").Questions)
}

func TestOnlyWhoMayActs(t *testing.T) {
	w := grow(t, false)
	q := w.question(t)
	before, err := w.store.Status(t.Context(), "mia")
	require.NoError(t, err)
	asked := 0
	refuses := func(_ *http.Request, box quire.Address, action string) error {
		asked++
		return errors.New("not you: " + string(box) + " " + action)
	}
	for _, c := range []struct {
		name, site, says string
		h                *Handler
	}{
		{"read-only", "same-origin", "only read", w.handler(t, Options{})},
		{"another site", "cross-site", "another site", w.handler(t, Options{Allow: anybody})},
		{"another part of the site", "same-site", "another site", w.handler(t, Options{Allow: anybody})},
		{"who may not", "same-origin", "not you: mia answer", w.handler(t, Options{Allow: refuses})},
	} {
		r := post(t, c.h, "answer", c.site, form("mia", q.UID, "no"))
		assert.Equal(t, http.StatusForbidden, r.Code, c.name)
		assert.Contains(t, r.Body.String(), c.says, c.name)
	}
	assert.Equal(t, 1, asked, "of other sites nobody is asked")
	r := httptest.NewRecorder()
	w.handler(t, Options{Allow: anybody}).ServeHTTP(r, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/answer?"+form("mia", q.UID, "no").Encode(), nil))
	assert.Equal(t, http.StatusNotFound, r.Code, "a link does nothing")
	after, err := w.store.Status(t.Context(), "mia")
	require.NoError(t, err)
	assert.Equal(t, before.State, after.State, "nothing was done")

	assert.NotContains(t, get(t, w.handler(t, Options{}), "/questions"), "<form", "no buttons that do nothing")
	assert.NotContains(t, get(t, w.handler(t, Options{Allow: refuses}), "/questions"), "<form")
	assert.Contains(t, get(t, w.handler(t, Options{Allow: anybody}), "/questions"), `action="./answer"`)
}

func TestAQuestionIsAnsweredOnce(t *testing.T) {
	w := grow(t, false)
	h := w.handler(t, Options{Allow: anybody})
	q := w.question(t)
	assert.Equal(t, http.StatusBadRequest, post(t, h, "answer", "same-origin", form("mia", q.UID, "  ")).Code)
	r := post(t, h, "answer", "same-origin", form("mia", q.UID, "no"))
	assert.Equal(t, http.StatusSeeOther, r.Code, r.Body)
	assert.Equal(t, "/pages/questions", r.Header().Get("Location"))
	for _, again := range []string{"no", "yes"} {
		r = post(t, h, "answer", "same-origin", form("mia", q.UID, again))
		assert.Equal(t, http.StatusConflict, r.Code)
		assert.Contains(t, r.Body.String(), "does not wait any more")
	}
	page, err := w.store.Query(t.Context(), "ada", mailbox.Query{Kinds: []quire.Kind{quire.KindAnswer}, From: "mia"})
	require.NoError(t, err)
	require.Len(t, page.Rows, 1)
	assert.Equal(t, q.ID, page.Rows[0].InReplyTo)
	assert.Equal(t, http.StatusNotFound, post(t, h, "answer", "", form("mia", 9999, "no")).Code)
	assert.Equal(t, http.StatusBadRequest, post(t, h, "answer", "", form("ada", 1, "no")).Code, "no question")
	assert.Equal(t, http.StatusBadRequest, post(t, h, "done", "", form("<mia>", 1, "")).Code)
}

func TestADeadLetterIsSentAgain(t *testing.T) {
	w := grow(t, false)
	h := w.handler(t, Options{Allow: anybody})
	assert.Contains(t, get(t, h, "/dead"), "Send again")
	for range 2 {
		r := post(t, h, "retry", "same-origin", url.Values{"box": {"work"}, "n": {"1"}, "back": {"dead"}})
		if r.Code != http.StatusSeeOther {
			assert.Equal(t, http.StatusConflict, r.Code, "the second time it is none")
		}
	}
	assert.NotContains(t, get(t, h, "/dead"), "Send again")
	done, err := w.store.Commit(t.Context(), mailbox.Commit{Address: "work", Now: w.time(), Claim: &mailbox.Claim{Holder: "w", Attempts: 1, Limit: 9}})
	require.NoError(t, err)
	require.Len(t, done.Claimed, 1, "it is work again, once")
	items, err := w.store.Box("work").Read(t.Context(), done.Claimed[0].UID)
	require.NoError(t, err)
	assert.Equal(t, quire.Address("mia"), items[0].From)
	assert.Equal(t, harmless(0), quire.PlainText(items[0].Parts))
}

// Nobody waits for an answer after its deadline: it is not counted, and the page says what holds.
func TestAQuestionWhoseDeadlineIsOverIsNotOpen(t *testing.T) {
	w := grow(t, false)
	h := w.handler(t, Options{})
	open := body[*overview](t, h, "/").Questions
	for _, q := range []quire.Question{{Default: "wait for Monday", Reversible: true}, {}} {
		ask := quire.Mail("mia", "Is it too late?", "Shall I?")
		q.ReplyBy = w.time().Add(-time.Minute)
		ask.Kind, ask.Question = quire.KindQuestion, &q
		_, err := w.store.Box("ada").Send(t.Context(), ask)
		require.NoError(t, err)
	}
	assert.Equal(t, open, body[*overview](t, h, "/").Questions)
	page := get(t, h, "/questions")
	assert.Contains(t, page, "the default “wait for Monday” holds, and an answer now is a correction")
	assert.Contains(t, page, "nothing was decided")
}
