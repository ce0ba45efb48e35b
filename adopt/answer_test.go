package adopt_test

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire/adopt"
)

const (
	askHi    = `{"model":"claude-sonnet-4-5","max_tokens":9,"messages":[{"role":"user","content":"Hi"}]}`
	saysYes  = `{"id":"m","type":"message","role":"assistant","model":"claude-sonnet-4-5","content":[{"type":"text","text":"Yes."}],"stop_reason":"end_turn","usage":{"input_tokens":9,"output_tokens":2}}`
	yesEvent = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"claude-sonnet-4-5\",\"content\":[],\"usage\":{\"input_tokens\":9,\"output_tokens\":1}}}\n\nevent: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":2}}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"
)

// transportFunc is a transport that is no connection.
type transportFunc func(*http.Request) (*http.Response, error)

func (f transportFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// A client that unpacks answers itself gets them packed, and their usage is known all the same.
func TestCompressedAnswersPass(t *testing.T) {
	pack := func(s string) []byte {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = io.WriteString(z, s)
		require.NoError(t, z.Flush())
		if s == saysYes {
			require.NoError(t, z.Close()) // a stream is closed before its end
		}
		return b.Bytes()
	}
	for typ, body := range map[string]string{"application/json": saysYes, "text/event-stream": yesEvent} {
		packed := pack(body)
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", typ)
			w.Header().Set("Content-Encoding", "gzip")
			w.Header().Set("Trailer", "X-Sum")
			_, _ = w.Write(packed)
			w.Header().Set("X-Sum", "1")
		}))
		var calls []adopt.Call
		client := &http.Client{Transport: adopt.New(budget, &adopt.Options{OnCall: func(c adopt.Call) { calls = append(calls, c) }})}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/v1/messages", strings.NewReader(askHi))
		require.NoError(t, err)
		req.Header.Set("Accept-Encoding", "gzip")
		res, err := client.Do(req)
		require.NoError(t, err)
		got, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		assert.Equal(t, packed, got)
		assert.Equal(t, "1", res.Trailer.Get("X-Sum"))
		require.Len(t, calls, 1)
		require.NoError(t, calls[0].Err, typ)
		assert.Equal(t, 9, calls[0].Usage.Input)
		assert.Equal(t, 2, calls[0].Usage.Output)
		server.Close()
	}
}

// What can't be unpacked is the client's as it is, and the call says that its usage is not known.
func TestAnAnswerInAnotherCompression(t *testing.T) {
	var last adopt.Call
	client := &http.Client{Transport: adopt.New(budget, &adopt.Options{
		OnCall: func(c adopt.Call) { last = c },
		Base: transportFunc(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Header: http.Header{"Content-Encoding": {"br"}}, Body: io.NopCloser(strings.NewReader("packed"))}, nil
		}),
	})}
	res, err := client.Post("http://localhost/v1/messages", "application/json", strings.NewReader(askHi))
	require.NoError(t, err)
	got, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	assert.Equal(t, "packed", string(got))
	assert.ErrorContains(t, last.Err, "compressed (br)")
}

// A transport of a client's own may leave out of a response what net/http's never does.
func TestAnAnswerWithoutHeaderOrBody(t *testing.T) {
	for _, body := range []string{askHi, "no JSON"} {
		calls := 0
		client := &http.Client{Transport: adopt.New(budget, &adopt.Options{
			OnCall: func(adopt.Call) { calls++ },
			Base:   transportFunc(func(*http.Request) (*http.Response, error) { return &http.Response{StatusCode: 204}, nil }),
		})}
		res, err := client.Post("http://localhost/v1/messages", "application/json", strings.NewReader(body))
		require.NoError(t, err)
		got, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		assert.Empty(t, got)
		assert.Equal(t, 1, calls)
	}
}

// slow is a body that is read while it is closed.
type slow struct{ reading, closed chan struct{} }

func (s slow) Read(p []byte) (int, error) {
	close(s.reading)
	<-s.closed
	return copy(p, "late"), io.ErrClosedPipe
}

func (s slow) Close() error { close(s.closed); return nil }

