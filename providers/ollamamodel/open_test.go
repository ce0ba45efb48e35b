package ollamamodel_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/modeltest"
	"github.com/quire-dev/quire/providers/ollamamodel"
	"github.com/quire-dev/quire/providers/wire"
)

func failure(t *testing.T, err error) *providers.Error {
	t.Helper()
	var e *providers.Error
	require.ErrorAs(t, err, &e)
	assert.Equal(t, "ollama", e.Provider)
	return e
}

func hello() *quire.Prompt {
	return &quire.Prompt{Messages: []quire.PromptMessage{{Role: quire.RoleUser, Parts: []quire.Part{text("hi")}}}}
}

// dialled is the address that a model calls.
func dialled(t *testing.T, o ollamamodel.Options) string {
	t.Helper()
	var url string
	o.HTTPClient = &http.Client{Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
		url = req.URL.String()
		return nil, http.ErrHandlerTimeout
	})}
	m, err := ollamamodel.New("m", &o)
	require.NoError(t, err)
	_, err = m.Generate(t.Context(), hello())
	assert.Equal(t, providers.CodeUnavailable, failure(t, err).Code)
	return url
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// TestAddress: what Ollama's own programs let one leave out.
func TestAddress(t *testing.T) {
	for host, want := range map[string]string{
		"":                        "http://127.0.0.1:11434/api/chat",
		"example.org":             "http://example.org:11434/api/chat",
		"example.org:80":          "http://example.org:80/api/chat",
		":9":                      "http://127.0.0.1:9/api/chat",
		"http://example.org":      "http://example.org/api/chat",
		"https://example.org/":    "https://example.org/api/chat",
		"https://example.org/a/b": "https://example.org/a/b/api/chat",
		"ollama.com":              "https://ollama.com/api/chat",
		"::1":                     "http://[::1]:11434/api/chat",
		"[::1]:9":                 "http://[::1]:9/api/chat",
		"0.0.0.0":                 "http://127.0.0.1:11434/api/chat",
		"http://[::]:9":           "http://[::1]:9/api/chat",
		`"10.0.0.7" `:             "http://10.0.0.7:11434/api/chat",
	} {
		t.Setenv("OLLAMA_HOST", host)
		assert.Equal(t, want, dialled(t, ollamamodel.Options{}), "OLLAMA_HOST=%s", host)
		t.Setenv("OLLAMA_HOST", "elsewhere.example")
		if host != "" {
			assert.Equal(t, want, dialled(t, ollamamodel.Options{BaseURL: host}))
		}
	}
	for _, bad := range []string{"ftp://x", "http://a b", "http://%zz"} {
		_, err := ollamamodel.New("", &ollamamodel.Options{BaseURL: bad})
		assert.Equal(t, providers.CodeInvalid, failure(t, err).Code, bad)
	}
}

func TestProfile(t *testing.T) {
	m := open(t, "", ollamamodel.Options{Window: 8192, Profile: models.Profile{MaxOutput: 9, Thinking: 8}})
	want := models.FindOver(quire.APIOllama, "qwen3:8b")
	want.Window, want.MaxOutput, want.Thinking = 8192, 9, 8
	assert.Equal(t, want, m.Profile())
}

func TestPromptsThatCantBe(t *testing.T) {
	srv := modeltest.NewServer(t, quire.APIOllama, nil)
	nameless, err := ollamamodel.New("", &ollamamodel.Options{BaseURL: srv.URL})
	require.NoError(t, err)
	_, err = nameless.Generate(t.Context(), hello())
	assert.Equal(t, providers.CodeInvalid, failure(t, err).Code)
	assert.ErrorContains(t, err, "`ollama list`")
	for _, o := range []wire.Options{{OneCall: true}, {Choice: wire.ToolsAny}} {
		_, err = open(t, srv.URL, ollamamodel.Options{Request: o, Images: ollamamodel.ImagesSend}).Generate(t.Context(), rich(""))
		assert.Equal(t, providers.CodeInvalid, failure(t, err).Code)
	}
	assert.Empty(t, srv.Requests())
}

