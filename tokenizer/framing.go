package tokenizer

import (
	"strconv"
	"strings"

	"github.com/quire-dev/quire"
)

// Framing is what a provider's format adds to the content: tokens for each
// message, call, tool and so on. Nobody publishes all of these, so a Framing
// is a starting point: the composer learns the rest. It is data: package models
// has the ones that ship. The zero value adds nothing.
type Framing struct {
	Name    string // of the wire format: "anthropic"
	Version int    // grows with every change of a number: stored counts go by it
	Source  string // where the numbers are from
	Date    string // when the numbers were written down, YYYY-MM-DD

	PerMessage    int // each message, its role included
	PerPart       int // each part after a message's first
	PerToolCall   int // each call, its id included
	PerToolResult int // each result, its id included
	System        int // a system prompt, when there is one
	Tools         int // once, when there are tools
	PerTool       int // each tool
	Reply         int // what begins the answer
	Rules         Rules
}

// Key names a way of counting in stored counts: "o200k_base/anthropic@1", and
// what else is given, as "o200k_base/anthropic@1/render@2".
func Key(c Counter, f Framing, more ...string) string {
	return strings.Join(append([]string{c.Name(), f.Name + "@" + strconv.Itoa(f.Version)}, more...), "/")
}

// Message returns the tokens of a message with these parts: content and what
// the format adds. A prompt's count is the sum over its messages, so the count
// of a message can be stored.
func (f Framing) Message(c Counter, parts []quire.Part) int {
	n := f.PerMessage + countParts(c, f.Rules, parts)
	for i, p := range parts {
		if i > 0 {
			n += f.PerPart
		}
		switch p.(type) {
		case quire.ToolCall:
			n += f.PerToolCall
		case quire.ToolResult:
			n += f.PerToolResult
		}
	}
	return n
}

// tool returns the tokens of one tool's description and schema. The schema is
// counted as the JSON that it is; formats that render it more tightly count
// less.
func (f Framing) tool(c Counter, t quire.Tool) int {
	return f.PerTool + c.CountText(t.Name) + c.CountText(t.Description) + countBytes(c, t.Schema)
}

// Fixed returns the tokens of what is in a prompt before its first message,
// and of what begins the answer: system prompt, tools, reply.
func (f Framing) Fixed(c Counter, system string, tools []quire.Tool) int {
	n := f.Reply
	if system != "" {
		n += f.System + c.CountText(system)
	}
	if len(tools) > 0 {
		n += f.Tools
	}
	for _, t := range tools {
		n += f.tool(c, t)
	}
	return n
}

// Prompt returns the tokens of a whole prompt: [Framing.Fixed], every message,
// and the notice, as a message of its own.
func (f Framing) Prompt(c Counter, p *quire.Prompt) int {
	n := f.Fixed(c, p.System, p.Tools)
	for _, m := range p.Messages {
		n += f.Message(c, m.Parts)
	}
	if p.Notice != "" {
		n += f.PerMessage + c.CountText(p.Notice)
	}
	return n
}
