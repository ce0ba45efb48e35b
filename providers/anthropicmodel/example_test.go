package anthropicmodel_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers/anthropicmodel"
)

// A server of one's own stands in for Anthropic's, so that the example runs.
func Example() {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `{"id":"msg_1","type":"message","model":"claude-opus-5","content":[{"type":"text","text":"Hello, Mia."}],"stop_reason":"end_turn",
			"usage":{"input_tokens":9,"cache_read_input_tokens":2000,"output_tokens":5}}`)
	}))
	defer srv.Close()
	m, err := anthropicmodel.New("claude-opus-5", &anthropicmodel.Options{Key: "key", BaseURL: srv.URL})
	if err != nil {
		fmt.Println(err)
		return
	}
	r, err := m.Generate(context.Background(), &quire.Prompt{
		Messages: []quire.PromptMessage{{Role: quire.RoleUser, Parts: []quire.Part{quire.Text{Text: "Hello, I am Mia."}}}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(quire.PlainText(r.Parts), r.Usage.Input, r.Usage.CachedInput)
	// Output: Hello, Mia. 2009 2000
}

// Without a key, the error says what to do.
func ExampleNew() {
	os.Unsetenv("ANTHROPIC_API_KEY")
	_, err := anthropicmodel.New("claude-opus-5", nil)
	fmt.Println(err)
	// Output: anthropic: auth: no API key: set ANTHROPIC_API_KEY in the environment or Options.Key (keys come from https://platform.claude.com)
}
