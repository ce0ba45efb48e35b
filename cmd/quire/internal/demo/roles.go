package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/agent"
)

const (
	adaSystem = "You are ada. You build what otto asks for: run the tests of each job, mail ben and ask him to review it, and end your turn with one sentence. When a choice is not yours, ask mia with options, a deadline and a default, and go on with other work. Release what a finished job left in your context."
	benSystem = "You are ben. You review what ada built: look an older review of the same kind up, reply to her mail with what you found, and mark it done. End your turn with one sentence."
	kimSystem = "You are kim. You answer customers of the shop. Look each order up before you answer. Refunds of more than 100 euros are for mia to decide: ask her, and never decide by her silence."
	dotSystem = "You are dot. You watch the feed of the supplier, and tell otto when prices change."
	evaSystem = "You are eva. You translate release notes into French."
)

// ada builds.
func ada(s *sight) []quire.Part {
	var says []string
	var tidy []int
	for _, m := range s.mail {
		n := job(m.subject)
		switch {
		case m.kind == "answer":
			says = append(says, "mia decided: "+firstLine(m.text)+".")
		case m.from == "otto" && n > 0:
			if parts := build(s, m, n); parts != nil {
				return parts
			}
			says = append(says, fmt.Sprintf("Job %d is with ben.", n))
		case m.from == "ben" && n > 0:
			if n%4 == 0 && m.uid > 80 && s.did("context_pull") == 0 {
				return []quire.Part{say("I compare Job %d with what was said of an older one.", n), call("context_pull", map[string]any{"uids": []int{m.uid - 61}})}
			}
			says, tidy = append(says, fmt.Sprintf("Job %d is reviewed: %s", n, firstLine(m.text))), append(tidy, m.uid)
		case m.kind == "event":
			says, tidy = append(says, "Noted: "+firstLine(m.text)), append(tidy, m.uid)
		}
	}
	return ending(says, tidy)
}

// build is what ada does about a job, one call at a time; nil when it is done.
func build(s *sight, m letter, n int) []quire.Part {
	switch {
	case s.did("run_tests") == 0:
		return []quire.Part{say("I build Job %d and run its tests.", n), call("run_tests", map[string]any{"job": n})}
	case s.did("mail_send") == 0:
		parts := []quire.Part{call("mail_send", map[string]any{"to": []string{"ben"}, "subject": fmt.Sprintf("Job %d: please review", n),
			"text": fmt.Sprintf("Job %d is built: %s. %s", n, topic(n), lastLine(s.results[len(s.results)-1]))})}
		if n%5 == 0 {
			parts = append(parts, call("mail_send", map[string]any{"to": []string{"mia"}, "subject": fmt.Sprintf("Job %d: publish it now?", n),
				"text":    fmt.Sprintf("Job %d (%s) passed its tests. Shall I publish it today, or with the next release?", n, topic(n)),
				"options": []string{"today", "with the next release"}, "default": "with the next release", "reply_by": "30m", "reversible": true}))
		}
		return parts
	}
	return nil
}

// ben reviews.
func ben(s *sight) []quire.Part {
	for _, m := range s.mail {
		n := job(m.subject)
		if m.from != "ada" || n == 0 || m.kind == "event" {
			continue
		}
		switch {
		case s.did("mail_find") == 0 && n > 7:
			return []quire.Part{call("mail_find", map[string]any{"words": topic(n), "from": "ada", "limit": 3})}
		case n%2 == 0 && s.did("mail_find") > 0 && s.did("context_pull") == 0:
			if older, err := strconv.Atoi(first(numbers, s.results[0])); err == nil {
				return []quire.Part{call("context_pull", map[string]any{"uids": []int{older}})}
			}
		}
		if s.did("mail_send") == 0 {
			return []quire.Part{call("mail_send", map[string]any{"reply_to": m.uid, "done": true,
				"text": fmt.Sprintf("I read %s. %d of %d checks hold; %s.", topic(n), 9+n%4, 9+n%4,
					pick(n, "nothing to change", "rename the flag before it is published", "the second index is not used", "please add the case of an empty list"))})}
		}
	}
	return ending([]string{"All reviews are answered."}, nil)
}

