package adopt

import (
	"bytes"
	"io"
	"net/http"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers/wire"
	"github.com/quire-dev/quire/tokenizer"
)

// window is what programs do by themselves: of the list it sends the newest turns that fit,
// each with its question. It stands where the transport stands, so that the programs are the
// same.
type window struct {
	budget int
	to     *server
}

// RoundTrip implements [http.RoundTripper].
func (w *window) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	asked, err := wire.DecodeRequest(w.to.api, w.to.profile.Name, body)
	if err != nil {
		return nil, err
	}
	p := asked.Prompt
	p.Messages = w.newest(&p)
	if len(p.Marks) > 0 {
		p.Marks = []quire.CacheMark{{After: len(p.Messages)}}
	}
	if body, _, err = asked.Encode(&p, &wire.Options{Dialect: w.to.profile.Dialect}); err != nil {
		return nil, err
	}
	out := r.Clone(r.Context())
	out.Body, out.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return w.to.RoundTrip(out)
}

func (w *window) newest(p *quire.Prompt) []quire.PromptMessage {
	room := w.budget - w.to.profile.Framing.Fixed(tokenizer.Approx{}, p.System, p.Tools)
	from := len(p.Messages)
	for i := len(p.Messages) - 1; i >= 0; i-- {
		if room -= w.to.profile.Framing.Message(tokenizer.Approx{}, p.Messages[i].Parts); room < 0 && from < len(p.Messages) {
			break
		}
		if p.Messages[i].Role == quire.RoleUser {
			from = i
		}
	}
	return p.Messages[from:]
}
