package wire

import (
	"cmp"
	"crypto/sha256"
	"slices"
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/models"
)

// between separates two messages of one role that were joined, and anotherPart those whose
// content is a list of parts, of which the last one is open; closeParts closes it.
const (
	between     = `\n\n`
	anotherPart = `"},{"type":"text","text":"`
	closeParts  = `"}]}`
)

func buildStrict(p *quire.Prompt, d *models.Dialect, opts *Options) *request {
	r := &request{}
	chatParams(&r.params, p, d, opts)
	r.list("tools", chatTools(p))
	r.list("messages", strictMessages(p, d, strictForm(d)))
	return r
}

// form is what differs between the formats whose messages alternate.
type form struct {
	api    quire.API
	calls  func(calls []quire.ToolCall, proofs [][]byte, id func(string) string) []byte // the list of them
	result func(res quire.ToolResult, id string) *object                                // all but the content
	// thinks writes what an assistant thought, before its content; calls say that it has
	// some. nil: no place for it.
	thinks   func(o *object, m quire.PromptMessage, calls bool)
	parts    func(m quire.PromptMessage) []byte   // the thoughts, as a list of parts up to the text behind them; nil: none
	list     func(m quire.PromptMessage) []byte   // the same, closed, where nothing was said
	proofs   func(m quire.PromptMessage) [][]byte // what stands beside each call; nil: nothing
	pictures bool                                 // go in a field of their own
	// single: a message has one call at most, and its result comes before the next one, as
	// the templates of Llama 3.1 want it.
	single bool
}

func strictForm(d *models.Dialect) form {
	c := chat{d: d}
	return form{
		api: quire.APIStrict, calls: chatCalls, single: true, thinks: c.echo, proofs: c.proofs,
		parts: func(m quire.PromptMessage) []byte { return openThinking(d, m) },
		list:  func(m quire.PromptMessage) []byte { return thinkingParts(d, m) },
		result: func(res quire.ToolResult, id string) *object {
			return new(object).str("role", "tool").opt("name", toolName(res.Name)).str("tool_call_id", id)
		},
	}
}

func strictMessages(p *quire.Prompt, d *models.Dialect, f form) []item {
	s := strict{d: f, ids: strictIDs(p)}
	if !blank(p.System) {
		it := stringItem(`{"role":"system","content":`, []string{p.System}, "}", -1)
		it.level = LevelSystem
		s.items = append(s.items, it)
	}
	for i, m := range p.Messages {
		switch m.Role {
		case quire.RoleAssistant:
			s.assistant(i, m)
		case quire.RoleTool:
			s.results(i, m)
		default:
			s.user(i, m)
		}
	}
	if n := notice(p, d); n != "" {
		s.ask(-1, nil, []string{n}, true)
	}
	return s.items
}

// strict makes messages that alternate between user and assistant.
type strict struct {
	d     form
	items []item
	last  quire.Role // of the last message, "" at the start
	ids   map[string]string
	rest  []quire.ToolCall // calls of a message that had room for one
	proof [][]byte         // what proves them
}

func (s *strict) user(i int, m quire.PromptMessage) {
	shown, parts := s.pictures(m.Parts)
	s.ask(i, shown, texts(s.d.api, parts), false)
}

// pictures splits off the pictures that go in a field of their own; a caption
// stands in the place of each.
func (s *strict) pictures(parts []quire.Part) (shown []byte, rest []quire.Part) {
	if s.d.pictures {
		if shown = pictures(parts); shown != nil {
			return shown, captioned(parts)
		}
	}
	return nil, parts
}

// ask adds texts to the last message, if that is a user's, or starts one. With
// pictures it always starts one: they belong to the whole message on the wire,
// so one that was sent must not get more of them.
func (s *strict) ask(msg int, shown []byte, texts []string, volatile bool) {
	if s.last == quire.RoleTool || s.last == quire.RoleUser && shown != nil {
		s.say(-1, nil, []string{seen}, 0)
	}
	o := new(object).str("role", "user")
	s.join(quire.RoleUser, withPictures(o, shown), msg, texts, volatile)
}

// withPictures opens a message's content. The pictures stand before it, so that
// text that is joined later changes nothing before itself.
func withPictures(o *object, shown []byte) string {
	if shown != nil {
		o.raw("images", shown)
	}
	o.key("content")
	return string(o.b)
}

// say adds an assistant's words. What it thought is left out where they join those of a
// message before.
func (s *strict) say(msg int, m *quire.PromptMessage, texts []string, calls int) {
	s.begin()
	o := new(object).str("role", "assistant")
	var parts []byte
	if m != nil && s.d.thinks != nil {
		s.d.thinks(o, *m, calls > 0)
	}
	if m != nil && s.d.parts != nil {
		parts = s.d.parts(*m)
	}
	o.key("content")
	joins := s.last == quire.RoleAssistant
	s.join(quire.RoleAssistant, string(append(o.b, parts...)), msg, texts, false)
	if parts != nil && !joins {
		s.items[len(s.items)-1].close = closeParts
	}
}

