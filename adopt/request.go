package adopt

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/quire-dev/quire"
)

// maxBody is how large a request may be that is composed.
const maxBody = 128 << 20

// errBedrock says that a request is in Bedrock's own format, or in that of a model's vendor that
// is none of those known.
var errBedrock = errors.New("of Bedrock's formats only Anthropic's can be composed")

// knows says which format a request's path is of, and the model where the path says it; err
// says that it is one which can't be composed. "" without an error is none that is known.
func knows(r *http.Request) (api quire.API, model string, err error) {
	if r.Method != http.MethodPost || r.Body == nil {
		return "", "", nil
	}
	path := strings.TrimSuffix(r.URL.Path, "/")
	switch {
	case strings.HasSuffix(path, "/messages"):
		return quire.APIAnthropic, "", nil
	case strings.HasSuffix(path, "/chat/completions"):
		return quire.APIOpenAIChat, "", nil
	case strings.HasSuffix(path, "/responses"):
		return quire.APIOpenAIResponses, "", nil
	}
	i := strings.LastIndexByte(path, '/')
	if i < 0 {
		return "", "", nil
	}
	switch method := path[i+1:]; method {
	case "invoke", "invoke-with-response-stream", "converse", "converse-stream":
		_, name, ok := strings.Cut(path[:i], "/model/") // which may be an ARN, with slashes in it
		switch {
		case !ok || name == "":
			return "", "", nil
		case strings.HasPrefix(method, "invoke") && strings.Contains(name, "anthropic."):
			return quire.APIAnthropic, name, nil // as anthropic-sdk-go's bedrock package asks it
		}
		return "", name, errBedrock
	}
	name, method, _ := strings.Cut(path[i+1:], ":")
	switch {
	case name == "":
	case method == "generateContent" || method == "streamGenerateContent":
		return quire.APIGemini, name, nil
	case (method == "rawPredict" || method == "streamRawPredict") && name != "count-tokens" && strings.HasSuffix(path[:i], "/publishers/anthropic/models"):
		return quire.APIAnthropic, name, nil // Claude on Vertex, as anthropic-sdk-go's vertex package asks it
	}
	return "", "", nil
}

// errTooLarge says that a request is too large to be composed.
var errTooLarge = fmt.Errorf("the request has more than %d MiB", maxBody>>20)

// errCompressed and errSealed say that a request's body can't be another one.
var (
	errCompressed = errors.New("the request is compressed")
	errSealed     = errors.New("holds for this body only")
)

// take reads a request's body. What it returns with an error is all that was read, and the
// rest of the body stays in r: see [restored].
func take(r *http.Request) ([]byte, error) {
	if r.Header.Get("Content-Encoding") != "" {
		return nil, errCompressed
	}
	if name := sealed(r.Header); name != "" {
		return nil, fmt.Errorf("its %s header %w: sign requests behind the transport, in its Base", name, errSealed)
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err == nil && len(body) > maxBody {
		err = errTooLarge
	}
	return body, err
}

// sealed returns the header that is a signature or a sum of the body; "" is none.
func sealed(h http.Header) string {
	if strings.HasPrefix(h.Get("Authorization"), "AWS4-") {
		return "Authorization"
	}
	for _, name := range []string{"Content-Digest", "Digest", "Content-Md5", "X-Amz-Content-Sha256"} {
		if h.Get(name) != "" {
			return name
		}
	}
	return ""
}

// with is the request with another body. r is not changed, but its body is read and closed.
func with(r *http.Request, body []byte) *http.Request {
	_ = r.Body.Close()
	c := bare(r)
	c.Body = io.NopCloser(bytes.NewReader(body))
	c.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	c.ContentLength = int64(len(body))
	return c
}

// restored is the request with what was read of its body before what was not.
func restored(r *http.Request, read []byte) *http.Request {
	c := bare(r)
	c.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(read), r.Body), r.Body}
	return c
}

// bare is a copy of the request that does not name a conversation.
func bare(r *http.Request) *http.Request {
	c := r.Clone(r.Context())
	c.Header.Del(HeaderConversation)
	return c
}
