package compose

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/jsontext"
)

// The names of a session's tools.
const (
	toolFind = "context_find"
	toolPull = "context_pull"
	toolDrop = "context_drop"
)

// mostPulled is how many messages one call may name.
const mostPulled = 16

// Tools returns the tools that bring back what left a prompt: context_find searches
// the list by words, context_pull shows messages by number, context_drop lets go of
// what is no longer needed. They are optional: add them to the Tools of
// [Session.Options], and answer calls of them by [Session.Call]. The lines in a
// prompt name context_find and context_pull only while both are among those tools.
// Each call returns a fresh copy.
func (s *Session) Tools() []quire.Tool {
	return []quire.Tool{
		{Name: toolDrop, Description: "Release messages that you no longer need from your context, by number. They can be found and shown again.", Schema: []byte(`{"type":"object","properties":{"uids":{"type":"array","items":{"type":"integer"}}},"required":["uids"]}`)},
		{Name: toolFind, Description: "Search all of this conversation, also what is left out of your context: numbers and snippets, best first.", Schema: []byte(`{"type":"object","properties":{"words":{"type":"string"},"limit":{"type":"integer"}},"required":["words"]}`)},
		{Name: toolPull, Description: "Show messages of this conversation by number: #41 is 41. For a part of a large one give a range of bytes.", Schema: []byte(`{"type":"object","properties":{"uids":{"type":"array","items":{"type":"integer"}},"from":{"type":"integer"},"to":{"type":"integer"}},"required":["uids"]}`)},
	}
}

// offers says whether the model has what finds and shows.
func (s *Session) offers() bool {
	has := func(name string) bool {
		return slices.ContainsFunc(s.Options.Tools, func(t quire.Tool) bool { return t.Name == name })
	}
	return has(toolFind) && has(toolPull)
}

// Call answers a call of one of [Session.Tools] from the list that Next was given
// last. The result holds texts and images only: add it to the list, as that of any
// tool. What the model asked wrongly is said in the result, which is an error then;
// the error of Call itself says that the tool is none of the session's. What context_drop releases, it does once the call is in the list.
func (s *Session) Call(call quire.ToolCall) (quire.ToolResult, error) {
	var answer func(contextArgs) ([]quire.Part, error)
	switch call.Name {
	case toolFind:
		answer = s.find
	case toolPull:
		answer = s.pull
	case toolDrop:
		answer = s.release
	default:
		return quire.ToolResult{}, fmt.Errorf("%w: Call: %q is none of its tools", errSession, call.Name)
	}
	res := quire.ToolResult{CallID: call.ID, Name: call.Name}
	args, err := readArgs(call.Args)
	if err == nil {
		res.Parts, err = answer(args)
	}
	if err != nil {
		res.Parts, res.IsError = []quire.Part{quire.Text{Text: err.Error()}}, true
	}
	return res, nil
}

// contextArgs are what the tools take.
type contextArgs struct {
	UIDs     numbers `json:"uids"`
	From, To int64
	Words    string `json:"words"`
	Limit    int    `json:"limit"`
}

// numbers are numbers of messages, as models write them: 41, "41", "#41", alone or in
// a list.
type numbers []quire.UID

// UnmarshalJSON reads them.
func (n *numbers) UnmarshalJSON(b []byte) error {
	var raw []any
	if json.Unmarshal(b, &raw) != nil {
		raw = []any{nil}
		if err := json.Unmarshal(b, &raw[0]); err != nil {
			return err
		}
	}
	for _, v := range raw {
		switch v := v.(type) {
		case float64:
			*n = append(*n, quire.UID(max(v, 0)))
		case string:
			uid, err := strconv.ParseUint(strings.TrimPrefix(strings.TrimSpace(v), "#"), 10, 32)
			if err != nil {
				return fmt.Errorf("%q is no number of a message", v)
			}
			*n = append(*n, quire.UID(uid))
		case nil:
		default:
			return fmt.Errorf("%v is no number of a message", v)
		}
	}
	return nil
}

func readArgs(s string) (a contextArgs, err error) {
	if strings.TrimSpace(s) == "" {
		return a, nil
	}
	if err := json.Unmarshal([]byte(s), &a); err != nil {
		return a, fmt.Errorf("the arguments can't be read: %w", err)
	}
	return a, nil
}

func (s *Session) release(a contextArgs) ([]quire.Part, error) {
	if err := s.known(a.UIDs); err != nil {
		return nil, err
	}
	return []quire.Part{quire.Text{Text: "Released."}}, nil
}

