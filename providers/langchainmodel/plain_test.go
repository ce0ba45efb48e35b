package langchainmodel_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/langchainmodel"
	"github.com/quire-dev/quire/providers/modeltest"
)

// tame is rich without what langchaingo garbles.
func tame(v vendor) *quire.Prompt {
	p := rich(v.model())
	p.Messages[1].Parts = []quire.Part{
		quire.Text{Text: "Two calls."},
		quire.ToolCall{ID: "call00001", Name: "ls", Args: `{"z": "<q>", "a":1.50e2, "s":"12345678901234567890"}`},
		quire.ToolCall{ID: "call00002", Name: "sum", Args: `{}`},
	}
	switch v.served {
	case quire.APIOllama:
		p.Tools = nil
		p.Messages = append(p.Messages[:1:1], p.Messages[3:]...)
	case quire.APIAnthropic: // one part each
		p.Messages[1].Parts = p.Messages[1].Parts[1:2]
		p.Messages[2].Parts = p.Messages[2].Parts[:1]
	}
	return p
}

// TestPlainSendsEverything goes through langchaingo's own mapping; the server
// checks the requests.
func TestPlainSendsEverything(t *testing.T) {
	for name, v := range vendors {
		if name == "bound" || name == "marked" {
			continue // refused: it always thinks, or wants an effort beside tools, which langchaingo drops
		}
		t.Run(name, func(t *testing.T) {
			srv := modeltest.NewServer(t, v.served, modeltest.Script{modeltest.Say("fine"), modeltest.Say("fine")})
			m := adapt(t, v, srv.URL)
			whole, err := m.Generate(t.Context(), tame(v))
			require.NoError(t, err)
			assert.Equal(t, "fine", quire.PlainText(whole.Parts))
			assert.Equal(t, quire.StopEnd, whole.Stop)
			assert.Equal(t, v.model(), whole.Model)
			assert.Equal(t, quire.Usage{Input: 11, Output: 7}, whole.Usage)
			streamed, err := last(m.Stream(t.Context(), tame(v)))
			require.NoError(t, err)
			assert.Equal(t, whole, streamed)

			body := string(srv.Requests()[0].Body)
			for _, want := range []string{"You are terse.", "[#41 from=mia]", "look at ", "Done.", "again", "2 messages wait: #41, #42", `"temperature":1`} {
				assert.Contains(t, body, want)
			}
			if v.served != quire.APIOllama {
				calls := []string{"call00001", "[#42 result]\\na b c", `"12345678901234567890`}
				if v.api != quire.APIAnthropic {
					calls = append(calls, "call00002", "Error: no numbers", "Two calls.")
				}
				for _, want := range calls {
					assert.Contains(t, strings.ReplaceAll(body, `\"`, `"`), want)
				}
			}
		})
	}
}

// TestPlainEffortBesideTools: a model that takes tools only with an effort of none
// gets no request, since langchaingo would leave the effort out.
func TestPlainEffortBesideTools(t *testing.T) {
	m := adapt(t, vendors["marked"], "http://localhost:1")
	_, err := m.Generate(t.Context(), tame(vendors["marked"]))
	require.ErrorContains(t, err, "it drops the effort")
}

// TestPlainAnthropicMarks: langchaingo sends a mark on a user's text, and not how
// long it is to last.
func TestPlainAnthropicMarks(t *testing.T) {
	v := vendors["anthropic"]
	srv := modeltest.NewServer(t, v.served, modeltest.Script{modeltest.Say("fine")})
	p := tame(v)
	p.Marks = []quire.CacheMark{{After: 0, TTL: time.Hour}, {After: 1, TTL: time.Hour}, {After: 3}, {After: 5}}
	r, err := adapt(t, v, srv.URL).Generate(t.Context(), p)
	require.NoError(t, err)
	assert.Equal(t, []quire.CacheMark{{After: 1}, {After: 5}}, r.Marks, "the marks that were really sent")
	var in struct {
		System   string `json:"system"`
		Messages []struct {
			Role    string `json:"role"`
			Content []struct {
				Type string          `json:"type"`
				Mark json.RawMessage `json:"cache_control"`
			} `json:"content"`
		} `json:"messages"`
	}
	require.NoError(t, json.Unmarshal(srv.Requests()[0].Body, &in))
	var shape []string
	for _, m := range in.Messages {
		s := m.Role
		for _, c := range m.Content {
			s += " " + c.Type
			if c.Mark != nil {
				s += "*"
			}
		}
		shape = append(shape, s)
	}
	assert.Equal(t, []string{"user text text image*", "assistant tool_use", "user tool_result", "assistant text", "user text* text"}, shape)
	assert.Equal(t, "You are terse.", in.System)
}

