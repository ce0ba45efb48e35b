package adopt_test

import (
	"bytes"
	"encoding/json"
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
	"github.com/quire-dev/quire/adopt"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/providers/modeltest"
	"github.com/quire-dev/quire/providers/promptcheck"
	"github.com/quire-dev/quire/providers/wire"
	"github.com/quire-dev/quire/tokenizer"
)

// vendor is a format, a model that is asked in it, and where.
type vendor struct {
	api         quire.API
	model, path string
}

var vendors = []vendor{
	{quire.APIAnthropic, "claude-sonnet-4-5", "/v1/messages"},
	{quire.APIOpenAIChat, "gpt-4.1", "/v1/chat/completions"},
	{quire.APIOpenAIResponses, "gpt-5.1", "/v1/responses"},
	{quire.APIGemini, "gemini-2.5-pro", "/v1beta/models/gemini-2.5-pro:generateContent"},
}

// program is a service as it is before it adopts anything: it keeps its whole list, and
// sends it each time.
type program struct {
	t      *testing.T
	v      vendor
	url    string
	client *http.Client
	list   []quire.PromptMessage
	name   string // of the conversation
	full   int    // tokens of the largest list
}

func (p *program) prompt() *quire.Prompt {
	return &quire.Prompt{Model: p.v.model, System: "You know the weather.", MaxOutput: 500, Messages: p.list,
		Tools: []quire.Tool{{Name: "weather", Description: "Tells it.", Schema: []byte(`{"type":"object","properties":{"city":{"type":"string"}}}`)}}}
}

// send sends the list and returns the answer, which it reads to the end.
func (p *program) send() (*http.Response, []byte) {
	body, err := wire.Encode(p.v.api, p.prompt(), nil)
	require.NoError(p.t, err)
	p.full = max(p.full, models.FindOver(p.v.api, p.v.model).Framing.Prompt(tokenizer.Approx{}, p.prompt()))
	return p.post(body)
}

func (p *program) post(body []byte) (*http.Response, []byte) {
	req, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, p.url+p.v.path, bytes.NewReader(body))
	require.NoError(p.t, err)
	req.Header.Set("Content-Type", "application/json")
	if p.name != "" {
		req.Header.Set(adopt.HeaderConversation, p.name)
	}
	res, err := p.client.Do(req)
	require.NoError(p.t, err)
	defer res.Body.Close()
	got, err := io.ReadAll(res.Body)
	require.NoError(p.t, err)
	return res, got
}

// turn asks, and runs the tools that the model asks for.
func (p *program) turn(text string) {
	p.list = append(p.list, quire.PromptMessage{Role: quire.RoleUser, Parts: []quire.Part{quire.Text{Text: text}}})
	for {
		res, body := p.send()
		require.Equal(p.t, http.StatusOK, res.StatusCode, "%s", body)
		require.Empty(p.t, res.Header.Get(adopt.HeaderUnchanged))
		reply, err := wire.Decode(p.v.api, body)
		require.NoError(p.t, err)
		p.list = append(p.list, quire.PromptMessage{Role: quire.RoleAssistant, Parts: reply.Parts})
		var results []quire.Part
		for _, part := range reply.Parts {
			if c, ok := part.(quire.ToolCall); ok {
				results = append(results, quire.ToolResult{CallID: c.ID, Name: c.Name, Parts: []quire.Part{quire.Text{Text: strings.Repeat("It is mild. ", 30)}}})
			}
		}
		if len(results) == 0 {
			return
		}
		p.list = append(p.list, quire.PromptMessage{Role: quire.RoleTool, Parts: results})
	}
}

func weather(n int) (script modeltest.Script) {
	for i := range n {
		script = append(script,
			modeltest.Step{Reply: &quire.Reply{Stop: quire.StopTools, Parts: []quire.Part{quire.ToolCall{ID: fmt.Sprintf("call_%d_a", i), Name: "weather", Args: fmt.Sprintf(`{"city":"%d"}`, i)}, quire.ToolCall{ID: fmt.Sprintf("call_%d_b", i), Name: "weather", Args: `{"city":"next"}`}}}},
			modeltest.Step{Reply: &quire.Reply{Stop: quire.StopEnd, Parts: []quire.Part{quire.Text{Text: fmt.Sprintf("Answer %d: it is mild.", i)}}}})
	}
	return script
}

