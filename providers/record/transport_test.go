package record

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/scripted"
)

// reads reads a body piece by piece.
func reads(b io.Reader) (out []string, err error) {
	p := make([]byte, 1024)
	for {
		n, err := b.Read(p)
		if n > 0 {
			out = append(out, string(p[:n]))
		}
		if err != nil {
			return out, err
		}
	}
}

func TestStreamsComeInTheirPieces(t *testing.T) {
	pieces := []string{"data: a\n", "\nda", "ta: \xe6", "\xbc\xa2\n\n"}
	rec := recordOf(t, nil)
	want := &slowly{left: append([]string(nil), pieces...)}
	res, err := rec.Transport(answer(201, http.Header{"Content-Type": {"text/event-stream; charset=utf-8"}}, want)).RoundTrip(post(t, "http://a/b", ""))
	require.NoError(t, err)
	got, err := reads(res.Body)
	assert.Equal(t, io.EOF, err)
	assert.Equal(t, pieces, got)

	played := rec.reopen(t)
	res, err = played.Transport(nil).RoundTrip(post(t, "http://a/b", ""))
	require.NoError(t, err)
	assert.Equal(t, 201, res.StatusCode)
	assert.Equal(t, "201 Created", res.Status)
	assert.EqualValues(t, -1, res.ContentLength)
	got, err = reads(res.Body)
	assert.Equal(t, io.EOF, err)
	assert.Equal(t, pieces, got)
	require.NoError(t, res.Body.Close())
	_, err = res.Body.Read(make([]byte, 1))
	assert.Equal(t, http.ErrBodyReadAfterClose, err)
}

// TestWholeBodies are one piece, whatever the reads were; compressed ones come back
// as they are.
func TestWholeBodies(t *testing.T) {
	rec := recordOf(t, nil)
	back := http.Header{"Content-Type": {"application/json"}, "Content-Encoding": {"gzip"}}
	_, b, err := do(t, rec.Transport(answer(200, back, &slowly{left: []string{"\x1f\x8b", "\xff\x00"}})), post(t, "http://a/b", ""))
	require.NoError(t, err)
	assert.Contains(t, rec.text(t), `"base64":"H4v/AA=="`)
	res, played, err := do(t, rec.reopen(t).Transport(nil), post(t, "http://a/b", ""))
	require.NoError(t, err)
	assert.Equal(t, b, played)
	assert.EqualValues(t, len(b), res.ContentLength)
	assert.Equal(t, back, res.Header)
}

// TestRequestsGoOutAsTheyAre: with a body and its length, or without one; also to a
// server on another port each time, which leaves no trace.
func TestRequestsGoOutAsTheyAre(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		b, _ := io.ReadAll(req.Body)
		fmt.Fprintf(w, "%s %d %s", req.Method, req.ContentLength, b)
	}))
	defer srv.Close()
	ask := func(c *http.Client, base string) []string {
		var out []string
		for _, send := range []func() (*http.Response, error){
			func() (*http.Response, error) { return c.Post(base+"/x", "text/plain", strings.NewReader("body")) },
			func() (*http.Response, error) { return c.Get(base + "/x") },
		} {
			res, err := send()
			require.NoError(t, err)
			b, err := io.ReadAll(res.Body)
			require.NoError(t, err)
			require.NoError(t, res.Body.Close())
			out = append(out, string(b))
		}
		c.CloseIdleConnections()
		return out
	}
	rec := recordOf(t, nil)
	want := []string{"POST 4 body", "GET 0 "}
	assert.Equal(t, want, ask(&http.Client{Transport: rec.Transport(srv.Client().Transport)}, srv.URL))
	assert.Equal(t, want, ask(&http.Client{Transport: rec.reopen(t).Transport(nil)}, "http://elsewhere.invalid"))
	_, port, err := net.SplitHostPort(srv.Listener.Addr().String())
	require.NoError(t, err)
	assert.NotContains(t, rec.text(t), port)
}

// TestCutConnections: before an answer, and in the middle of one.
func TestCutConnections(t *testing.T) {
	late := errors.New("wait for the answer: took too long")
	for name, c := range map[string]struct{ err, want error }{
		"unexpected end": {io.ErrUnexpectedEOF, io.ErrUnexpectedEOF},
		"timeout":        {timeout{late}, &connectionError{late.Error(), true}},
		"other":          {late, &connectionError{late.Error(), false}},
	} {
		t.Run(name, func(t *testing.T) {
			rec := recordOf(t, nil)
			whole := answer(200, http.Header{"Content-Type": {"application/x-ndjson"}}, io.MultiReader(strings.NewReader("{}\n{"), failing{c.err}))
			_, b, err := do(t, rec.Transport(whole), post(t, "http://a/b", ""))
			require.ErrorIs(t, err, c.err)
			assert.Equal(t, "{}\n{", string(b))
			_, _, err = do(t, rec.Transport(respondWith(func(*http.Request) (*http.Response, error) { return nil, c.err })), post(t, "http://a/c", ""))
			require.ErrorIs(t, err, c.err)

			played := rec.reopen(t).Transport(nil)
			_, b, err = do(t, played, post(t, "http://a/b", ""))
			assert.Equal(t, c.want, err)
			assert.Equal(t, "{}\n{", string(b))
			_, _, err = do(t, played, post(t, "http://a/c", ""))
			assert.Equal(t, c.want, err)
			var ne net.Error
			assert.Equal(t, name == "timeout", errors.As(err, &ne) && ne.Timeout())
		})
	}
}