func TestPlainRefuses(t *testing.T) {
	change := func(f func(p *quire.Prompt)) func(p *quire.Prompt) { return f }
	for _, c := range []struct {
		vendor, what string
		change       func(p *quire.Prompt)
	}{
		{"anthropic", "thinking", change(func(p *quire.Prompt) { p.Thinking = 2000 })},
		{"bound", "thinking", nil},
		{"anthropic", "number", change(func(p *quire.Prompt) {
			p.Messages[1].Parts[0] = quire.ToolCall{ID: "call00001", Name: "ls", Args: `{"a":12345678901234567890}`}
		})},
		{"anthropic", "twice", change(func(p *quire.Prompt) {
			p.Messages[1].Parts[0] = quire.ToolCall{ID: "call00001", Name: "ls", Args: `{"a":1,"a":2}`}
		})},
		{"anthropic", "URL", change(func(p *quire.Prompt) {
			p.Messages[0].Parts[2] = quire.Image{URL: "https://example.org/a.png"}
		})},
		{"anthropic", "a image inside the result", change(func(p *quire.Prompt) {
			p.Messages[2].Parts[0] = quire.ToolResult{CallID: "call00001", Parts: []quire.Part{quire.Image{MediaType: "image/png", Data: []byte(png)}}}
		})},
		{"anthropic", "of its 2 blocks it sends the first", change(func(p *quire.Prompt) {
			p.Messages[1].Parts = append([]quire.Part{quire.Text{Text: "One call."}}, p.Messages[1].Parts...)
		})},
		{"anthropic", "begin with a tool result", change(func(p *quire.Prompt) {
			p.Messages = p.Messages[:3]
		})},
		{"openai", "effort", change(func(p *quire.Prompt) { p.Thinking = 2000 })},
		{"openai", "system message", change(func(p *quire.Prompt) { p.Model = "o3-mini" })},
		{"openai", "reasoning", change(func(p *quire.Prompt) { p.Model = "deepseek-v4" })},
		{"ollama", "tools", change(func(p *quire.Prompt) { p.Tools = rich("").Tools })},
	} {
		t.Run(c.vendor+" "+c.what, func(t *testing.T) {
			v := vendors[c.vendor]
			srv := modeltest.NewServer(t, v.served, nil)
			p := tame(v)
			if c.change != nil {
				c.change(p)
			}
			_, err := adapt(t, v, srv.URL).Generate(t.Context(), p)
			var e *providers.Error
			require.ErrorAs(t, err, &e)
			assert.Equal(t, providers.CodeInvalid, e.Code)
			var l *langchainmodel.LossError
			require.ErrorAs(t, err, &l)
			assert.Contains(t, l.What, c.what)
			assert.Contains(t, l.Advice, "langchainmodel.Open")
			assert.Empty(t, srv.Requests(), "nothing was sent")
		})
	}
}

// TestPlainBrokenPrompt is refused by wire's rules before anything is sent.
func TestPlainBrokenPrompt(t *testing.T) {
	p := tame(vendors["openai"])
	p.Messages = p.Messages[:2] // calls without results
	_, err := adapt(t, vendors["openai"], "http://localhost:1").Generate(t.Context(), p)
	var e *providers.Error
	require.ErrorAs(t, err, &e)
	assert.Equal(t, providers.CodeInvalid, e.Code)
	assert.ErrorContains(t, err, "A1")
}

// TestPlainThinkingOfEarlierCalls is left out, as the API allows while none is
// asked for, and never as an empty message.
func TestPlainThinkingOfEarlierCalls(t *testing.T) {
	v := vendors["anthropic"]
	srv := modeltest.NewServer(t, v.served, modeltest.Script{modeltest.Say("fine")})
	p := tame(v)
	think := quire.Reasoning{Model: v.model(), Text: "hm", Signature: "c2ln"}
	p.Messages[1].Parts = append([]quire.Part{think}, p.Messages[1].Parts...)
	p.Messages[3].Parts = []quire.Part{think}
	_, err := adapt(t, v, srv.URL).Generate(t.Context(), p)
	require.NoError(t, err)
	assert.NotContains(t, string(srv.Requests()[0].Body), "hm")
	assert.Contains(t, string(srv.Requests()[0].Body), "(empty)")
}

