package ollamamodel

import (
	"cmp"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/exchange"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/wire"
)

// provider names this adapter in errors.
const provider = "ollama"

// Options say which model, where, and how. The zero value is the server of
// OLLAMA_HOST or of this machine, for prompts that name their model.
type Options struct {
	// BaseURL is where the server is, "http://localhost:11434"; "" takes OLLAMA_HOST,
	// or this machine. It may leave out what Ollama's programs let one leave out.
	BaseURL string
	// Key is sent as a bearer token, for ollama.com or a proxy before the server; ""
	// takes OLLAMA_API_KEY, or sends none.
	Key string
	// HTTPClient carries the requests; nil is a plain client without a time limit,
	// since a call ends with its context, that follows no redirects.
	HTTPClient *http.Client
	// Window is how many tokens of input and output the model is loaded with; 0
	// leaves it to the server. A change loads the model anew.
	Window int
	// KeepAlive is how long the server keeps the model loaded after a call; 0 leaves
	// it to the server (5 minutes), less than 0 is for ever.
	KeepAlive time.Duration
	// Images says what becomes of pictures.
	Images Images
	// Request holds settings of every request: the format of replies, for instance.
	// Its Stream, Count, Dialect, NoImages, Window and KeepAlive are not used.
	Request wire.Options
	// Profile is what is known of the model. Without a Dialect it is the shipped
	// catalogue's, with what this says of MaxOutput and Thinking.
	Profile models.Profile
}

// Images says what becomes of pictures.
type Images int

// What becomes of them.
const (
	// ImagesAsk asks the server, once for each model, whether the model can see, and
	// then does as one of the others. A server that does not say is sent them.
	ImagesAsk  Images = iota
	ImagesSend        // they are sent; a model that can't see gets none of them, and no word
	ImagesNote        // a note stands in their place
)

// New makes a model. nil options are the zero ones, and the model is used for prompts
// that name none. It sends nothing. The error is a *providers.Error with
// CodeInvalid.
func New(model string, options *Options) (*Model, error) {
	var o Options
	if options != nil {
		o = *options
	}
	base, err := address(o.BaseURL, os.Getenv("OLLAMA_HOST"))
	if err != nil {
		return nil, invalid(err)
	}
	if o.Key == "" {
		o.Key = os.Getenv("OLLAMA_API_KEY")
	}
	about := o.Profile
	about.Window = cmp.Or(o.Window, about.Window)
	profile := exchange.ProfileOf(quire.APIOllama, about, model)
	m := &Model{opts: o, base: base, shown: withoutUser(base), http: exchange.Client(o.HTTPClient), sees: map[string]bool{}}
	m.seeing = m.adapter(profile, o.Images == ImagesNote)
	m.blind = m.adapter(profile, true)
	return m, nil
}

func (m *Model) adapter(profile models.Profile, noImages bool) *exchange.Adapter {
	w := m.opts.Request
	w.NoImages, w.Window, w.KeepAlive = noImages, m.opts.Window, m.opts.KeepAlive
	return &exchange.Adapter{Provider: provider, API: quire.APIOllama, Profile: profile, Wire: w, Send: m.chat}
}

// address completes what a user may leave out of the server's: scheme, host, port.
func address(option, variable string) (string, error) {
	s := strings.Trim(strings.TrimSpace(option), `"'`)
	if s == "" {
		s = strings.Trim(strings.TrimSpace(variable), `"'`)
	}
	scheme, rest, named := strings.Cut(s, "://")
	if !named {
		scheme, rest = "http", s
		if s == "ollama.com" {
			scheme = "https"
		}
	}
	hostport, path, _ := strings.Cut(rest, "/")
	host, port, err := net.SplitHostPort(hostport)
	if err != nil { // no port
		host, port = strings.Trim(hostport, "[]"), ""
	}
	switch host {
	case "", "0.0.0.0": // where a server listens on all addresses
		host = "127.0.0.1"
	case "::":
		host = "::1"
	}
	if port == "" && !named && scheme == "http" {
		port = "11434"
	}
	switch {
	case port != "":
		host = net.JoinHostPort(host, port)
	case strings.Contains(host, ":"):
		host = "[" + host + "]"
	}
	u, err := url.Parse(scheme + "://" + host + "/" + path)
	if err != nil || u.Host == "" || scheme != "http" && scheme != "https" {
		return "", fmt.Errorf("address %q of the server: want one like http://localhost:11434", withoutUser(s))
	}
	return strings.TrimRight(u.String(), "/"), nil
}

// withoutUser takes name and password out of an address, for errors.
func withoutUser(address string) string {
	from := 0
	if i := strings.Index(address, "://"); i >= 0 {
		from = i + len("://")
	}
	if at := strings.LastIndexByte(address, '@'); at >= from {
		return address[:from] + address[at+1:]
	}
	return address
}

func invalid(err error) error {
	return &providers.Error{Provider: provider, Code: providers.CodeInvalid, Err: err}
}
