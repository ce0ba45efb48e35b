package record

import (
	"bytes"
	"io"
	"net/http"

	"github.com/quire-dev/quire/internal/jsontext"
)

// requestLine is a request as the file has it.
type requestLine struct {
	At     string   `json:"at"`
	Method string   `json:"method"`
	URL    string   `json:"url"`
	Header []string `json:"header"`
	bodyFields
}

func (l *requestLine) key(body []byte) (key, string, error) {
	what := l.Method + " " + where(l.URL)
	return newKey(kindRequest, what, body), what, nil
}

// request is what of a request is kept and compared.
type request struct {
	key    key
	method string
	url    string
	header []string
	body   []byte
}

func (r *Recording) request(req *http.Request, body []byte) *request {
	q := &request{
		method: req.Method, url: r.url(req.URL), header: r.header(req.Header), body: r.redactText(body),
	}
	if q.method == "" {
		q.method = http.MethodGet
	}
	q.key = newKey(kindRequest, q.method+" "+where(q.url), q.body)
	return q
}

// readBody reads and closes the body of a request, as its transport has to.
func readBody(req *http.Request) ([]byte, error) {
	if req.Body == nil {
		return nil, nil
	}
	defer req.Body.Close()
	return io.ReadAll(req.Body)
}

// again returns a copy of req that can be sent with the body that was read.
func again(req *http.Request, body []byte) *http.Request {
	out := req.Clone(req.Context())
	if req.Body == nil || req.Body == http.NoBody {
		return out
	}
	out.ContentLength = int64(len(body))
	out.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	out.Body, _ = out.GetBody()
	return out
}

// begin makes the line of the request. It was redacted already.
func (q *request) begin(r *Recording) *lines {
	var o jsontext.Object
	r.stamp(&o)
	o.String("method", q.method)
	o.String("url", q.url)
	appendHeader(&o, q.header)
	appendBody(&o, q.body)
	l := &lines{r: r}
	l.put(kindRequest, o.End(), nil)
	return l
}

func appendHeader(o *jsontext.Object, list []string) {
	if len(list) == 0 {
		return
	}
	o.Name("header")
	o.B = append(o.B, '[')
	for i, h := range list {
		o.B = jsontext.AppendString(comma(o.B, i), h)
	}
	o.B = append(o.B, ']')
}