// TestPlainAnthropicNumbers: what was rounded on the way back is refused too.
func TestPlainAnthropicNumbers(t *testing.T) {
	v := vendors["anthropic"]
	for args, ok := range map[string]bool{
		`{"a":12345678901234567890}`: false, `{"a":[{"b":-9007199254740993}]}`: false, `{"a":1e300}`: false,
		`{"a":9007199254740991,"b":"12345678901234567890"}`: true, `{"a":0.1,"b":-3}`: true, `{"12345678901234567890":1}`: true,
	} {
		srv := modeltest.NewServer(t, v.served, modeltest.Script{modeltest.Call(quire.ToolCall{ID: "c1", Name: "ls", Args: args})})
		r, err := adapt(t, v, srv.URL).Generate(t.Context(), tame(v))
		if ok {
			require.NoError(t, err, args)
			assert.JSONEq(t, args, r.Parts[0].(quire.ToolCall).Args)
			continue
		}
		var e *providers.Error
		require.ErrorAs(t, err, &e, args)
		assert.Equal(t, providers.CodeBadReply, e.Code)
		var l *langchainmodel.LossError
		assert.ErrorAs(t, err, &l)
	}
}

// TestPlainStreamThatIsCut is an error: langchaingo takes the end of its buffer
// or of the connection for the end of the reply.
func TestPlainStreamThatIsCut(t *testing.T) {
	long := strings.Repeat("x", 600_000)
	for _, c := range []struct{ vendor, body string }{
		{"openai", `data: {"choices":[{"delta":{"content":"half a"}}]}` + "\n\n"},
		{"openai", `data: {"choices":[{"delta":{"content":"` + long + `"},"finish_reason":"stop"}]}` + "\n\ndata: [DONE]\n\n"},
		{"anthropic", `data: {"type":"message_start","message":{"content":[],"usage":{"input_tokens":1,"output_tokens":1}}}` + "\n\n"},
		{"anthropic", `data: {"type":"ping","long":"` + long + `"}` + "\n\n"},
		{"ollama", `{"message":{"role":"assistant","content":"` + long + `"},"done":true}` + "\n"},
	} {
		v := vendors[c.vendor]
		p := tame(v)
		p.Tools, p.Messages = nil, p.Messages[len(p.Messages)-1:]
		_, err := last(adapt(t, v, serve(t, 200, nil, c.body)).Stream(t.Context(), p))
		var e *providers.Error
		require.ErrorAs(t, err, &e, c.vendor)
		assert.Equal(t, providers.CodeBadReply, e.Code, err)
	}
}

func TestPlainStreams(t *testing.T) {
	for _, name := range []string{"openai", "anthropic", "ollama"} {
		v := vendors[name]
		srv := modeltest.NewServer(t, v.served, modeltest.Script{modeltest.Say("hello there")})
		p := tame(v)
		p.Tools, p.Messages = nil, p.Messages[len(p.Messages)-1:]
		var texts []string
		for d, err := range adapt(t, v, srv.URL).Stream(t.Context(), p) {
			require.NoError(t, err)
			if d.Reply == nil {
				texts = append(texts, d.Text)
			}
		}
		assert.Equal(t, []string{"hello", " there"}, texts, name)
	}
}

// TestPlainBreakEndsTheCall: the goroutine that langchaingo runs in is gone when
// the loop is.
func TestPlainBreakEndsTheCall(t *testing.T) {
	gone := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, `data: {"choices":[{"delta":{"content":"a"}}]}`+"\n\n")
		w.(http.Flusher).Flush()
		<-r.Context().Done()
		close(gone)
	}))
	defer srv.Close()
	p := tame(vendors["openai"])
	p.Tools, p.Messages = nil, p.Messages[:1]
	for d, err := range adapt(t, vendors["openai"], srv.URL).Stream(t.Context(), p) {
		require.NoError(t, err)
		assert.Equal(t, "a", d.Text)
		break
	}
	<-gone
}
