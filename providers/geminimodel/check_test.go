package geminimodel_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/genai"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers/modeltest"
	"github.com/quire-dev/quire/providers/promptcheck"
)

// watch is a transport that holds all that passes against the vendor's own
// words: its published description, the types of its client, promptcheck's rules.
type watch struct {
	t    *testing.T
	base http.RoundTripper

	mu sync.Mutex
}

func (w *watch) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	req.Body.Close()
	req.Body = io.NopCloser(bytes.NewReader(body))
	count := strings.HasSuffix(req.URL.Path, ":countTokens")
	w.saw(checkRequest(body, count), "request", body)
	res, err := w.base.RoundTrip(req)
	if err != nil || res.StatusCode != http.StatusOK || res.Header.Get(modeltest.OddHeader) != "" {
		return res, err
	}
	res.Body = &watched{ReadCloser: res.Body, w: w, events: res.Header.Get("Content-Type") == "text/event-stream", count: count}
	return res, nil
}

func (w *watch) saw(err error, what string, body []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil {
		w.t.Errorf("a %s that the vendor would not know: %v\n%.2000s", what, err, body)
	}
}

// watched keeps what is read, and checks it at its end.
type watched struct {
	io.ReadCloser
	w             *watch
	events, count bool
	all           []byte
}

func (b *watched) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.all = append(b.all, p[:n]...)
	return n, err
}

func (b *watched) Close() error {
	pieces := [][]byte{b.all}
	if b.events {
		pieces = nil
		events := strings.Split(string(b.all), "\n\n")
		for _, e := range events[:len(events)-1] { // the last may be half of one
			pieces = append(pieces, []byte(strings.TrimPrefix(e, "data: ")))
		}
	}
	for _, p := range pieces {
		// A megabyte of one text has no more fields than a word, and the kit waits.
		if len(p) > 0 && len(p) < 1<<20 && !nonsense(p) {
			b.w.saw(checkReply(p, b.count), "reply", p)
		}
	}
	return b.ReadCloser.Close()
}

// nonsense says whether a reply is one that the kit breaks on purpose, or one that
// was left in its middle.
func nonsense(body []byte) bool {
	return !json.Valid(body) || bytes.Contains(body, []byte(`"weather"`)) || bytes.HasPrefix(body, []byte(`{"error"`))
}

// request is a request in the types of Google's client, which has none for the
// whole.
type request struct {
	Model            string                  `json:"model"`
	Contents         []*genai.Content        `json:"contents"`
	System           *genai.Content          `json:"systemInstruction"`
	Tools            []*genai.Tool           `json:"tools"`
	ToolConfig       *genai.ToolConfig       `json:"toolConfig"`
	GenerationConfig *genai.GenerationConfig `json:"generationConfig"`
}

func checkRequest(body []byte, count bool) error {
	message, rules := "GenerateContentRequest", body
	if count {
		message = "CountTokensRequest"
		var in struct {
			Request json.RawMessage `json:"generateContentRequest"`
		}
		if err := json.Unmarshal(body, &in); err != nil {
			return err
		}
		rules = in.Request
	}
	if found := promptcheck.Check(quire.APIGemini, rules); len(found) > 0 {
		return fmt.Errorf("promptcheck: %v", found)
	}
	// The documented stand-in for a lost signature is no base64 to Go's decoder.
	typed := bytes.ReplaceAll(rules, []byte(`"skip_thought_signature_validator"`), []byte(`"c2tpcA=="`))
	if err := strictly(typed, new(request)); err != nil {
		return err
	}
	return described(message, body)
}

func checkReply(body []byte, count bool) error {
	if count {
		return described("CountTokensResponse", body) // the client's type has only half of it
	}
	if err := strictly(body, new(genai.GenerateContentResponse)); err != nil {
		return err
	}
	return described("GenerateContentResponse", body)
}

// strictly decodes into a type of Google's client; a field that it does not have
// is an error.
func strictly(body []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return fmt.Errorf("the client's types: %w", err)
	}
	return nil
}

// TestWhatWireShows: the request in package wire's own golden file.
func TestWhatWireShows(t *testing.T) {
	golden, err := os.ReadFile("../wire/testdata/gemini.txt")
	require.NoError(t, err)
	n := 0
	for line := range bytes.Lines(golden) {
		if bytes.HasPrefix(line, []byte("{")) {
			n++
			assert.NoError(t, checkRequest(line, false))
		}
	}
	assert.Equal(t, 1, n)
}

// TestTheCheckFails: one wrong name or type anywhere is seen, by each authority
// that knows the place.
func TestTheCheckFails(t *testing.T) {
	const good = `{"generationConfig":{"maxOutputTokens":9,"thinkingConfig":{"thinkingBudget":1,"includeThoughts":true}},` +
		`"tools":[{"functionDeclarations":[{"name":"f","parametersJsonSchema":{"type":"object"}}]}],"systemInstruction":{"parts":[{"text":"x"}]},` +
		`"contents":[{"role":"user","parts":[{"text":"x"}]},{"role":"model","parts":[{"functionCall":{"name":"f","args":{}},"thoughtSignature":"c2ln"}]},` +
		`{"role":"user","parts":[{"functionResponse":{"name":"f","response":{"result":"x"},"parts":[{"inlineData":{"mimeType":"image/png","data":"iVBORw0KGgo="}}]}}]}]}`
	require.NoError(t, checkRequest([]byte(good), false))
	_, err := description()
	for old, changed := range map[string]string{
		`"maxOutputTokens":9`: `"max_output":9`, `"thinkingBudget":1`: `"thinkingBudget":"much"`, `"includeThoughts"`: `"includeThought"`,
		`"functionDeclarations"`: `"functions"`, `"parametersJsonSchema"`: `"schema"`, `"thoughtSignature"`: `"signature"`,
		`"args":{}`: `"args":7`, `"mimeType"`: `"mediaType"`, `"response":{`: `"responses":{`, `"contents"`: `"messages"`,
		`"systemInstruction"`: `"system"`, `"inlineData"`: `"inline"`,
	} {
		bad := strings.Replace(good, old, changed, 1)
		require.NotEqual(t, good, bad)
		assert.Error(t, checkRequest([]byte(bad), false), changed)
		if inParts := changed == `"mediaType"` || changed == `"inline"`; err == nil && !inParts {
			assert.Error(t, described("GenerateContentRequest", []byte(bad)), changed)
		}
	}
	const reply = `{"responseId":"r","modelVersion":"m","candidates":[{"index":0,"content":{"role":"model","parts":[{"text":"x","thought":true}]},"finishReason":"STOP"}],` +
		`"usageMetadata":{"promptTokenCount":1,"cachedContentTokenCount":1,"thoughtsTokenCount":1,"toolUsePromptTokenCount":1}}`
	require.NoError(t, checkReply([]byte(reply), false))
	for old, changed := range map[string]string{
		`"STOP"`: `"stopped"`, `"thought":true`: `"thinking":true`, `"promptTokenCount":1`: `"promptTokenCount":"1x"`, `"cachedContentTokenCount"`: `"cachedTokens"`,
	} {
		bad := strings.Replace(reply, old, changed, 1)
		if err == nil || changed != `"stopped"` { // the client's types take any word
			assert.Error(t, checkReply([]byte(bad), false), changed)
		}
	}
}
