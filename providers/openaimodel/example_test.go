package openaimodel_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox/memstore"
	"github.com/quire-dev/quire/mailbox/recall"
	"github.com/quire-dev/quire/providers/openaimodel"
	"github.com/quire-dev/quire/providers/wire"
)

// Without a key, the error says what to do.
func ExampleNew() {
	os.Unsetenv("OPENAI_API_KEY")
	os.Unsetenv("OPENAI_BASE_URL")
	_, err := openaimodel.New("gpt-6", nil)
	fmt.Println(err)
	// Output: openai: auth: no API key: set OPENAI_API_KEY in the environment or Options.Key; for a server of your own, Options.BaseURL
}

// A server of one's own, asked for an answer of a certain shape.
func ExampleModel_Generate() {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"id":"1","model":"qwen3","choices":[{"message":{"content":"{\"sunny\":true}"},"finish_reason":"stop"}],
			"usage":{"prompt_tokens":21,"completion_tokens":6}}`)
	}))
	defer srv.Close()

	m, err := openaimodel.New("qwen3", &openaimodel.Options{API: quire.APIStrict, BaseURL: srv.URL + "/v1",
		Request: wire.Options{Format: &wire.Format{
			Name: "weather", Schema: []byte(`{"type":"object","properties":{"sunny":{"type":"boolean"}}}`),
		}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer m.Close()
	reply, err := m.Generate(context.Background(), &quire.Prompt{
		Messages: []quire.PromptMessage{{Role: quire.RoleUser, Parts: []quire.Part{quire.Text{Text: "What is the weather?"}}}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(reply.Parts[0].(quire.Text).Text, reply.Stop, reply.Usage.Input)
	// Output: {"sunny":true} end 21
}

// Vectors for a recall, from a server of one's own.
func ExampleNewEmbedder() {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"data":[{"index":0,"embedding":[0.6,0.8]}],"usage":{"prompt_tokens":5}}`)
	}))
	defer srv.Close()

	e, err := openaimodel.NewEmbedder("bge-m3", &openaimodel.EmbedderOptions{BaseURL: srv.URL + "/v1"})
	if err != nil {
		fmt.Println(err)
		return
	}
	store := memstore.New(nil)
	defer store.Close()
	if _, err := store.Box("mia").Send(context.Background(), quire.Mail("ada", "", "The flat is booked.")); err != nil {
		fmt.Println(err)
		return
	}
	r := recall.Recaller{Store: store, Address: "ada", Count: func(s string) int { return len(s) / 4 }, Embedder: e}
	found, err := r.Recall(context.Background(), recall.Query{Text: "Where do we sleep?", Budget: 100})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(found.UIDs, found.EmbedErr, e.Tokens())
	// Output: [#1] <nil> 10
}
