package exchange_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/exchange"
	"github.com/quire-dev/quire/models"
)

// An adapter for a server that speaks the chat format.
func ExampleAdapter() {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `{"model":"small","choices":[{"message":{"content":"Two files."},"finish_reason":"stop"}]}`)
	}))
	defer srv.Close()
	model := &exchange.Adapter{
		Provider: "local", API: quire.APIOpenAIChat, Profile: models.Profile{Name: "small"},
		Send: func(ctx context.Context, r *exchange.Request) (*http.Response, error) {
			req, err := http.NewRequestWithContext(ctx, "POST", srv.URL+"/v1/chat/completions", bytes.NewReader(r.Body))
			if err != nil {
				return nil, err
			}
			req.Header.Set("Content-Type", "application/json")
			return exchange.Client(nil).Do(req)
		},
	}
	reply, err := model.Generate(context.Background(), &quire.Prompt{Messages: []quire.PromptMessage{
		{Role: quire.RoleUser, Parts: []quire.Part{quire.Text{Text: "What is here?"}}}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(reply.Stop, quire.PlainText(reply.Parts))
	// Output:
	// end Two files.
}
