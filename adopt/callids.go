package adopt

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"slices"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
)

// plainID is what an id of a call has to be for a session to keep it.
var plainID = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,64}$`)

// standIns gives calls with other ids, such as Kimi's "functions.f:0", ids that a session
// keeps, and returns the client's by them.
func standIns(messages []quire.PromptMessage) (own map[string]string) {
	own = map[string]string{}
	rename(messages, func(id string) string {
		if id == "" || plainID.MatchString(id) {
			return id
		}
		sum := sha256.Sum256([]byte(id))
		name := "call_" + hex.EncodeToString(sum[:12])
		own[name] = id
		return name
	})
	return own
}

// withOwnRoles gives messages of the system's or the developer's their role again, which are a
// user's notes to a session.
func withOwnRoles(messages []quire.PromptMessage, plan *compose.Plan) []quire.PromptMessage {
	roles := map[uint64]quire.Role{}
	for _, row := range plan.Next.Items() {
		if role := quire.Role(row.From); row.Kind == quire.KindNote && row.Left == 0 && (role == "system" || role == "developer") {
			roles[row.Seq] = role
		}
	}
	if len(roles) == 0 {
		return messages
	}
	copied := slices.Clone(messages)
	for i := range copied {
		if role, ok := roles[copied[i].Seq]; ok {
			copied[i].Role = role
		}
	}
	return copied
}

// withOwnIDs returns the messages with the client's ids in them.
func withOwnIDs(messages []quire.PromptMessage, own map[string]string) []quire.PromptMessage {
	if len(own) == 0 {
		return messages
	}
	copied := make([]quire.PromptMessage, len(messages))
	for i, m := range messages {
		m.Parts = append([]quire.Part(nil), m.Parts...)
		copied[i] = m
	}
	rename(copied, func(id string) string {
		if was, ok := own[id]; ok {
			return was
		}
		return id
	})
	return copied
}

// rename gives calls and their results other ids, in place.
func rename(messages []quire.PromptMessage, name func(string) string) {
	for _, m := range messages {
		for i, part := range m.Parts {
			switch part := part.(type) {
			case quire.ToolCall:
				part.ID = name(part.ID)
				m.Parts[i] = part
			case quire.ToolResult:
				part.CallID = name(part.CallID)
				m.Parts[i] = part
			}
		}
	}
}
