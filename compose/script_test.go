package compose_test

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/policy"
)

// script is one agent that a scenario's script drives.
type script struct {
	t       *testing.T
	in      compose.Input
	o       compose.Options
	state   compose.State
	memo    compose.Scratch
	now     time.Time
	items   []quire.Item
	arrived []quire.Item
	offered []quire.Item
	last    *compose.Plan
	calls   int
	out     strings.Builder
}

func newScript(t *testing.T) *script {
	s := &script{t: t, now: time.Unix(1_800_000_000, 0).UTC(), o: compose.Options{Key: []byte("k"), Policy: policy.OldestFirst, Schedule: policy.Strict{}}}
	s.in.Tools = []quire.Tool{{Name: "read"}}
	s.in.Budget = 1000
	s.model("openai-chat", "llama")
	return s
}

func (s *script) model(api, name string) {
	s.in.Model.Name, s.in.Model.Dialect = name, models.FindOver(quire.API(api), name).Dialect
	s.o.Framing = models.FindOver(quire.API(api), "").Framing
}

func (s *script) composer() *compose.Composer { return compose.New(&s.o) }

func (s *script) body(id quire.MessageID) (quire.Item, bool) {
	i := slices.IndexFunc(s.items, func(it quire.Item) bool { return it.ID == id })
	if i < 0 {
		return quire.Item{}, false
	}
	return s.items[i], true
}

// run does what one line says. "{200 words}" in a text is that many words;
// "key=value" words before the colon say more of a message.
//
//	mail 1 from=mia subject=x until=10m supersedes=1 flags=superseded: text
//	offer 1 …: text              what a recall found, for the next call
//	head 1 …: text               pinned by configuration
//	turn 2: text; call c1 read {"path":"a"}; think …
//	result 3 c1: text            pull 3 c1 #1 (shows message 1)
//	drop 1, keep 1, pin 1, unpin 1
//	model API NAME, budget N, policy NAME, schedule NAME, price PROVIDER MODEL
//	limit class=pulled from=mia floor=N cap=N, system text
//	notice 2 from=mia: subject (two wait, one is named), notice off
//	pass 10m (time), call, call fails
func (s *script) run(line string) error {
	head, text, _ := strings.Cut(line, ": ")
	f := strings.Fields(head)
	if len(f) == 0 || strings.HasPrefix(line, "#") {
		return nil
	}
	rest := strings.TrimSpace(strings.TrimPrefix(line, f[0]))
	switch f[0] {
	case "mail", "offer", "head", "turn", "result", "pull":
		return s.message(f, text, rest)
	case "drop", "keep", "pin", "unpin":
		return s.edit(f[0], number(f[1]))
	case "notice":
		s.notice(f, text)
	case "pass":
		d, err := time.ParseDuration(f[1])
		s.now = s.now.Add(d)
		return err
	case "call":
		return s.call(rest)
	default:
		return s.set(f, rest)
	}
	return nil
}

// set changes a setting.
func (s *script) set(f []string, rest string) error {
	switch f[0] {
	case "model":
		s.model(f[1], f[2])
	case "budget":
		s.in.Budget = int(number(f[1]))
	case "system":
		s.in.System = expand(rest)
	case "policy":
		s.o.Policy = map[string]policy.Policy{"default": policy.Default{}, "oldest-first": policy.OldestFirst, "tool-results-first": policy.ToolResultsFirst, "shortens": shortens()}[f[1]]
	case "schedule":
		s.o.Schedule = map[string]policy.Schedule{"strict": policy.Strict{}, "watermark": policy.Watermark{}, "bad": badSchedule{at: -1}}[f[1]]
	case "price":
		p, _ := models.Find(f[2])
		s.in.Model.Cache = p.Cache
	case "limit":
		a := attributes(f)
		s.o.Limits = append(s.o.Limits, compose.Limit{Class: policy.Class(a["class"]), From: quire.Address(a["from"]), Floor: int(number(a["floor"])), Cap: int(number(a["cap"]))})
	default:
		return fmt.Errorf("no such word")
	}
	return nil
}