type timeout struct{ error }

func (timeout) Timeout() bool   { return true }
func (timeout) Temporary() bool { return true }

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// TestLeft: who stopped reading gets as much again, and who reads on is told.
func TestLeft(t *testing.T) {
	rec := recordOf(t, nil)
	res, err := rec.Transport(answer(200, http.Header{"Content-Type": {"text/event-stream"}}, &slowly{left: []string{"a", "b"}})).RoundTrip(post(t, "http://a/b", ""))
	require.NoError(t, err)
	_, err = res.Body.Read(make([]byte, 9))
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	for range providers.Stream(bg, rec.Model(answers{reply: &quire.Reply{}}), hello()) {
		break
	}

	played := rec.reopen(t)
	_, b, err := do(t, played.Transport(nil), post(t, "http://a/b", ""))
	assert.Equal(t, errLeft, err)
	assert.Equal(t, "a", string(b))
	deltas, err := drain(played.Model(nil), hello())
	require.ErrorIs(t, err, errLeft)
	assert.Equal(t, []quire.Delta{{Text: "provi"}}, deltas)
}

// TestCancelled: a call that was cancelled waits for the same, but is not kept where
// it would be played without anybody's asking.
func TestCancelled(t *testing.T) {
	for _, mode := range []Mode{Record, ReplayOrRecord} {
		rec := recordOf(t, &Options{Mode: mode})
		ctx, cancel := context.WithCancel(bg)
		hang := respondWith(func(req *http.Request) (*http.Response, error) {
			cancel()
			<-req.Context().Done()
			return nil, req.Context().Err()
		})
		_, _, err := do(t, rec.Transport(hang), post(t, "http://a/b", "").WithContext(ctx))
		require.ErrorIs(t, err, context.Canceled)
		ctx, cancel = context.WithCancel(bg)
		middle := answer(200, http.Header{"Content-Type": {"text/event-stream"}}, io.MultiReader(strings.NewReader("a"), readerFunc(func([]byte) (int, error) {
			cancel()
			return 0, ctx.Err()
		})))
		_, _, err = do(t, rec.Transport(middle), post(t, "http://a/c", "").WithContext(ctx))
		require.ErrorIs(t, err, context.Canceled)
		ctx, cancel = context.WithCancel(bg)
		_, err = rec.Model(scripted.Func(func(ctx context.Context, _ int, _ *quire.Prompt) (*quire.Reply, error) {
			cancel()
			return nil, ctx.Err()
		})).Generate(ctx, hello())
		require.ErrorIs(t, err, context.Canceled)

		played := rec.reopen(t)
		if mode == ReplayOrRecord {
			assert.Empty(t, played.Unused())
			continue
		}
		require.Len(t, played.Unused(), 3)
		for _, path := range []string{"/b", "/c"} {
			ctx, cancel := context.WithCancel(bg)
			timer := time.AfterFunc(time.Millisecond, cancel)
			_, b, err := do(t, played.Transport(nil), post(t, "http://a"+path, "").WithContext(ctx))
			assert.Equal(t, context.Canceled, err)
			assert.Equal(t, strings.TrimPrefix(path, "/") == "c", string(b) == "a")
			timer.Stop()
		}
		ctx, cancel = context.WithCancel(bg)
		time.AfterFunc(time.Millisecond, cancel)
		_, err = played.Model(nil).Generate(ctx, hello())
		assert.Equal(t, context.Canceled, err)
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// TestClosedWhileItWaits: a body that waits for its context is let go by Close.
func TestClosedWhileItWaits(t *testing.T) {
	x := &exchange{end: endCancelled, response: &response{status: 200}}
	res, err := x.respond(post(t, "http://a/b", ""))
	require.NoError(t, err)
	done := make(chan error)
	go func() {
		_, err := res.Body.Read(make([]byte, 1))
		done <- err
	}()
	require.NoError(t, res.Body.Close())
	assert.Equal(t, http.ErrBodyReadAfterClose, <-done)
}

func TestUpgradesAreNoted(t *testing.T) {
	rec := recordOf(t, nil)
	body := io.NopCloser(strings.NewReader("frames"))
	res, err := rec.Transport(respondWith(func(req *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 101, Header: http.Header{"Upgrade": {"websocket"}}, Body: body}, nil
	})).RoundTrip(post(t, "http://a/b", ""))
	require.NoError(t, err)
	assert.Equal(t, body, res.Body, "as it is, since a websocket also writes to it")
	assert.Equal(t, []string{"POST /b became a websocket connection: what went over it is not kept"}, rec.Notes())
	assert.Equal(t, firstLine, rec.text(t))
}
