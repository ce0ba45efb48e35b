package record

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/codec"
	adapters "github.com/quire-dev/quire/internal/exchange"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/providers"
)

func TestDifference(t *testing.T) {
	long := strings.Repeat("the quick brown fox ", 20)
	for _, c := range []struct{ recorded, now, want string }{
		{`{"a":1,"b":[1,{"c":"x"}]}`, `{"a":1,"b":[1,{"c":"y"}]}`, `b[1].c, character 0: recorded "x", now "y"`},
		{`{"a":"` + long + `jumps"}`, `{"a":"` + long + `läuft"}`, `a, character 400: recorded …"the quick brown fox jumps", now …"the quick brown fox läuft"`},
		{`{"a":"ä"}`, `{"a":"ö"}`, `a, character 0: recorded "ä", now "ö"`},
		{`{"a":1}`, `{"a":"1"}`, `a: recorded 1, now "1"`},
		{`{"a":1}`, `{"a":2.50}`, `a: recorded 1, now 2.50`},
		{`{"a":1}`, `{"b":1}`, `the top: recorded the member a, now b`},
		{`{"m":{"a":1}}`, `{"m":{"a":1,"b":{}}}`, `m.b: not recorded, now {}`},
		{`[1,2]`, `[1]`, `[1]: recorded 2, now missing`},
		{`{}`, `[]`, `the top: recorded {}, now []`},
		{`{"a":1}`, `{"a": 1}`, `byte 5: the same JSON, written otherwise: recorded "{\"a\":1}", now "{\"a\": 1}"`},
		{`{"a":"\u00e9"}`, `{"a":"é"}`, `byte 6: the same JSON, written otherwise: recorded "{\"a\":\"\\u00e9\"}", now "{\"a\":\"é\"}"`},
		{`{"a":"\ud800"}`, `{"a":"x"}`, `a: recorded "\ud800", now "x"`},
		{"abc", "abd", `byte 2: recorded "abc", now "abd"`},
		{"", "\xff", `byte 0: recorded "", now "\xff"`},
	} {
		assert.Equal(t, c.want, difference([]byte(c.recorded), []byte(c.now)))
	}
}

// TestDifferenceIsTotal: of any two bodies.
func TestDifferenceIsTotal(t *testing.T) {
	piece := rapid.OneOf(rapid.StringMatching(`[\[\]{}",:a1\\é ]{0,12}`), rapid.SampledFrom([]string{
		`{"a":[1,"xé"]}`, `{"a":[1,"x\u00e9"]}`, `{"a":[1,"xê"]}`, `{"a":null,"b":""}`, `[]`, `""`, `null`, `{"a":"\xff"}`, "\xff\xfe",
	}))
	rapid.Check(t, func(t *rapid.T) {
		a, b := piece.Draw(t, "a"), piece.Draw(t, "b")
		if a != b {
			require.NotEmpty(t, difference([]byte(a), []byte(b)))
		}
	})
}

func TestUnknownPrompts(t *testing.T) {
	rec := sample(t).reopen(t)
	m := rec.Model(nil)
	p := hello()
	p.Messages[0].Parts = []quire.Part{quire.Text{Text: "Hell"}}
	_, err := m.Generate(bg, p)
	var pe *providers.Error
	require.ErrorAs(t, err, &pe)
	assert.Equal(t, providers.CodeInvalid, pe.Code, "so that nobody tries again")
	var ue *UnknownError
	require.ErrorAs(t, err, &ue)
	assert.Equal(t, &UnknownError{
		Path: rec.path, Request: "prompt for m, 1 messages", Line: 2, Nearest: "prompt for m, 1 messages",
		Diff: `messages[0].parts[0].text, character 4: recorded "Hello", now "Hell"`,
	}, ue)
	assert.Equal(t, "record: invalid: record: "+rec.path+" does not hold this request (prompt for m, 1 messages); nearest is line 2, "+
		`first difference at messages[0].parts[0].text, character 4: recorded "Hello", now "Hell"`, err.Error())

	p = hello()
	p.Messages[0].Seq++ // which no provider sees
	_, err = m.Generate(bg, p)
	require.NoError(t, err)
	_, err = m.Generate(bg, p)
	require.ErrorAs(t, err, &ue)
	assert.Equal(t, 1, ue.Times)
	assert.ErrorContains(t, err, "once more: it was recorded 1 times, all played (the last at line 2)")

	_, counts := m.(providers.TokenCounter)
	assert.False(t, counts, "nothing was counted")
	_, err = drain(m, &quire.Prompt{Tools: []quire.Tool{{Name: "ls"}}})
	assert.ErrorContains(t, err, "a model without a name, 0 messages")
	_, err = m.Generate(bg, &quire.Prompt{Messages: []quire.PromptMessage{{Parts: []quire.Part{nil}}}})
	assert.ErrorIs(t, err, codec.ErrNoPart)
}