// A client may close an answer from another goroutine than the one that reads it: that is how
// it stops a stream.
func TestAnAnswerIsClosedWhileItIsRead(t *testing.T) {
	body := slow{make(chan struct{}), make(chan struct{})}
	calls := make(chan adopt.Call, 2)
	transport := adopt.New(budget, &adopt.Options{
		OnCall: func(c adopt.Call) { calls <- c },
		Base:   transportFunc(func(*http.Request) (*http.Response, error) { return &http.Response{StatusCode: 200, Body: body}, nil }),
	})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://localhost/v1/messages", strings.NewReader(askHi))
	require.NoError(t, err)
	res, err := transport.RoundTrip(req)
	require.NoError(t, err)
	read := make(chan string)
	go func() {
		p := make([]byte, 9)
		n, _ := res.Body.Read(p)
		read <- string(p[:n])
	}()
	<-body.reading
	require.NoError(t, res.Body.Close())
	assert.Equal(t, "late", <-read)
	require.Len(t, calls, 1)
	c := <-calls
	assert.ErrorContains(t, c.Err, "closed before")
}

// What a request cost is known of those too that passed unchanged.
func TestUsageOfWhatPassedUnchanged(t *testing.T) {
	var calls []adopt.Call
	client := &http.Client{Transport: adopt.New(2, &adopt.Options{
		OnCall: func(c adopt.Call) { calls = append(calls, c) },
		Base: transportFunc(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader(saysYes))}, nil
		}),
	})}
	res, err := client.Post("http://localhost/v1/messages", "application/json", strings.NewReader(askHi))
	require.NoError(t, err)
	require.Empty(t, calls, "it has not been read yet")
	_, err = io.ReadAll(res.Body)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Len(t, calls, 1)
	require.Error(t, calls[0].Unchanged)
	require.NoError(t, calls[0].Err)
	assert.Equal(t, 9, calls[0].Usage.Input)
}

// framed is a frame of AWS's with a payload and a header that says nothing.
func framed(payload string) []byte {
	const header = "\x0b:event-type\x07\x00\x05chunk"
	b := binary.BigEndian.AppendUint32(nil, uint32(16+len(header)+len(payload)))
	b = binary.BigEndian.AppendUint32(b, uint32(len(header)))
	b = append(b, "sum1"+header+payload+"sum2"...)
	return b
}

// What an answer of another type said can't be known, and that is what is said of it; Bedrock's
// streams can be read. Both pass as they are.
func TestTypesOfAnswers(t *testing.T) {
	var stream []byte
	for _, event := range strings.Split(strings.TrimSpace(yesEvent), "\n\n") {
		_, data, _ := strings.Cut(event, "data: ")
		chunk, err := json.Marshal(map[string]any{"bytes": []byte(data), "p": "abcd"})
		require.NoError(t, err)
		stream = append(stream, framed(string(chunk))...)
	}
	const aws = "application/vnd.amazon.eventstream"
	for _, c := range []struct{ typ, body, err string }{
		{aws, string(stream), ""},
		{aws, string(stream) + "half", ""},
		{aws, string(framed(`{"message":"too much"}`)), "EOF"},
		{aws, "\x00\x00\x00\x01\x00\x00\x00\x02sum", "unexpected EOF"},
		{aws, "\x00\x00\x00\x01\x00\x00\x00\x02sumsum", "no event stream"},
		{"text/html", "<html>Sign in</html>", `of the type "text/html"`},
		{"application/x-protobuf", "\x00", `of the type "application/x-protobuf"`},
		{"Application/JSON; charset=utf-8", saysYes, ""},
		{"text/plain", saysYes, ""}, // which it is
		{"", saysYes, ""},
	} {
		var call adopt.Call
		client := &http.Client{Transport: adopt.New(budget, &adopt.Options{OnCall: func(c adopt.Call) { call = c }, Base: transportFunc(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {c.typ}}, Body: io.NopCloser(strings.NewReader(c.body))}, nil
		})})}
		res, err := client.Post("http://localhost/model/anthropic.claude-sonnet-4-5-v1:0/invoke", "application/json", strings.NewReader(askHi))
		require.NoError(t, err)
		got, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		assert.Equal(t, c.body, string(got))
		if c.err == "" {
			assert.NoError(t, call.Err, c.typ)
			assert.Equal(t, 9, call.Usage.Input, c.typ)
		} else {
			assert.ErrorContains(t, call.Err, c.err, c.typ)
		}
	}
}
