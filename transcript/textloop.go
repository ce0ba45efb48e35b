package transcript

import (
	"strings"

	"github.com/quire-dev/quire"
)

// markLoop reads the user messages of a text loop as mail from the
// environment. See Options.Environment.
func markLoop(s *Session, o *Options) {
	if o.Environment == s.User || len(s.Calls) < 2 {
		return
	}
	first := s.Calls[0].At
	if !alternates(s, first) || !looksLikeLoop(s, first) {
		return
	}
	for i := first + 1; i < len(s.Messages); i += 2 {
		m := &s.Messages[i]
		m.From = o.Environment
		m.ID = deriveID(s.ID, i, m.Time, m.From, &m.Draft)
	}
}

// alternates says whether turns without calls and the user's mail take turns
// from message first on.
func alternates(s *Session, first int) bool {
	for i, m := range s.Messages[first:] {
		if i%2 == 0 && m.Kind != quire.KindTurn || i%2 == 1 && (m.Kind != quire.KindMail || m.From != s.User) {
			return false
		}
		for _, p := range m.Parts {
			if _, ok := p.(quire.ToolCall); ok {
				return false
			}
		}
	}
	return true
}

// looksLikeLoop says whether the answers are commands and the user's messages
// were made by a template.
func looksLikeLoop(s *Session, first int) bool {
	turns, fenced, mails := 0, 0, 0
	starts := map[string]int{}
	most := 0
	for i := first; i < len(s.Messages); i++ {
		text := quire.PlainText(s.Messages[i].Parts)
		if s.Messages[i].Kind == quire.KindTurn {
			turns++
			if strings.Contains(text, "```") {
				fenced++
			}
			continue
		}
		mails++
		if len(text) >= 5 {
			starts[text[:5]]++
			most = max(most, starts[text[:5]])
		}
	}
	return mails >= 3 && fenced*5 >= turns*4 && most*5 >= mails*4
}