// known says what is wrong with numbers.
func (s *Session) known(uids []quire.UID) error {
	switch {
	case len(uids) == 0:
		return fmt.Errorf("name the messages by number: {\"uids\":[41]}")
	case len(uids) > mostPulled:
		return fmt.Errorf("at most %d messages in one call", mostPulled)
	}
	for _, uid := range uids {
		if uid == 0 || uid > quire.UID(len(s.items)) {
			return fmt.Errorf("there is no message %s: they are numbered from #1 to #%d", uid, len(s.items))
		}
	}
	return nil
}

// pull shows messages, each in an equal share of what a result may take.
func (s *Session) pull(a contextArgs) ([]quire.Part, error) {
	if err := s.known(a.UIDs); err != nil {
		return nil, err
	}
	if a.From < 0 || a.To < 0 || a.To > 0 && a.To <= a.From {
		return nil, fmt.Errorf("from and to are byte positions, from before to; leave both out for all")
	}
	var out []quire.Part
	for _, uid := range a.UIDs {
		out = append(out, s.pullOne(&s.items[uid-1], a, s.share()/len(a.UIDs))...)
	}
	return out, nil
}

// share is how many tokens one result may take: two fifths of the room.
func (s *Session) share() int { return max(s.room*2/shareResults, 64) }

// pullOne shows one message, from byte a.From on as far as it fits into so many tokens.
func (s *Session) pullOne(it *quire.Item, a contextArgs, tokens int) []quire.Part {
	text, images := spoken(it)
	size := int64(len(text))
	from, to := min(a.From, size), size
	if a.To > 0 {
		to = min(a.To, size)
	}
	from, to = runeStart(text, from), runeStart(text, to)
	c := s.composer()
	for n := c.CountText(text[from:to]); n > tokens && to > from+1; n = c.CountText(text[from:to]) {
		to = runeStart(text, from+max((to-from)*int64(tokens)/int64(n)*19/20, 1))
	}
	head := "[" + it.UID.String() + " " + speaker(it)
	if from > 0 || to < size {
		head += fmt.Sprintf(", bytes %d to %d of %d", from, to, size)
	}
	if to < size {
		head += fmt.Sprintf("; from=%d goes on", to)
	}
	out := []quire.Part{quire.Text{Text: head + "]\n" + text[from:to]}}
	if from == 0 {
		out = append(out, images...)
	}
	return out
}

// runeStart returns the first place from i on where a rune starts.
func runeStart(s string, i int64) int64 {
	for i < int64(len(s)) && s[i]&0xC0 == 0x80 {
		i++
	}
	return i
}

// speaker says who a message is of.
func speaker(it *quire.Item) string {
	switch it.Kind {
	case quire.KindTurn:
		return "assistant"
	case quire.KindResult:
		if res, ok := it.Parts[0].(quire.ToolResult); ok && res.Name != "" {
			return "result of " + res.Name
		}
		return "result"
	}
	return string(it.From)
}

// spoken is what a message says, its calls and results included, and its images.
func spoken(it *quire.Item) (string, []quire.Part) {
	var b strings.Builder
	var images []quire.Part
	line := func(s string) {
		if s != "" && b.Len() > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(jsontext.Clean(s))
	}
	for _, p := range it.Parts {
		switch p := p.(type) {
		case quire.ToolCall:
			line("called " + p.Name + " " + p.Args)
		case quire.ToolResult:
			line(quire.PlainText(p.Parts))
			images = append(images, slices.DeleteFunc(slices.Clone(p.Parts), notImage)...)
		case quire.Image:
			images = append(images, p)
		default:
			line(quire.PlainText([]quire.Part{p}))
		}
	}
	return b.String(), images
}

func notImage(p quire.Part) bool {
	_, ok := p.(quire.Image)
	return !ok
}

// ofContext says whether a tool is one of a session's.
func ofContext(name string) bool { return name == toolFind || name == toolPull || name == toolDrop }

// pulledBy lists what the result of a call shows: in a session, by the call's
// arguments.
func (w *work) pulledBy(call quire.ToolCall) []quire.UID {
	if w.in.plain == nil || !w.in.plain.tools || call.Name != toolPull {
		return nil
	}
	a, err := readArgs(call.Args)
	if err != nil {
		return nil
	}
	return a.UIDs
}

// droppedBy lists what a message of the model's releases.
func droppedBy(it *quire.Item) []quire.UID {
	if it.Kind != quire.KindTurn {
		return nil
	}
	var out []quire.UID
	for _, p := range it.Parts {
		if call, ok := p.(quire.ToolCall); ok && call.Name == toolDrop {
			if a, err := readArgs(call.Args); err == nil {
				out = append(out, a.UIDs...)
			}
		}
	}
	return out
}