func TestUnknownRequests(t *testing.T) {
	rec := recordOf(t, nil)
	rt := rec.Transport(respondWith(func(req *http.Request) (*http.Response, error) {
		return answer(200, nil, strings.NewReader(req.URL.Path))(req)
	}))
	for _, path := range []string{"/v1/messages", "/v1/other"} {
		_, _, err := do(t, rt, post(t, "http://a:1"+path, `{"model":"m","messages":["a"]}`))
		require.NoError(t, err)
	}
	played := rec.reopen(t)
	for _, c := range []struct{ url, body, want string }{
		{"http://b/v1/other", `{"model":"m","messages":["b"]}`, `; nearest is line 5, first difference at messages[0], character 0: recorded "a", now "b"`},
		{"http://b/v1/new", `{"model":"m","messages":["a"]}`, `nearest is line 2 (POST /v1/messages), first difference at the address: recorded POST /v1/messages, now POST /v1/new`},
		{"http://b/v1/messages?alt=sse", "", "now POST /v1/messages?alt=sse"},
	} {
		_, _, err := do(t, played.Transport(nil), post(t, c.url, c.body))
		var ue *UnknownError
		require.ErrorAs(t, err, &ue)
		assert.ErrorContains(t, err, c.want)
	}
	_, b, err := do(t, played.Transport(nil), post(t, "https://elsewhere:99/v1/other?key=x", `{"model":"m","messages":["a"]}`))
	require.NoError(t, err, "host, port and key don't count")
	assert.Equal(t, "/v1/other", string(b))

	empty := recordOf(t, nil).reopen(t)
	_, _, err = do(t, empty.Transport(nil), post(t, "http://b/x", ""))
	assert.ErrorContains(t, err, "does not hold this request (POST /x): it holds none like it")
}

// TestAnUnknownRequestIsNotTriedAgain: an adapter says what it is, and an agent does not
// take it for a server that can't be reached.
func TestAnUnknownRequestIsNotTriedAgain(t *testing.T) {
	rec := recordOf(t, nil)
	_, _, err := do(t, rec.Transport(respondWith(answer(200, nil, strings.NewReader("{}")))), post(t, "http://a/v1/messages", `{"model":"m"}`))
	require.NoError(t, err)
	client := adapters.Client(&http.Client{Transport: rec.reopen(t).Transport(nil)})
	a := &adapters.Adapter{Provider: "x", API: quire.APIAnthropic, Profile: models.Profile{Name: "m"}, Send: func(ctx context.Context, r *adapters.Request) (*http.Response, error) {
		return client.Do(post(t, "http://a/v1/messages", string(r.Body)).WithContext(ctx))
	}}
	check := func(err error) {
		t.Helper()
		var failure *providers.Error
		require.ErrorAs(t, err, &failure)
		assert.Equal(t, providers.CodeInvalid, failure.Code)
		assert.ErrorContains(t, err, "nearest is line 2")
		var unknown *UnknownError
		assert.ErrorAs(t, err, &unknown)
	}
	_, err = a.Generate(t.Context(), hello())
	check(err)
	_, err = drain(a, hello())
	check(err)
}

// TestInTheOrderOfTheRecording: the same request again gets the next answer; all
// that go out at once get one each.
func TestInTheOrderOfTheRecording(t *testing.T) {
	const n = 20
	rec := recordOf(t, nil)
	var mu sync.Mutex
	calls := 0
	rt := rec.Transport(respondWith(func(req *http.Request) (*http.Response, error) {
		mu.Lock()
		defer mu.Unlock()
		calls++
		return answer(200, nil, strings.NewReader(fmt.Sprint(calls)))(req)
	}))
	all := func(rt http.RoundTripper) map[string]bool {
		var wg sync.WaitGroup
		seen := map[string]bool{}
		for range n {
			wg.Go(func() {
				_, b, err := do(t, rt, post(t, "http://a/b", "{}"))
				mu.Lock()
				defer mu.Unlock()
				assert.NoError(t, err)
				seen[string(b)] = true
			})
		}
		wg.Wait()
		return seen
	}
	assert.Len(t, all(rt), n)
	for i := range 3 { // one after the other
		_, _, err := do(t, rt, post(t, "http://a/c", "{}"))
		require.NoError(t, err, i)
	}
	played := rec.reopen(t)
	assert.Len(t, all(played.Transport(nil)), n)
	for i := range 3 {
		_, b, err := do(t, played.Transport(nil), post(t, "http://a/c", "{}"))
		require.NoError(t, err)
		assert.Equal(t, fmt.Sprint(n+1+i), string(b))
	}
	assert.Empty(t, played.Unused())
}

// TestEitherWay: what was recorded whole is played as a stream, and the other way
// round.
func TestEitherWay(t *testing.T) {
	call := quire.ToolCall{ID: "1", Name: "ls", Args: "{}"}
	reply := &quire.Reply{Parts: []quire.Part{quire.Reasoning{Text: "hm"}, quire.Text{Text: "look"}, call}}
	rec := recordOf(t, nil)
	m := rec.Model(answers{reply: reply})
	_, err := m.Generate(bg, hello())
	require.NoError(t, err)
	_, err = drain(m, hello())
	require.NoError(t, err)
	played := rec.reopen(t).Model(nil)
	deltas, err := drain(played, hello())
	require.NoError(t, err)
	assert.Equal(t, []quire.Delta{{Reasoning: "hm"}, {Text: "look"}, {ToolCall: &call}, {Reply: reply}}, deltas)
	whole, err := played.Generate(bg, hello())
	require.NoError(t, err)
	assert.Equal(t, reply, whole)
}
