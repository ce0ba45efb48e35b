package ollamamodel

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers"
)

var errNoModel = errors.New("no model: set Prompt.Model, or give New one (`ollama list` shows what is there)")

// advice says what a server's words mean, most specific first, and what to do. A %s
// is the model's name.
var advice = []struct {
	words  []string // one of them is in what the server says
	code   providers.Code
	advice string
}{
	{[]string{"unauthorized"}, providers.CodeAuth, "the model runs at ollama.com: `ollama signin`, or set OLLAMA_API_KEY"},
	{[]string{"does not support", "think value"}, providers.CodeInvalid, "`ollama show %s` lists what the model can do"},
	{[]string{"requires more system memory", "out of memory", "unable to allocate"}, providers.CodeOther, "take a smaller model than %s, or a smaller window"},
	{[]string{"no longer compatible", "incompatible with your version"}, providers.CodeInvalid, "`ollama pull %s` again, or a newer Ollama"},
	{[]string{"server busy"}, providers.CodeUnavailable, "too many calls wait"},
}

// explain adds to err what a user can do about it.
func (m *Model) explain(p *quire.Prompt, err error) error {
	var e *providers.Error
	if !errors.As(err, &e) {
		return err // the context's
	}
	said := strings.ToLower(e.Error())
	var dial *net.OpError
	name := m.name(p)
	switch {
	case e.Status == 0 && errors.As(err, &dial) && dial.Op == "dial":
		c := *e
		c.Err = fmt.Errorf("no server at %s: start it with `ollama serve`, or say where it is (OLLAMA_HOST or Options.BaseURL): %w", m.shown, dial)
		return &c
	case e.Status == http.StatusNotFound && strings.Contains(said, "model") && strings.Contains(said, "not found"):
		return advised(e, providers.CodeInvalid, "the model is not there: `ollama pull "+name+"`")
	case e.Status == http.StatusNotFound:
		return advised(e, providers.CodeInvalid, "no Ollama server at "+m.shown+": want its address without a path, like http://localhost:11434")
	case e.Code == providers.CodeTooLong && m.opts.Window == 0:
		return advised(e, e.Code, "Options.Window asks for a larger window than the server's own")
	}
	for _, a := range advice {
		for _, w := range a.words {
			if strings.Contains(said, w) {
				return advised(e, a.code, strings.ReplaceAll(a.advice, "%s", name))
			}
		}
	}
	return err
}

func advised(e *providers.Error, code providers.Code, advice string) error {
	c := *e
	c.Code, c.Err = code, fmt.Errorf("%w (%s)", e.Err, advice)
	if e.Err == nil {
		c.Err = errors.New(advice)
	}
	return &c
}
