package adopt

import (
	"net/http"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/models"
)

// Options say how a [Transport] works. The zero value is ready to use.
type Options struct {
	// Base carries the requests; nil: [http.DefaultTransport].
	Base http.RoundTripper
	// Profile says what is known of a model; nil: [models.FindOver].
	Profile func(api quire.API, model string) models.Profile
	// Composer counts tokens and decides what leaves, as that of
	// [compose.SessionOptions] does; nil: a session's usual one.
	Composer *compose.Composer
	// Conversations is how many are remembered, those used last; 0: 1,000. Fewer are where
	// their last requests have more than 256 MiB together, which is about the memory that
	// they take. One that is forgotten is composed like a new one.
	Conversations int
	// OnCall hears of each request that it knows, when its answer was read to the end or
	// closed: on the goroutine that reads it. It must be safe for concurrent use if the
	// client is used so.
	OnCall func(Call)
	Now    func() time.Time // nil: time.Now
}

// Call is one request to a model.
type Call struct {
	API   quire.API // "": of a format that is not composed
	Model string
	// Plan is what was composed, and with it the receipt; nil of what passed unchanged.
	Plan      *compose.Plan
	Unchanged error       // why it passed unchanged; nil: it was composed
	Messages  int         // of the client's list
	Status    int         // of the answer; 0: none came
	Usage     quire.Usage // as the provider reported it; zero: not known
	Err       error       // of the connection, or of an answer that can't be read
}

// Headers that a [Transport] reads or sets.
const (
	// HeaderConversation, in a request, names the conversation that it is of. It does not
	// go out.
	HeaderConversation = "Quire-Conversation"
	// HeaderLeftOut, in an answer, is how many of the list's messages the model was not
	// shown, or not whole: of a request that was composed.
	HeaderLeftOut = "Quire-Left-Out"
	// HeaderUnchanged, in an answer, is why its request passed unchanged.
	HeaderUnchanged = "Quire-Unchanged"
)

func (o *Options) setDefaults() {
	if o.Base == nil {
		o.Base = http.DefaultTransport
	}
	if o.Profile == nil {
		o.Profile = models.FindOver
	}
	if o.Conversations <= 0 {
		o.Conversations = 1000
	}
	if o.Now == nil {
		o.Now = time.Now
	}
}