const budget = 1500

// largest is the largest request that a server saw; each is valid.
func largest(t *testing.T, v vendor, server *modeltest.Server) (tokens int, bodies []string) {
	framing := models.FindOver(v.api, v.model).Framing
	for i, r := range server.Requests() {
		require.Empty(t, promptcheck.Check(v.api, r.Body), "request %d", i)
		asked, err := wire.DecodeRequest(v.api, v.model, r.Body)
		require.NoError(t, err)
		tokens = max(tokens, framing.Prompt(tokenizer.Approx{}, &asked.Prompt))
		bodies = append(bodies, string(r.Body))
	}
	return tokens, bodies
}

// A loop whose list grows far beyond the budget goes on as before, within it.
func TestALoopIsHeldToItsBudget(t *testing.T) {
	for _, v := range vendors {
		t.Run(string(v.api), func(t *testing.T) {
			server := modeltest.NewServer(t, v.api, weather(15))
			var calls []adopt.Call
			transport := adopt.New(budget, &adopt.Options{OnCall: func(c adopt.Call) { calls = append(calls, c) }})
			p := &program{t: t, v: v, url: server.URL, client: &http.Client{Transport: transport}}
			for i := range 15 {
				p.turn(fmt.Sprintf("How is the weather in city %d?", i))
			}
			got, bodies := largest(t, v, server)
			assert.LessOrEqual(t, got, budget)
			assert.Greater(t, got, budget/2, "and it is used")
			assert.Greater(t, p.full, 3*budget, "the list is far larger")
			last := bodies[len(bodies)-1]
			assert.True(t, strings.Contains(last, "city 14"))
			assert.False(t, strings.Contains(last, "city 1?"))
			assert.True(t, strings.Contains(last, "earlier messages of this conversation are left out"))
			require.Len(t, calls, 30)
			kept := 0
			for _, c := range calls {
				require.NoError(t, c.Unchanged)
				require.NoError(t, c.Err)
				assert.Equal(t, http.StatusOK, c.Status)
				assert.Equal(t, v.model, c.Model)
				if c.Plan.Kept > 0 {
					kept++
				}
			}
			assert.Greater(t, kept, 20, "a prompt begins as the one before it: the session is that of the conversation")
		})
	}
}

// Fields that are not the prompt's, and what stands in messages that quire does not know,
// go out as they came.
func TestAllOtherFieldsPass(t *testing.T) {
	for _, v := range vendors {
		t.Run(string(v.api), func(t *testing.T) {
			var got []byte
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				got, _ = io.ReadAll(r.Body)
				assert.Empty(t, r.Header.Get(adopt.HeaderConversation))
				_, _ = io.WriteString(w, `{"odd": 1.50}`)
			}))
			defer server.Close()
			p := &program{t: t, v: v, url: server.URL, client: &http.Client{Transport: adopt.New(4000, nil)}, name: "mine"}
			p.list = []quire.PromptMessage{{Role: quire.RoleUser, Parts: []quire.Part{quire.Text{Text: "Hello."}}}}
			body, err := wire.Encode(v.api, p.prompt(), nil)
			require.NoError(t, err)
			own := `"x_own":{"b":1.50,"a":[1e400]},`
			res, answer := p.post(append([]byte("{"+own), body[1:]...))
			assert.Equal(t, `{"odd": 1.50}`, string(answer))
			assert.Equal(t, "0", res.Header.Get(adopt.HeaderLeftOut))
			assert.Contains(t, string(got), strings.TrimSuffix(own, ","))
		})
	}
}