// kim answers customers.
func kim(s *sight) []quire.Part {
	var says []string
	for _, m := range s.mail {
		n := job(m.subject)
		switch {
		case m.kind == "answer":
			says = append(says, "mia decided: "+firstLine(m.text)+".")
		case n == 0 || m.kind == "event":
		case s.did("look_up_order") == 0:
			return []quire.Part{call("look_up_order", map[string]any{"order": n})}
		case s.did("mail_send") == 0 && n%4 == 2:
			return []quire.Part{call("mail_send", map[string]any{"to": []string{"mia"}, "subject": fmt.Sprintf("Order %d: refund it?", n),
				"text":    fmt.Sprintf("The customer of order %d wants %d euros back: %s", n, 100+n%90, firstLine(m.text)),
				"options": []string{"refund", "replace", "refuse"}, "reply_by": "4h"})}
		case s.did("mail_send") == 0:
			return []quire.Part{call("mail_send", map[string]any{"reply_to": m.uid, "done": true, "text": fmt.Sprintf("Your order %d left our warehouse yesterday, and should reach you in two days.", n)})}
		default:
			says = append(says, fmt.Sprintf("Order %d is dealt with.", n))
		}
	}
	return ending(says, nil)
}

// dot does the same again and again, until a limit stops it.
func dot(*sight) []quire.Part {
	return []quire.Part{call("check_feed", map[string]any{"since": "yesterday"})}
}

// eva would translate, if its provider answered.
func eva(s *sight) []quire.Part {
	return ending([]string{"Les notes sont traduites."}, nil)
}

// ending ends a turn, and in the same reply lets go what is done with.
func ending(says []string, tidy []int) []quire.Part {
	if len(says) == 0 {
		says = []string{"Nothing to do."}
	}
	parts := []quire.Part{say("%s", strings.Join(says, " "))}
	if len(tidy) > 0 {
		parts = append(parts, call("context_drop", map[string]any{"uids": tidy}))
	}
	return parts
}

func topic(n int) string {
	return pick(n, "the export of invoices", "the search page", "a faster import", "the monthly report", "the login form", "the price list", "the archive")
}

func lastLine(s string) string {
	s = strings.TrimSpace(s)
	return s[strings.LastIndexByte(s, '\n')+1:]
}

// tool is a tool whose result follows from its number alone, so that it may be repeated.
func tool(name, about, arg string, result func(n int) string) agent.Tool {
	return agent.Tool{Name: name, Description: about, Repeatable: true,
		Schema: []byte(`{"type":"object","properties":{"` + arg + `":{"type":["integer","string"]}},"required":["` + arg + `"]}`),
		Run: func(_ context.Context, c agent.Call) ([]quire.Part, error) {
			args := map[string]any{}
			if err := json.Unmarshal([]byte(c.Args), &args); err != nil {
				return nil, fmt.Errorf("write one object with %s: %w", arg, err)
			}
			n, _ := args[arg].(float64)
			return []quire.Part{quire.Text{Text: result(int(n))}}, nil
		}}
}

// testLog makes up the log of a job: the same for the same number.
func testLog(n int) string {
	var b strings.Builder
	r := uint32(n)*2654435761 + 12345
	for i := range 18 + n%23 {
		r = r*1664525 + 1013904223
		fmt.Fprintf(&b, "ok   %s/unit_%05x   %d.%02d s   %d %% of statements\n", strings.ReplaceAll(topic(n+i), " ", "_"), r>>12, r>>29, r>>25, 60+r>>26%40)
	}
	fmt.Fprintf(&b, "build %08x: %d checks passed\n", r, 9+n%4)
	return b.String()
}

func order(n int) string {
	return fmt.Sprintf("order %d\nplaced 3 days ago, paid, %d articles, %d euros\nparcel %08d left the warehouse yesterday\nnotes: %s\n", n, 1+n%4, 40+n%170, n*7919,
		pick(n, "none", "second complaint", "asked for a call", "a gift"))
}
