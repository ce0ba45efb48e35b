package ollamamodel_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/ollamamodel"
)

// A server of one's own stands in for Ollama's, so that the example runs.
func Example() {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/x-ndjson")
		io.WriteString(w, `{"model":"qwen3:8b","message":{"content":"Hello, "},"done":false}
{"model":"qwen3:8b","message":{"content":"Mia."},"done":true,"done_reason":"stop","prompt_eval_count":9,"eval_count":5}
`)
	}))
	defer srv.Close()
	m, err := ollamamodel.New("qwen3:8b", &ollamamodel.Options{BaseURL: srv.URL, Window: 8192})
	if err != nil {
		fmt.Println(err)
		return
	}
	p := &quire.Prompt{Messages: []quire.PromptMessage{{Role: quire.RoleUser, Parts: []quire.Part{quire.Text{Text: "Hello, I am Mia."}}}}}
	for d, err := range providers.Stream(context.Background(), m, p) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Print(d.Text)
		if d.Reply != nil {
			fmt.Printf("\n%d tokens read, %d written\n", d.Reply.Usage.Input, d.Reply.Usage.Output)
		}
	}
	// Output:
	// Hello, Mia.
	// 9 tokens read, 5 written
}