// TestFailuresSayWhatToDo, in the words of Ollama v0.17.4 and of none.
func TestFailuresSayWhatToDo(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
		code   providers.Code
		says   string
	}{
		"not pulled":       {404, `{"error":"model 'qwen3:8b' not found"}`, providers.CodeInvalid, "`ollama pull qwen3:8b`"},
		"not there":        {404, `{"error":"model \"qwen3:8b\" not found, try pulling it first"}`, providers.CodeInvalid, "`ollama pull qwen3:8b`"},
		"not Ollama":       {404, `404 page not found`, providers.CodeInvalid, "no Ollama server at http://127.0.0.1"},
		"no tools":         {400, `{"error":"registry.ollama.ai/library/gemma:2b does not support tools"}`, providers.CodeInvalid, "`ollama show qwen3:8b`"},
		"no thinking":      {400, `{"error":"\"qwen3:8b\" does not support thinking"}`, providers.CodeInvalid, "`ollama show qwen3:8b`"},
		"no room":          {500, `{"error":"model requires more system memory (9.9 GiB) than is available (3.1 GiB)"}`, providers.CodeOther, "a smaller model than qwen3:8b"},
		"too new":          {500, `{"error":"error loading model: this model may be incompatible with your version of Ollama."}`, providers.CodeInvalid, "or a newer Ollama"},
		"cloud":            {401, `{"error":"unauthorized","signin_url":"https://ollama.com/connect"}`, providers.CodeAuth, "`ollama signin`"},
		"busy":             {503, `{"error":"server busy, please try again.  maximum pending requests exceeded"}`, providers.CodeUnavailable, "too many calls wait"},
		"crashed":          {500, `{"error":"llama runner process has terminated: exit status 2"}`, providers.CodeUnavailable, "has terminated"},
		"too long":         {400, `{"error":"the input length exceeds the context length"}`, providers.CodeTooLong, "Options.Window"},
		"too long, nested": {400, `{"error":"{\"error\":{\"code\":400,\"message\":\"request (351 tokens) exceeds the available context size (256 tokens)\",\"type\":\"exceed_context_size_error\"}}"}`, providers.CodeTooLong, "351 tokens"},
	} {
		t.Run(name, func(t *testing.T) {
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(c.status)
				fmt.Fprint(w, c.body)
			}))
			defer srv.Close()
			_, err := open(t, srv.URL, ollamamodel.Options{}).Generate(t.Context(), hello())
			e := failure(t, err)
			assert.Equal(t, c.code, e.Code, err)
			assert.Equal(t, c.status, e.Status)
			assert.ErrorContains(t, err, c.says)
			for _, err := range open(t, srv.URL, ollamamodel.Options{}).Stream(t.Context(), hello()) {
				assert.EqualError(t, err, e.Error())
			}
		})
	}
}

// TestFailuresInTheStream come with status 200.
func TestFailuresInTheStream(t *testing.T) {
	for line, code := range map[string]providers.Code{
		`{"error":"the input length exceeds the context length","status":400}`: providers.CodeTooLong,
		`{"error":"an error was encountered while running the model"}`:         providers.CodeUnavailable,
		`nonsense`:  providers.CodeBadReply,
		`{"message`: providers.CodeUnavailable,
		``:          providers.CodeUnavailable,
	} {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/x-ndjson")
			fmt.Fprint(w, `{"message":{"content":"a"},"done":false}`+"\n"+line)
			if line == "nonsense" {
				fmt.Fprintln(w)
			}
		}))
		n := 0
		for d, err := range open(t, srv.URL, ollamamodel.Options{}).Stream(t.Context(), hello()) {
			if n++; n == 1 {
				assert.Equal(t, quire.Delta{Text: "a"}, d)
				continue
			}
			assert.Equal(t, code, failure(t, err).Code, "%s: %v", line, err)
		}
		assert.Equal(t, 2, n)
		srv.Close()
	}
}

// TestNoServer: the one sentence that who starts without a key sees first.
func TestNoServer(t *testing.T) {
	srv := httptest.NewServer(http.NotFoundHandler())
	url := srv.URL
	srv.Close()
	_, err := open(t, url, ollamamodel.Options{}).Generate(t.Context(), hello())
	assert.Equal(t, providers.CodeUnavailable, failure(t, err).Code)
	assert.ErrorContains(t, err, "no server at "+url+": start it with `ollama serve`")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = open(t, url, ollamamodel.Options{}).Generate(ctx, rich(""))
	assert.Equal(t, context.Canceled, err)
	for _, err := range open(t, url, ollamamodel.Options{}).Stream(ctx, rich("")) {
		assert.Equal(t, context.Canceled, err)
	}
}

// TestAddressesAreShownWithoutPasswords: errors go into logs.
func TestAddressesAreShownWithoutPasswords(t *testing.T) {
	srv := httptest.NewServer(http.NotFoundHandler())
	for _, user := range []string{"ada:password", "password"} { // the second as a token
		address := strings.Replace(srv.URL, "http://", "http://"+user+"@", 1)
		m, err := ollamamodel.New("x", &ollamamodel.Options{BaseURL: address})
		if err == nil {
			_, err = m.Generate(t.Context(), hello())
		}
		require.Error(t, err)
		assert.NotContains(t, err.Error(), "word")
		if m != nil {
			srv.Close()
			_, err = m.Generate(t.Context(), hello())
			assert.ErrorContains(t, err, "no server at http://127.")
			assert.NotContains(t, err.Error(), "word")
		}
	}
}
