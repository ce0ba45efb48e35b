package adopt

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/bench/internal/vendor"
	"github.com/quire-dev/quire/internal/codec"
	"github.com/quire-dev/quire/internal/emulate"
	"github.com/quire-dev/quire/internal/sent"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/price"
	"github.com/quire-dev/quire/providers/promptcheck"
	"github.com/quire-dev/quire/providers/wire"
	"github.com/quire-dev/quire/tokenizer"
)

// server plays a vendor: its counts, its cache and its prices. One program after the other
// uses it, in one goroutine.
type server struct {
	api     quire.API
	profile models.Profile
	cache   *emulate.Cache
	now     time.Time
	counts  map[quire.Digest]int // of messages

	turn   int // that is asked about
	calls  int
	used   quire.Usage
	most   int // tokens of the largest request
	cost   price.Money
	unsure bool // a price is not known
}

func newServer(api quire.API, model string) *server {
	p := models.FindOver(api, model)
	return &server{api: api, profile: p, cache: emulate.New(emulate.For(p.Cache)), now: time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC), counts: map[quire.Digest]int{}}
}

// RoundTrip implements [http.RoundTripper]: there is no network to be had.
func (s *server) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	if v := promptcheck.Check(s.api, body); len(v) > 0 {
		return nil, fmt.Errorf("adopt: a request that the vendor would refuse: %v", v)
	}
	asked, err := wire.DecodeRequest(s.api, s.profile.Name, body)
	if err != nil {
		return nil, err
	}
	var settings struct {
		Mark json.RawMessage `json:"cache_control"` // Anthropic's automatic one
	}
	if err := json.Unmarshal(body, &settings); err != nil {
		return nil, err
	}
	used, err := s.charge(&asked.Prompt, len(settings.Mark) > 0)
	if err != nil {
		return nil, err
	}
	reply := answer(s.turn, asked.Prompt.Messages[len(asked.Prompt.Messages)-1].Role == quire.RoleTool)
	used.Output = tokenizer.Approx{}.CountText(quire.PlainText(reply.Parts)) + 10
	reply.Model, reply.Usage = s.profile.Name, used
	s.used = s.used.Add(used)
	s.calls++
	s.most = max(s.most, used.Input)
	cost, known := s.profile.Tariff.Cost(used)
	s.cost, s.unsure = s.cost+cost, s.unsure || !known
	if body, err = vendor.Reply(s.api, reply); err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(bytes.NewReader(body)), Request: r}, nil
}

// charge lets the cache have a request, and says what of it was read and written. marks says
// that the vendor is asked to place a mark itself.
func (s *server) charge(p *quire.Prompt, marks bool) (quire.Usage, error) {
	n := sent.Tokens{Fixed: s.profile.Framing.Fixed(tokenizer.Approx{}, p.System, p.Tools)}
	total := n.Fixed
	for i := range p.Messages {
		d := codec.PartsDigest(p.Messages[i].Parts)
		if s.counts[d] == 0 {
			s.counts[d] = s.profile.Framing.Message(tokenizer.Approx{}, p.Messages[i].Parts)
		}
		n.Messages = append(n.Messages, s.counts[d])
		total += s.counts[d]
	}
	r, err := sent.Request(s.api, p, n)
	if err != nil {
		return quire.Usage{}, err
	}
	s.now = s.now.Add(5 * time.Second)
	r.At, r.Answer, r.Implicit = s.now, time.Second, r.Implicit || marks
	out, err := s.cache.Send(r)
	if err != nil {
		return quire.Usage{}, err
	}
	used := quire.Usage{Input: total, CachedInput: out.Read}
	if s.api == quire.APIAnthropic { // OpenAI bills no writes of these models
		used.CacheWrite, used.CacheWriteLong = out.Write, out.Long
	}
	return used, nil
}

// answer is what the model says in a turn: every third one looks something up first.
func answer(turn int, after bool) *quire.Reply {
	if turn%3 == 2 && !after {
		return &quire.Reply{Stop: quire.StopTools, Parts: []quire.Part{quire.ToolCall{ID: fmt.Sprint("call_", turn), Name: "lookup", Args: fmt.Sprintf(`{"about":"thing %d"}`, turn)}}}
	}
	return &quire.Reply{Stop: quire.StopEnd, Parts: []quire.Part{quire.Text{Text: fmt.Sprintf("About thing %d: %s", turn, prose(turn, 90))}}}
}

// question is what a person asks in a turn.
func question(turn int) string {
	return fmt.Sprintf("What about thing %d? %s", turn, prose(turn+7, 40))
}

// lookup is what the tool returns.
func lookup(turn int) string { return fmt.Sprintf("Thing %d: %s", turn, prose(turn+13, 400)) }

// prose is so many words, drawn by a number.
func prose(n, words int) string {
	list := strings.Fields("the report of last week says that prices of copper and timber rose while those of wool fell which nobody in our office had expected so we wrote to both suppliers and asked for terms until summer")
	var b strings.Builder
	for i := range words {
		n = (n*1103515245 + 12345) & 0x7fffffff
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(list[(n>>8)%len(list)])
	}
	return b.String() + "."
}
