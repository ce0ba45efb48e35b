package adopt_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/quire-dev/quire/adopt"
)

// A program that sends its whole list each time keeps doing so; the transport of its client
// is all that is new.
func ExampleNew() {
	vendor := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Println("the vendor sees the first question:", strings.Contains(string(body), "Question 1."))
		_, _ = io.WriteString(w, `{"choices":[{"index":0,"message":{"role":"assistant","content":"Yes."},"finish_reason":"stop"}]}`)
	}))
	defer vendor.Close()

	client := &http.Client{Transport: adopt.New(1000, nil)} // at most 1,000 tokens of input

	list := ""
	for i := range 60 {
		list += fmt.Sprintf(`{"role":"user","content":"Question %d. It is a long one, with many words."},{"role":"assistant","content":"Answer %d, which is long too."},`, i+1, i+1)
	}
	res, err := client.Post(vendor.URL+"/v1/chat/completions", "application/json",
		strings.NewReader(`{"model":"gpt-4.1","messages":[`+list+`{"role":"user","content":"And now?"}]}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer res.Body.Close()
	left := res.Header.Get(adopt.HeaderLeftOut)
	fmt.Println("messages were left out:", left != "" && left != "0")
	// Output:
	// the vendor sees the first question: false
	// messages were left out: true
}