func TestWhatIsNotUnderstoodPassesUnchanged(t *testing.T) {
	for name, body := range map[string]string{
		"no JSON":                      "hello",
		"a part that the server holds": `{"model":"gpt-5.1","input":[{"role":"user","content":"Hi"}],"previous_response_id":"r1"}`,
		"no messages":                  `{"model":"gpt-5.1","input":[]}`,
		"more than the budget":         `{"model":"gpt-5.1","input":[{"role":"user","content":"Hi"}],"instructions":"` + strings.Repeat("Be good. ", 2000) + `"}`,
	} {
		t.Run(name, func(t *testing.T) {
			var got []byte
			server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got, _ = io.ReadAll(r.Body) }))
			defer server.Close()
			var calls []adopt.Call
			p := &program{t: t, v: vendors[2], url: server.URL, client: &http.Client{Transport: adopt.New(budget, &adopt.Options{OnCall: func(c adopt.Call) { calls = append(calls, c) }})}}
			res, _ := p.post([]byte(body))
			assert.Equal(t, body, string(got))
			assert.NotEmpty(t, res.Header.Get(adopt.HeaderUnchanged))
			assert.Empty(t, res.Header.Get(adopt.HeaderLeftOut))
			require.Len(t, calls, 1)
			require.Error(t, calls[0].Unchanged)
			assert.Nil(t, calls[0].Plan)
		})
	}
}

// What is no request to a model is nobody's business.
func TestOtherRequestsPass(t *testing.T) {
	var got []string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		got = append(got, r.Method+" "+r.URL.Path+" "+string(b))
		assert.Empty(t, r.Header.Get(adopt.HeaderConversation), "it does not go out, whatever is asked")
	}))
	defer server.Close()
	client := &http.Client{Transport: adopt.New(budget, &adopt.Options{OnCall: func(adopt.Call) { t.Error("it is no call") }})}
	res, err := client.Get(server.URL + "/v1/messages")
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	for _, path := range []string{"/v1/messages/count_tokens", "/v1/embeddings", "/v1beta/models/m:countTokens", "/"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+path, strings.NewReader("{}"))
		require.NoError(t, err)
		req.Header.Set(adopt.HeaderConversation, "one")
		res, err := client.Do(req)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		assert.Equal(t, "one", req.Header.Get(adopt.HeaderConversation), "the client's request stays as it is")
	}
	assert.Equal(t, []string{"GET /v1/messages ", "POST /v1/messages/count_tokens {}", "POST /v1/embeddings {}", "POST /v1beta/models/m:countTokens {}", "POST / {}"}, got)
}

// A streamed answer arrives while it is made, byte for byte, and its usage is known though
// the client stops reading behind the last event.
func TestStreamsPassAsTheyCome(t *testing.T) {
	events := []string{
		"event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"claude-sonnet-4-5\",\"content\":[],\"usage\":{\"input_tokens\":33,\"output_tokens\":1}}}\n\n",
		"event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n",
		"event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"Hi\"}}\n\n",
		"event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\nevent: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":5}}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
	}
	next, hold := make(chan struct{}), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "Text/Event-Stream;charset=UTF-8") // media types have no case
		for _, e := range events {
			_, _ = io.WriteString(w, e)
			w.(http.Flusher).Flush()
			<-next
		}
		<-hold
	}))
	defer server.Close()
	defer close(hold)
	calls := make(chan adopt.Call, 1)
	client := &http.Client{Transport: adopt.New(budget, &adopt.Options{OnCall: func(c adopt.Call) { calls <- c }})}
	res, err := client.Post(server.URL+"/v1/messages", "application/json", strings.NewReader(`{"model":"claude-sonnet-4-5","max_tokens":9,"stream":true,"messages":[{"role":"user","content":"Hi"}]}`))
	require.NoError(t, err)
	for _, e := range events { // the next one is sent only when this one was read
		got := make([]byte, len(e))
		_, err := io.ReadFull(res.Body, got)
		require.NoError(t, err)
		require.Equal(t, e, string(got))
		next <- struct{}{}
	}
	require.NoError(t, res.Body.Close())
	c := <-calls
	require.NoError(t, c.Err)
	assert.Equal(t, 33, c.Usage.Input)
	assert.Equal(t, 5, c.Usage.Output)
}

