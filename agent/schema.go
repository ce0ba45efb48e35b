package agent

import (
	"slices"
	"strings"

	"github.com/quire-dev/quire"
)

// The names of the mail tools.
const (
	toolFind = "mail_find"
	toolSend = "mail_send"
	toolDone = "mail_done"
	toolPull = "context_pull"
	toolDrop = "context_drop"
	toolPin  = "context_pin"
)

// MailTools returns the six tools that every agent has, sorted by name: a fresh
// copy. Together they take less than 800 tokens.
func MailTools() []quire.Tool {
	return []quire.Tool{
		{Name: toolDrop, Description: "Release messages from your context. They stay in the mailbox.", Schema: []byte(`{"type":"object","properties":{"uids":{"type":"array","items":{"type":"integer"}}},"required":["uids"]}`)},
		{Name: toolPin, Description: "Keep messages in your context until you unpin them.", Schema: []byte(`{"type":"object","properties":{"uids":{"type":"array","items":{"type":"integer"}},"on":{"type":"boolean","description":"false unpins"}},"required":["uids"]}`)},
		{Name: toolPull, Description: "Bring messages into your context: #41 is uid 41. For a large one give a byte range.", Schema: []byte(`{"type":"object","properties":{"uids":{"type":"array","items":{"type":"integer"}},"from":{"type":"integer"},"to":{"type":"integer"}},"required":["uids"]}`)},
		{Name: toolDone, Description: "Mark mail as handled, or put it off.", Schema: []byte(`{"type":"object","properties":{"uids":{"type":"array","items":{"type":"integer"}},"later":{"type":"string","description":"defer instead: \"2h\" or a time"}},"required":["uids"]}`)},
		{Name: toolFind, Description: "List your mailbox, newest first, or search it, best first: headers and snippets.", Schema: []byte(`{"type":"object","properties":{"words":{"type":"string"},"from":{"type":"string"},"thread":{"type":"integer","description":"a message of the thread"},"pending":{"type":"boolean","description":"only what waits and is not in your context"},"before":{"type":"integer","description":"only older than this number"},"limit":{"type":"integer"}}}`)},
		{Name: toolSend, Description: "Send mail or reply. With options, reply_by and default it is a question; if nobody answers in time a reversible one takes its default.", Schema: []byte(`{"type":"object","properties":{"to":{"type":"array","items":{"type":"string"}},"subject":{"type":"string"},"text":{"type":"string"},"reply_to":{"type":"integer"},"done":{"type":"boolean","description":"reply_to is handled with this"},"options":{"type":"array","items":{"type":"string"}},"reply_by":{"type":"string","description":"\"2h\" or a time"},"default":{"type":"string"},"reversible":{"type":"boolean"},"escalate":{"type":"string","description":"who is asked next if nobody answers"}},"required":["text"]}`)},
	}
}

// isMailTool says whether a name is one of the six.
func isMailTool(name string) bool {
	switch name {
	case toolFind, toolSend, toolDone, toolPull, toolDrop, toolPin:
		return true
	}
	return false
}

// bookkeeping says whether a tool only tidies the context: it never costs a
// model call of its own.
func bookkeeping(name string) bool { return name == toolDrop || name == toolPin }

// names lists all tools for a model that called one that is not there.
func (a *Agent) names() string {
	names := make([]string, len(a.shown))
	for i, t := range a.shown {
		names[i] = t.Name
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}
