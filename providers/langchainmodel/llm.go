package langchainmodel

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/tmc/langchaingo/llms"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/providers"
)

// LLM is an llms.Model that composes: chains and agents of langchaingo call it with their
// whole list, a session chooses what of it is sent, and a model of quire's answers. It is
// safe for concurrent use; its calls are one conversation and wait for each other.
//
// Of the options of a call it takes the model (which must be the session's), MaxTokens,
// Tools, StopWords (what comes behind one is cut off), and both streaming functions. Any
// other that is set is a *[LossError]: it is a matter of the options of the model. The whole
// reply stands in GenerationInfo, under "Reply".
//
// The list of a caller has no place for reasoning. LLM keeps that which led to calls that
// stand in the list, and sends it with them.
type LLM struct {
	model   providers.Model
	session *compose.Session
	turn    chan struct{} // holds one token: whoever has it may use what follows
	system  string        // of the session, before what a list says
	tools   []quire.Tool
	said    map[string][]quire.Part // replies with calls, by the id of the first
}

var _ llms.Model = (*LLM)(nil)

// NewLLM makes one of a model of quire's, such as what [New] and the other adapters return,
// and a session. The system prompt and the tools of the session go before those of a call;
// nobody else may use the session.
func NewLLM(model providers.Model, session *compose.Session) *LLM {
	l := &LLM{model: model, session: session, turn: make(chan struct{}, 1), said: map[string][]quire.Part{}}
	l.system, l.tools = session.Options.System, slices.Clone(session.Options.Tools)
	return l
}

// Call implements llms.Model.
func (l *LLM) Call(ctx context.Context, prompt string, options ...llms.CallOption) (string, error) {
	return llms.GenerateFromSinglePrompt(ctx, l, prompt, options...)
}

