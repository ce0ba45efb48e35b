package geminimodel_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers/geminimodel"
)

// A server of one's own stands in for Google's, so that the example runs.
func Example() {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `{"modelVersion":"gemini-3-pro","candidates":[{"content":{"parts":[{"text":"Hello, Mia."}]},"finishReason":"STOP"}],
			"usageMetadata":{"promptTokenCount":9,"cachedContentTokenCount":4,"candidatesTokenCount":5}}`)
	}))
	defer srv.Close()
	m, err := geminimodel.New("gemini-3-pro", &geminimodel.Options{Key: "key", BaseURL: srv.URL})
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
	// Output: Hello, Mia. 9 4
}

// Without a key, the error says what to do.
func ExampleNew() {
	os.Unsetenv("GEMINI_API_KEY")
	os.Unsetenv("GOOGLE_API_KEY")
	_, err := geminimodel.New("gemini-3-pro", nil)
	fmt.Println(err)
	// Output: gemini: auth: no API key: set GEMINI_API_KEY in the environment or Options.Key (keys come from https://aistudio.google.com/apikey)
}