func shortens() policy.Policy {
	return badPolicy{"shortens", func(v *policy.View, yield func(policy.Victim) bool) {
		for i := range v.Units {
			if !yield(policy.Victim{Unit: i, Keep: 60, Reason: "keep its beginning and end"}) {
				return
			}
		}
	}}
}

func (s *script) edit(what string, uid quire.UID) error {
	did := map[string]func() bool{
		"drop": func() bool { return s.state.Drop(uid, true) }, "keep": func() bool { return s.state.Drop(uid, false) },
		"pin": func() bool { return s.state.Pin(uid, true) }, "unpin": func() bool { return s.state.Pin(uid, false) },
	}[what]()
	if !did {
		fmt.Fprintf(&s.out, "> %s %s: refused\n\n", what, uid)
	}
	return nil
}

func (s *script) notice(f []string, subject string) {
	s.in.Notice = nil
	if f[1] != "off" {
		s.in.Notice = &quire.Notice{Pending: int(number(f[1]))}
		if subject != "" {
			s.in.Notice.Headers = []quire.NoticeHeader{{UID: 90, From: quire.Address(attributes(f)["from"]), Subject: subject, Tokens: 12}}
		}
	}
}

// message makes a message and puts it where it belongs.
func (s *script) message(f []string, text, rest string) error {
	a, text := attributes(f), expand(text)
	it := quire.Item{Delivery: quire.Delivery{UID: number(f[1])}}
	it.ID, it.From, it.Subject = quire.MessageID("m"+f[1]), quire.Address(a["from"]), a["subject"]
	it.Kind, it.Parts = quire.KindMail, []quire.Part{quire.Text{Text: text}}
	if d, err := time.ParseDuration(a["until"]); err == nil {
		it.ValidUntil = s.now.Add(d)
	}
	if a["supersedes"] != "" {
		it.Supersedes = []quire.MessageID{quire.MessageID("m" + a["supersedes"])}
	}
	if a["flags"] == "superseded" {
		it.Flags |= quire.FlagSuperseded
	}
	switch f[0] {
	case "turn":
		it.Kind, it.Self = quire.KindTurn, true
		it.Parts = s.said(expand(strings.TrimPrefix(strings.TrimPrefix(rest, f[1]), ": ")))
	case "result", "pull":
		it.Kind, it.Self = quire.KindResult, true
		res := quire.ToolResult{CallID: f[2], Name: "read", Parts: it.Parts}
		if f[0] == "pull" {
			uid := number(strings.TrimPrefix(f[3], "#"))
			res.Name, res.Parts = "context_pull", []quire.Part{quire.Ref{Message: quire.MessageID(fmt.Sprintf("m%d", uid)), UID: uid, Part: -1}}
		}
		it.Parts = []quire.Part{res}
	}
	s.items = append(s.items, it)
	switch f[0] {
	case "offer":
		s.offered = append(s.offered, it)
	case "head":
		s.in.Head = append(s.in.Head, it)
	default:
		s.arrived = append(s.arrived, it)
	}
	return nil
}

// said reads an assistant's parts.
func (s *script) said(text string) []quire.Part {
	var parts []quire.Part
	for piece := range strings.SplitSeq(text, "; ") {
		f := strings.SplitN(piece, " ", 4)
		switch f[0] {
		case "call":
			parts = append(parts, quire.ToolCall{ID: f[1], Name: f[2], Args: append(f, "{}")[3]})
		case "think":
			parts = append(parts, quire.Reasoning{Model: s.in.Model.Name, Text: piece, Signature: "sig"})
		default:
			parts = append(parts, quire.Text{Text: piece})
		}
	}
	return parts
}

func attributes(f []string) map[string]string {
	out := map[string]string{}
	for _, w := range f {
		if k, v, ok := strings.Cut(w, "="); ok {
			out[k] = v
		}
	}
	return out
}

func number(s string) quire.UID {
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		return 0
	}
	return quire.UID(n)
}

var wordMacro = regexp.MustCompile(`\{(\d+) words\}`)

func expand(s string) string {
	return wordMacro.ReplaceAllStringFunc(s, func(m string) string {
		return strings.TrimSpace(strings.Repeat("word ", int(number(wordMacro.FindStringSubmatch(m)[1]))))
	})
}