// GenerateContent implements llms.Model. Errors are those of [Prompt], of the session, and of
// the model.
func (l *LLM) GenerateContent(ctx context.Context, messages []llms.MessageContent, options ...llms.CallOption) (*llms.ContentResponse, error) {
	var o llms.CallOptions
	for _, with := range options {
		with(&o)
	}
	if err := l.takes(&o); err != nil {
		return nil, err
	}
	p, err := Prompt(messages, options...)
	if err != nil {
		return nil, err
	}
	select {
	case l.turn <- struct{}{}:
		defer func() { <-l.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	reply, err := l.answer(ctx, p, &o)
	if err != nil {
		return nil, err
	}
	return contentResponse(reply, o.StopWords), nil
}

// answer composes and calls the model.
func (l *LLM) answer(ctx context.Context, p *quire.Prompt, o *llms.CallOptions) (*quire.Reply, error) {
	l.recall(p.Messages)
	l.session.Options.System = joined(l.system, p.System)
	l.session.Options.Tools = slices.Concat(l.tools, p.Tools)
	plan, err := l.session.Next(p.Messages)
	if err != nil {
		return nil, err
	}
	prompt := plan.Prompt
	if o.MaxTokens > 0 {
		prompt.MaxOutput = o.MaxTokens
	}
	reply, err := l.generate(ctx, &prompt, o)
	if err != nil {
		if failed := l.session.Failed(plan); failed != nil {
			return nil, failed
		}
		return nil, err
	}
	if err := l.session.Sent(plan, reply.Usage); err != nil {
		return nil, err
	}
	for _, part := range reply.Parts[:reply.Whole()] {
		if call, ok := part.(quire.ToolCall); ok {
			l.said[call.ID] = reply.Parts[:reply.Whole()]
			break
		}
	}
	return reply, nil
}

// generate calls the model, and hands over what comes in meanwhile.
func (l *LLM) generate(ctx context.Context, p *quire.Prompt, o *llms.CallOptions) (*quire.Reply, error) {
	if o.StreamingFunc == nil && o.StreamingReasoningFunc == nil {
		return l.model.Generate(ctx, p)
	}
	shown := shower{stops: o.StopWords, text: o.StreamingFunc, both: o.StreamingReasoningFunc}
	for d, err := range providers.Stream(ctx, l.model, p) {
		if err != nil {
			return nil, err
		}
		if err := shown.delta(ctx, &d); err != nil {
			return nil, err
		}
		if d.Reply != nil {
			return d.Reply, nil
		}
	}
	return nil, noPlace("ask again", "a stream without a reply")
}

// shower hands over a stream, up to the first of the stop words.
type shower struct {
	stops []string
	text  func(context.Context, []byte) error
	both  func(context.Context, []byte, []byte) error
	said  string // so far
	shown int    // bytes of it
	any   bool
}

func (s *shower) delta(ctx context.Context, d *quire.Delta) error {
	if d.Reply != nil {
		if !s.any { // a model that does not stream
			s.said = textIn(d.Reply.Parts)
		}
		return s.show(ctx, nil, true)
	}
	s.said += d.Text
	s.any = s.any || d.Text != "" || d.Reasoning != ""
	return s.show(ctx, []byte(d.Reasoning), false)
}

// show hands over what can't be the beginning of a stop word.
func (s *shower) show(ctx context.Context, reasoning []byte, last bool) error {
	end := len(s.said)
	if short, found := cutAt(s.said, s.stops); found {
		end = len(short)
	} else if !last {
		end -= held(s.said, s.stops)
	}
	fresh := []byte(s.said[min(s.shown, end):end])
	s.shown = max(s.shown, end)
	if s.both != nil && len(fresh)+len(reasoning) > 0 {
		return s.both(ctx, reasoning, fresh)
	}
	if s.text != nil && len(fresh) > 0 {
		return s.text(ctx, fresh)
	}
	return nil
}

// held is how many bytes at the end of s may begin a stop word.
func held(s string, stops []string) int {
	most := 0
	for _, stop := range stops {
		for n := min(len(stop)-1, len(s)); n > most; n-- {
			if strings.HasSuffix(s, stop[:n]) {
				most = n
			}
		}
	}
	return most
}

// cutAt returns s up to the first of the stop words that stands in it.
func cutAt(s string, stops []string) (string, bool) {
	at := -1
	for _, stop := range stops {
		if i := strings.Index(s, stop); stop != "" && i >= 0 && (at < 0 || i < at) {
			at = i
		}
	}
	if at < 0 {
		return s, false
	}
	return s[:at], true
}

// recall puts the model's own words in the place of what the list has of them, and forgets
// those that the list has not.
func (l *LLM) recall(messages []quire.PromptMessage) {
	kept := map[string][]quire.Part{}
	for i, m := range messages {
		calls := callsIn(m.Parts)
		if m.Role != quire.RoleAssistant || len(calls) == 0 {
			continue
		}
		own := l.said[calls[0].ID]
		if own != nil && slices.Equal(calls, unsigned(callsIn(own))) && textIn(m.Parts) == textIn(own) {
			messages[i].Parts = own
			kept[calls[0].ID] = own
		}
	}
	l.said = maps.Clone(kept)
}

func callsIn(parts []quire.Part) (out []quire.ToolCall) {
	for _, part := range parts {
		if c, ok := part.(quire.ToolCall); ok {
			out = append(out, c)
		}
	}
	return out
}

func textIn(parts []quire.Part) (s string) {
	for _, part := range parts {
		if t, ok := part.(quire.Text); ok {
			s += t.Text
		}
	}
	return s
}

func unsigned(calls []quire.ToolCall) []quire.ToolCall {
	for i := range calls {
		calls[i].Signature = ""
	}
	return calls
}

func joined(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "\n\n" + b
}

// takes refuses options that have no place in a prompt.
func (l *LLM) takes(o *llms.CallOptions) error {
	const advice = "set it where the model is made, or leave it out"
	own := l.session.Options.Model
	if o.Model != "" && own.Name != "" && own.Name != o.Model {
		return noPlace("make a session and an LLM for it", "the model %q, where the session is for %q,", o.Model, own.Name)
	}
	for _, option := range []struct {
		name string
		set  bool
	}{
		{"CandidateCount", o.CandidateCount > 1}, {"N", o.N > 1}, {"Temperature", o.Temperature != 0}, {"TopK", o.TopK != 0}, {"TopP", o.TopP != 0},
		{"Seed", o.Seed != 0}, {"MinLength", o.MinLength != 0}, {"MaxLength", o.MaxLength != 0}, {"RepetitionPenalty", o.RepetitionPenalty != 0},
		{"FrequencyPenalty", o.FrequencyPenalty != 0}, {"PresencePenalty", o.PresencePenalty != 0}, {"JSONMode", o.JSONMode},
		{"ToolChoice", o.ToolChoice != nil && o.ToolChoice != "auto"}, {"ResponseMIMEType", o.ResponseMIMEType != ""}, {"Metadata", len(o.Metadata) > 0},
	} {
		if option.set {
			return noPlace(advice, "the option %s", option.name)
		}
	}
	return nil
}
