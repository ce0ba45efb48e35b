package compose

import (
	"encoding/binary"
	"encoding/json"
	"hash/fnv"
	"slices"
	"strings"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/calibrate"
	"github.com/quire-dev/quire/internal/ledger"
	"github.com/quire-dev/quire/price"
)

// Setup is what a call is configured with, besides its budget. Receipts keep it, so
// that one model's calls are told from another's, and so that calls can be composed
// again by whoever does not have the system prompt and the tools of that time.
type Setup struct {
	Model    string          `json:"model"`
	API      quire.API       `json:"api"`
	Counting string          `json:"counted"` // how tokens were counted, as in stored counts: see [tokenizer.Key]
	Cost     price.CostModel `json:"cost"`    // without what it says of its source
	// Of what stands before the log, that is system, tools and head: what identifies its
	// bytes for this model, and whatever the model; and what its tokens are tokens of.
	Prefix  uint64        `json:"prefix,string"`
	Content uint64        `json:"content,string"`
	Tokens  int           `json:"tokens"`
	System  bool          `json:"system,omitzero"` // there was a system prompt, so that a mark could stand behind it
	Head    bool          `json:"head,omitzero"`   // there was a head
	Parts   [2]uint64     `json:"parts,omitzero"`  // what identifies system prompt and tools each
	Mix     calibrate.Mix `json:"mix"`
}

// failure is a call that brought no reply, as it is stored: what it took in, as intake has it, and what
// it was composed with. What its provider kept of it, and whether it bills it, is not
// known.
type failure struct {
	Time       time.Time  `json:"time"`
	Arrived    []seenItem `json:"arrived,omitzero"`
	Offered    []seenItem `json:"offered,omitzero"`
	Changed    []seenItem `json:"changed,omitzero"`
	Noticed    bool       `json:"noticed,omitzero"`
	Notice     int        `json:"notice,omitzero"`
	ByEstimate bool       `json:"byEstimate,omitzero"`
	Next       time.Time  `json:"next,omitzero"`
	Edits      int        `json:"edits,omitzero"`   // of Taken.Edits, those that were made before it
	Learned    int        `json:"learned,omitzero"` // the same of Taken.Learned
	Budget     int        `json:"budget"`
	Used       int        `json:"used"`
	Bill       price.Bill `json:"bill"` // if it was billed as one that went well
	Setup      Setup      `json:"setup"`
	Why        string     `json:"why,omitzero"`   // in the host's words
	Tries      int        `json:"tries,omitzero"` // requests that were made; 0: unknown
}

// maxFailures is how many calls in a row that failed are remembered one by one: in an
// outage one is written every few minutes, and what the later ones may have left in a
// cache is what the earlier ones did.
const maxFailures = 16

// setup is that of the plan.
func (w *work) setup() Setup {
	in, heads := w.in, 0
	s := Setup{Model: in.Model.Name, API: in.Model.Dialect.API, Counting: w.c.counted, Cost: w.charged, Tokens: w.plan.base, Mix: w.memo.mix, Parts: w.st.fixed}
	s.Cost.Source, s.Cost.Date = "", ""
	for _, r := range w.shown[:len(w.st.set.Head)] {
		heads += len(r.msgs)
		s.Mix = s.Mix.Add(r.mix)
	}
	s.Prefix, s.System = uint64(w.bounds[heads].Prefix), strings.TrimSpace(w.plan.Prompt.System) != ""
	if in.stands != nil {
		s.Content, s.Head = in.stands.Content, in.stands.Head
		return s
	}
	s.Head = len(w.st.set.Head) > 0
	content := w.memo.content
	for _, r := range w.shown[:len(w.st.set.Head)] {
		for _, message := range r.hashes {
			content = chain(content, message)
		}
	}
	s.Content = content
	return s
}

// hashContent identifies what stands before the first message, without the model.
func hashContent(p *quire.Prompt) uint64 {
	h := fnv.New64a()
	field := func(s string) {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(s)))
		h.Write(n[:])
		h.Write([]byte(s))
	}
	field(p.System)
	for i := range p.Tools {
		field(p.Tools[i].Name)
		field(p.Tools[i].Description)
		field(string(p.Tools[i].Schema))
	}
	return h.Sum64()
}

// hash tells one setup from another.
func (s *Setup) hash() uint64 {
	b, err := json.Marshal(s)
	if err != nil { // a price that is no number
		return 1
	}
	h := fnv.New64a()
	h.Write(b)
	return max(h.Sum64(), 1)
}

// standIn takes what stood before the log in a replay whose system prompt, tools and
// head are not at hand: its bytes are not known, its size and its identity are.
func (w *work) standIn() bool {
	s := w.in.stands
	if s == nil {
		return false
	}
	prefix := s.Prefix
	if w.in.Model.Name != s.Model || w.in.Model.Dialect.API != s.API {
		h := fnv.New64a()
		h.Write([]byte(w.in.Model.Name))
		prefix = chain(s.Content, h.Sum64())
	}
	if w.fixed = (quire.Digest{}); s.System {
		w.plan.Prompt.System = "…" // it is marked as what it stands for
	}
	binary.BigEndian.PutUint64(w.fixed[:], prefix)
	w.memo.fixed, w.memo.tokens, w.memo.mix, w.memo.parts = w.fixed, s.Tokens, s.Mix, s.Parts
	return true
}

// Failed is the state to commit when the call brought no reply: what the provider kept of
// it is unknown. Its next receipt says why, in the host's words, and after how many
// requests; "" and 0 are unknown.
func (p *Plan) Failed(why string, tries int) State {
	st := p.failed
	st.failures = slices.Clone(st.failures)
	if n := len(st.failures); n > 0 {
		st.failures[n-1].Why, st.failures[n-1].Tries = why, tries
	}
	return st
}

// fail is the state that follows when the call does not go well.
func (w *work) fail(ledger ledger.Ledger) State {
	p, t := w.plan, &w.plan.taken
	st := w.in.State
	st.ledger = ledger
	st.failures = append(slices.Clip(st.failures), failure{Time: t.Time, Next: t.Next, Arrived: t.Arrived, Offered: t.Offered, Changed: t.Changed,
		Noticed: t.Noticed, Notice: t.Notice, ByEstimate: t.ByEstimate, Edits: len(t.Edits), Learned: len(t.Learned),
		Budget: p.Budget, Used: p.Used, Bill: p.Bill, Setup: p.setup})
	st.failures = st.failures[max(0, len(st.failures)-maxFailures):]
	return st
}
