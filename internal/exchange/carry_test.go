package exchange_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/exchange"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/modeltest"
)

// vendor is a client that makes bodies of its own, tries again, ends its
// requests' contexts when it has an answer, and insists on a field "ok".
type vendor struct {
	url   string
	http  *http.Client
	tries int
}

func (v *vendor) ask(ctx context.Context) error {
	for try := 1; ; try++ {
		err, again := v.once(ctx)
		if err == nil || !again || try >= v.tries {
			return err
		}
	}
}

func (v *vendor) once(ctx context.Context) (err error, again bool) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, "POST", v.url, strings.NewReader(`{"theirs":true}`))
	if err != nil {
		return err, false
	}
	req.Header.Set("X-Api-Key", "secret")
	req.Header.Set("Anthropic-Beta", "theirs")
	res, err := v.http.Do(req)
	if err != nil {
		return err, false
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return err, false
	}
	if string(body) != `{"ok":true}` {
		return fmt.Errorf("vendor: HTTP %d: %s", res.StatusCode, body), res.StatusCode >= 500
	}
	return nil, false
}

func carrying(v *vendor) *exchange.Adapter {
	return &exchange.Adapter{Provider: "mine", API: quire.APIAnthropic, Profile: models.Profile{Name: "claude-opus-5-5"}, Send: func(ctx context.Context, r *exchange.Request) (*http.Response, error) {
		return exchange.Carry(ctx, r, `{"ok":true}`, v.ask)
	}}
}

func TestCarryKit(t *testing.T) {
	modeltest.Run(t, func(t *testing.T, s modeltest.Script) providers.Model {
		srv := modeltest.NewServer(t, quire.APIAnthropic, s)
		return carrying(&vendor{srv.URL + "/v1/messages", exchange.Client(nil), 1})
	})
}

func TestCarryReplacesBodyAndHeaders(t *testing.T) {
	srv := modeltest.NewServer(t, quire.APIAnthropic, modeltest.Script{modeltest.Say("x")})
	a := carrying(&vendor{srv.URL + "/v1/messages", exchange.Client(nil), 1})
	_, err := a.Generate(t.Context(), hello())
	require.NoError(t, err)
	r, err := a.Encode(hello(), false)
	require.NoError(t, err)
	got := srv.Requests()[0]
	assert.Equal(t, string(r.Body), string(got.Body))
	assert.Equal(t, "secret", got.Header.Get("X-Api-Key"), "the client's own stay")
	assert.Equal(t, "2023-06-01", got.Header.Get("Anthropic-Version"))
	assert.Regexp(t, `^theirs,thinking-binding`, got.Header.Get("Anthropic-Beta"))
}

// TestCarryRetries: the client sees what went wrong, sends our body again, and
// the last answer counts.
func TestCarryRetries(t *testing.T) {
	fail := modeltest.Step{Fail: providers.CodeUnavailable}
	srv := modeltest.NewServer(t, quire.APIAnthropic, modeltest.Script{fail, fail, modeltest.Say("at last"), fail, fail, fail})
	a := carrying(&vendor{srv.URL + "/v1/messages", exchange.Client(nil), 3})
	r, err := a.Generate(t.Context(), hello())
	require.NoError(t, err)
	assert.Equal(t, "at last", quire.PlainText(r.Parts))
	assert.Equal(t, srv.Requests()[0].Body, srv.Requests()[2].Body)
	_, err = a.Generate(t.Context(), hello())
	assert.Equal(t, providers.CodeUnavailable, typed(t, err).Code)
	assert.ErrorContains(t, err, "HTTP 500")
	assert.Len(t, srv.Requests(), 6)
}

func TestCarryWhatIsNotSent(t *testing.T) {
	srv := modeltest.NewServer(t, quire.APIAnthropic, modeltest.Script{{Body: `{"ok":true}`}})
	srv.Tolerate = true
	_, err := carrying(&vendor{srv.URL + "/v1/messages", http.DefaultClient, 1}).Generate(t.Context(), hello())
	assert.ErrorIs(t, err, exchange.ErrNotSent, "a client of another making")
	assert.Equal(t, providers.CodeInvalid, typed(t, err).Code)
	_, err = carrying(&vendor{"://", exchange.Client(nil), 1}).Generate(t.Context(), hello())
	assert.ErrorIs(t, err, exchange.ErrNotSent)
	srv.Close()
	_, err = carrying(&vendor{srv.URL, exchange.Client(nil), 1}).Generate(t.Context(), hello())
	assert.Equal(t, providers.CodeUnavailable, typed(t, err).Code)
	assert.NotErrorIs(t, err, exchange.ErrNotSent)
}

func TestClientFollowsNoRedirects(t *testing.T) {
	var seen sync.Map
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		seen.Store(req.URL.Path, true)
		http.Redirect(w, req, "/elsewhere", http.StatusTemporaryRedirect)
	}))
	defer srv.Close()
	_, err := carrying(&vendor{srv.URL, exchange.Client(nil), 1}).Generate(t.Context(), hello())
	assert.Equal(t, providers.CodeInvalid, typed(t, err).Code)
	_, ok := seen.Load("/elsewhere")
	assert.False(t, ok)
	mine := errors.New("mine")
	base := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return mine }}
	_, err = exchange.Client(base).Get(srv.URL)
	assert.ErrorIs(t, err, mine, "unless base says how; what is not carried passes unchanged")
	assert.Nil(t, base.Transport, "base is not modified")
}

// TestClientTimeout holds for the body too, which the vendor's client never sees.
func TestClientTimeout(t *testing.T) {
	release := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		io.WriteString(w, begun)
		w.(http.Flusher).Flush()
		<-release
	}))
	defer srv.Close()
	defer close(release)
	a := carrying(&vendor{srv.URL, exchange.Client(&http.Client{Timeout: 50 * time.Millisecond}), 1})
	_, err := last(a.Stream(t.Context(), hello()))
	assert.Equal(t, providers.CodeUnavailable, typed(t, err).Code)
	assert.ErrorIs(t, err, context.DeadlineExceeded)
}

// late returns before its request does, as a client may that is cancelled.
func TestCarryLeavesNothingThatComesLate(t *testing.T) {
	srv := modeltest.NewServer(t, quire.APIAnthropic, modeltest.Script{modeltest.Say("x")})
	v := &vendor{srv.URL + "/v1/messages", exchange.Client(nil), 1}
	r, err := carrying(v).Encode(hello(), false)
	require.NoError(t, err)
	mine, begin, done := errors.New("enough"), make(chan struct{}), make(chan error)
	_, err = exchange.Carry(t.Context(), r, `{"ok":true}`, func(ctx context.Context) error {
		go func() { <-begin; done <- v.ask(ctx) }()
		return mine
	})
	assert.ErrorIs(t, err, mine)
	close(begin)
	assert.ErrorContains(t, <-done, "after the call had ended")
}
