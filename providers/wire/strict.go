package wire

import (
	"crypto/sha256"
	"strings"

	"github.com/quire-dev/quire"
)

// between separates two messages of one role that were joined.
const between = `\n\n`

func buildStrict(p *quire.Prompt, f family, opts *Options) *request {
	r := &request{}
	chatParams(&r.params, p, f, opts)
	r.list("tools", chatTools(p))

	s := strict{ids: strictIDs(p)}
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
			s.user(i, texts(quire.APIStrict, m.Parts), false)
		}
	}
	if n := notice(p, f.row); n != "" {
		s.user(-1, []string{n}, true)
	}
	r.list("messages", s.items)
	return r
}

// strict makes messages that alternate between user and assistant.
type strict struct {
	items []item
	last  quire.Role // of the last message, "" at the start
	ids   map[string]string
}

// user adds texts to the last message, if that is a user's, or starts one.
func (s *strict) user(msg int, texts []string, volatile bool) {
	if s.last == quire.RoleTool {
		s.say(-1, []string{Seen})
	}
	s.join(quire.RoleUser, `{"role":"user","content":`, msg, texts, volatile)
}

// say adds an assistant's words.
func (s *strict) say(msg int, texts []string) {
	if s.last == "" {
		s.join(quire.RoleUser, `{"role":"user","content":`, -1, []string{Continued}, false)
	}
	s.join(quire.RoleAssistant, `{"role":"assistant","content":`, msg, texts, false)
}

func (s *strict) join(role quire.Role, open string, msg int, texts []string, volatile bool) {
	it := stringItem(open, texts, "}", msg)
	for k := range it.blocks {
		it.blocks[k].volatile = volatile
	}
	if s.last == role {
		it.blocks[0].lead = between
		prev := &s.items[len(s.items)-1]
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
	if t := assistantText(quire.APIStrict, m); t != "" {
		said = []string{t}
	} else if len(calls) == 0 {
		said = []string{Empty}
	}
	if len(said) > 0 || s.last != quire.RoleAssistant {
		s.say(i, said)
	}
	if len(calls) == 0 {
		return
	}
	it := &s.items[len(s.items)-1]
	id := func(id string) string { return s.ids[id] }
	// The content ends here: results follow, so nothing more is joined to it.
	it.blocks = append(it.blocks, block{lead: "", body: append([]byte(`","tool_calls":`), chatCalls(calls, id)...), msg: i})
	it.close = []byte("}")
}

func (s *strict) results(i int, m quire.PromptMessage) {
	for _, res := range resultsOf(m) {
		open := new(object).str("role", "tool").opt("name", toolName(res.Name)).str("tool_call_id", s.ids[res.CallID])
		open.key("content")
		s.items = append(s.items, stringItem(string(open.b), resultTexts(quire.APIStrict, res), "}", i))
	}
	s.last = quire.RoleTool
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