// begin lets no assistant's words come first.
func (s *strict) begin() {
	if s.last == "" {
		s.join(quire.RoleUser, `{"role":"user","content":`, -1, []string{continued}, false)
	}
}

// thought begins a message whose content is thoughts alone; it has calls.
func (s *strict) thought(msg int, m quire.PromptMessage) bool {
	if s.d.list == nil {
		return false
	}
	list := s.d.list(m)
	if list == nil {
		return false
	}
	s.begin()
	open := new(object).str("role", "assistant").raw("content", list)
	s.items, s.last = append(s.items, item{open: string(open.b), close: "}", level: LevelMessages, msg: msg}), quire.RoleAssistant
	return true
}

func (s *strict) join(role quire.Role, open string, msg int, texts []string, volatile bool) {
	it := stringItem(open, texts, "}", msg)
	for k := range it.blocks {
		it.blocks[k].volatile = volatile
	}
	if s.last == role {
		prev := &s.items[len(s.items)-1]
		it.blocks[0].lead = between
		if prev.close == closeParts {
			it.blocks[0].lead = anotherPart
		}
		prev.blocks = append(prev.blocks, it.blocks...)
		return
	}
	s.items, s.last = append(s.items, it), role
}

// assistant adds what an assistant said and called. Calls are a piece of their
// own, so that words joined before them change nothing.
func (s *strict) assistant(i int, m quire.PromptMessage) {
	calls := callsOf(m)
	var said []string
	if t := assistantText(s.d.api, m); t != "" {
		said = []string{t}
	} else if len(calls) == 0 {
		said = []string{Empty}
	}
	if len(said) > 0 || s.last != quire.RoleAssistant && !s.thought(i, m) {
		s.say(i, &m, said, len(calls))
	}
	if len(calls) == 0 {
		return
	}
	it := &s.items[len(s.items)-1]
	id := func(id string) string { return s.ids[id] }
	var proofs [][]byte
	if s.d.proofs != nil {
		proofs = s.d.proofs(m)
	}
	if s.rest = nil; s.d.single {
		calls, s.rest = calls[:1], calls[1:]
		s.proof = proofs[min(1, len(proofs)):]
	}
	// The content ends here: results follow, so nothing more is joined to it.
	end := strings.TrimSuffix(it.close, "}")
	it.blocks = append(it.blocks, block{lead: "", body: body{raw: append([]byte(end+`,"tool_calls":`), s.d.calls(calls, proofs, id)...)}, msg: i})
	it.close = "}"
}

func (s *strict) results(i int, m quire.PromptMessage) {
	all := resultsOf(m)
	if len(s.rest) > 0 { // each behind its call, that of the first one before all
		place := map[string]int{}
		for k, c := range s.rest {
			place[c.ID] = k + 1
		}
		slices.SortStableFunc(all, func(x, y quire.ToolResult) int { return cmp.Compare(place[x.CallID], place[y.CallID]) })
	}
	for k, res := range all {
		if k > 0 && len(s.rest) > 0 {
			s.next(i)
		}
		var shown []byte
		shown, res.Parts = s.pictures(res.Parts)
		open := withPictures(s.d.result(res, s.ids[res.CallID]), shown)
		s.items = append(s.items, stringItem(open, resultTexts(s.d.api, res), "}", i))
	}
	s.last = quire.RoleTool
}

// next adds the next call, which the result before it let through. It stands with the
// results: there is no prompt that has the one and not the others.
func (s *strict) next(i int) {
	o := new(object).str("role", "assistant")
	o.key("content")
	it := stringItem(string(o.b), []string{""}, "}", i)
	it.blocks = append(it.blocks, block{body: body{raw: append([]byte(`","tool_calls":`), s.d.calls(s.rest[:1], s.proof, func(id string) string { return s.ids[id] })...)}, msg: i})
	it.close = "}"
	s.items, s.rest, s.proof = append(s.items, it), s.rest[1:], s.proof[min(1, len(s.proof)):]
}

// strictIDs gives each call an id of nine letters and digits, which is all that
// Mistral's templates take: the id itself, or a digest of it.
func strictIDs(p *quire.Prompt) map[string]string {
	ids := map[string]string{}
	for _, m := range p.Messages {
		for _, c := range callsOf(m) {
			ids[c.ID] = nine(c.ID)
		}
	}
	return ids
}

func nine(id string) string {
	const alphabet = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	if len(id) == 9 && strings.Trim(id, alphabet) == "" {
		return id
	}
	sum := sha256.Sum256([]byte(id))
	b := make([]byte, 9)
	for i := range b {
		b[i] = alphabet[int(sum[i])%len(alphabet)]
	}
	return string(b)
}
