package adopt_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/adopt"
	"github.com/quire-dev/quire/providers/wire"
)

// instant answers at once.
var instant = transportFunc(func(r *http.Request) (*http.Response, error) {
	_, err := io.Copy(io.Discard, r.Body)
	return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(saysYes))}, err
})

// BenchmarkRoundTrip is one more call of a conversation of so many messages: over what
// answers at once alone ("bare", the baseline), and over the transport before it ("adopted").
func BenchmarkRoundTrip(b *testing.B) {
	for _, n := range []int{20, 200, 1000} {
		var list []quire.PromptMessage
		for i := range n {
			role := quire.RoleUser
			if i%2 == 1 {
				role = quire.RoleAssistant
			}
			list = append(list, quire.PromptMessage{Role: role, Parts: []quire.Part{quire.Text{Text: fmt.Sprint("Message ", i, ". ", strings.Repeat("Some words to read. ", 20))}}})
		}
		var bodies [][]byte
		for len(bodies) < 50 { // each call has the list of the one before, an answer and a question
			body, err := wire.Encode(quire.APIAnthropic, &quire.Prompt{Model: "claude-sonnet-4-5", MaxOutput: 9, Messages: append(list, quire.PromptMessage{Role: quire.RoleUser, Parts: []quire.Part{quire.Text{Text: "And?"}}})}, nil)
			if err != nil {
				b.Fatal(err)
			}
			bodies = append(bodies, body)
			list = append(list, quire.PromptMessage{Role: quire.RoleUser, Parts: []quire.Part{quire.Text{Text: "And?"}}}, quire.PromptMessage{Role: quire.RoleAssistant, Parts: []quire.Part{quire.Text{Text: "Yes."}}})
		}
		for _, name := range []string{"bare", "adopted"} {
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				client := &http.Client{Transport: instant}
				if name == "adopted" {
					client.Transport = adopt.New(16_000, &adopt.Options{Base: instant})
				}
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					res, err := client.Post("http://vendor/v1/messages", "application/json", bytes.NewReader(bodies[i%len(bodies)]))
					if err != nil {
						b.Fatal(err)
					}
					if _, err := io.Copy(io.Discard, res.Body); err != nil {
						b.Fatal(err)
					}
					_ = res.Body.Close()
				}
			})
		}
	}
}