// Two conversations with one system prompt, sent in turns, are two; one that failed goes on.
func TestConversationsAreToldApart(t *testing.T) {
	v := vendors[0]
	fails := false
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if fails {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		body, _ := io.ReadAll(r.Body)
		asked, err := wire.DecodeRequest(v.api, v.model, body)
		assert.NoError(t, err)
		b, _ := json.Marshal(fmt.Sprintf("Said %d.", len(asked.Prompt.Messages)))
		_, _ = fmt.Fprintf(w, `{"id":"m","type":"message","role":"assistant","model":%q,"content":[{"type":"text","text":%s}],"stop_reason":"end_turn","usage":{"input_tokens":9,"output_tokens":2}}`, v.model, b)
	}))
	defer server.Close()
	var last adopt.Call
	client := &http.Client{Transport: adopt.New(budget, &adopt.Options{OnCall: func(c adopt.Call) { last = c }})}
	a, b := &program{t: t, v: v, url: server.URL, client: client}, &program{t: t, v: v, url: server.URL, client: client}
	for i := range 8 {
		for who, p := range []*program{a, b} {
			p.turn(fmt.Sprintf("%d of %d. %s", i, who, strings.Repeat("Some words to read. ", 10)))
			require.Equal(t, uint64(i+1), last.Plan.Call, "each call is the next one of its own conversation")
		}
		fails = i == 4
		if fails {
			res, _ := a.send()
			require.Equal(t, http.StatusInternalServerError, res.StatusCode)
			require.NoError(t, last.Err)
			require.Equal(t, http.StatusInternalServerError, last.Status)
			fails = false
		}
	}
}

// What is forgotten is composed anew, and as validly.
func TestConversationsAreForgotten(t *testing.T) {
	v := vendors[0]
	server := modeltest.NewServer(t, v.api, weather(6))
	var calls []adopt.Call
	now := time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)
	client := &http.Client{Transport: adopt.New(budget, &adopt.Options{Conversations: 1, Now: func() time.Time { now = now.Add(time.Second); return now }, OnCall: func(c adopt.Call) { calls = append(calls, c) }})}
	a, b := &program{t: t, v: v, url: server.URL, client: client, name: "a"}, &program{t: t, v: v, url: server.URL, client: client, name: "b"}
	for i := range 3 {
		a.turn(fmt.Sprint("How is it in ", i, "?"))
		b.turn(fmt.Sprint("How is it in ", i, "?"))
	}
	largest(t, v, server)
	require.Len(t, calls, 12)
	for i, c := range calls {
		assert.Equal(t, uint64(1+i%2), c.Plan.Call, "call %d", i)
	}
}

type broken struct{}

func (broken) RoundTrip(r *http.Request) (*http.Response, error) {
	_ = r.Body.Close()
	return nil, errors.New("no route")
}

func TestAConnectionThatFails(t *testing.T) {
	var last adopt.Call
	client := &http.Client{Transport: adopt.New(budget, &adopt.Options{Base: broken{}, OnCall: func(c adopt.Call) { last = c }})}
	for range 2 { // as a client tries again
		_, err := client.Post("http://localhost/v1/messages", "application/json", strings.NewReader(`{"model":"claude-sonnet-4-5","max_tokens":9,"messages":[{"role":"user","content":"Hi"}]}`))
		require.ErrorContains(t, err, "no route")
		require.ErrorContains(t, last.Err, "no route")
		assert.Zero(t, last.Status)
		assert.NotNil(t, last.Plan)
	}
}

func TestManyAtOnce(t *testing.T) {
	v := vendors[0]
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintf(w, `{"id":"m","type":"message","role":"assistant","model":%q,"content":[{"type":"text","text":"Yes."}],"stop_reason":"end_turn","usage":{"input_tokens":9,"output_tokens":2}}`, v.model)
	}))
	defer server.Close()
	client := &http.Client{Transport: adopt.New(budget, &adopt.Options{Conversations: 3})}
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			p := &program{t: t, v: v, url: server.URL, client: client, name: []string{"", "one"}[i%2]}
			for j := range 10 {
				p.turn(strings.Repeat("Some words. ", 30) + fmt.Sprint(j))
			}
		})
	}
	all.Wait()
}
