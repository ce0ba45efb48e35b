package main

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/agent"
)

var (
	jobRE     = regexp.MustCompile(`Job (\d+)`)
	waitingRE = regexp.MustCompile(`(?m)^#(\d+) from=\S+ .*, waiting`)
)

// job is the number of the job that a text is about; 0 for none.
func job(s string) int {
	if m := jobRE.FindStringSubmatch(s); m != nil {
		n, err := strconv.Atoi(m[1])
		if err == nil {
			return n
		}
	}
	return 0
}

const adaSystem = `You are ada. You build what mia asks for: run build for each job, then mail ben and ask him to review it. ` +
	`When ben is satisfied, release what the job left in your context and end your turn with one sentence. ` +
	`When a choice is not yours, ask mia with options, a deadline and a default, and go on with other work.`

const benSystem = `You are ben. You review what ada built: reply to her mail with what you found and mark it done. ` +
	`When a job resembles an older one, look the older review up first. End your turn with one sentence.`

// ada builds: she looks at what the notice announces, runs build for every job
// that came, mails ben about it, sometimes asks mia, and tidies up.
func ada(s *sight) []quire.Part {
	if parts := lookUp(s); parts != nil {
		return parts
	}
	var tidy []int
	var says []string
	for _, m := range s.now("mia") {
		n := job(m.subject)
		name := fmt.Sprintf("Job %d", n)
		switch {
		case m.kind == "answer":
			says = append(says, fmt.Sprintf("mia decided: %s.", firstLine(m.text)))
		case strings.HasPrefix(m.subject, "Numbers"):
			says = append(says, "I read the numbers and don't need them any more.")
			tidy = append(tidy, m.uid)
		case n > 0:
			if parts := work(s, m, n, name); parts != nil {
				return parts
			}
			says = append(says, name+" is with ben.")
		}
	}
	for _, m := range s.now("ben") {
		name := fmt.Sprintf("Job %d", job(m.subject))
		says = append(says, name+" is reviewed.")
		tidy = append(tidy, s.about(name)...)
	}
	for _, m := range s.now("ada") {
		if m.kind == "event" {
			says = append(says, "Noted: "+firstLine(m.text))
		}
	}
	return ending(says, tidy)
}

// lookUp follows the notice: list what waits, then pull the oldest of it.
func lookUp(s *sight) []quire.Part {
	found, listed := s.called("mail_find", "pending")
	if !listed {
		if s.notice == "" {
			return nil
		}
		return []quire.Part{call("mail_find", map[string]any{"pending": true})}
	}
	m := waitingRE.FindStringSubmatch(found.result)
	if m == nil {
		return nil
	}
	if _, pulled := s.called("context_pull", m[1]); pulled {
		return nil
	}
	uid, err := strconv.Atoi(m[1])
	if err != nil {
		return nil
	}
	return []quire.Part{call("context_pull", map[string]any{"uids": []int{uid}})}
}

// work is what ada does about one job, one call at a time; nil when it is done.
func work(s *sight, m seen, n int, name string) []quire.Part {
	built, ok := s.called("build", name+`"`)
	if !ok {
		return []quire.Part{text("I build %s.", name), call("build", map[string]any{"job": name})}
	}
	if _, ok := s.called("mail_send", name+":"); ok {
		return nil
	}
	parts := []quire.Part{call("mail_send", map[string]any{
		"to": []string{"ben"}, "subject": name + ": please review",
		"text": fmt.Sprintf("%s is built. %s", name, lastLine(built.result)),
	})}
	if n%3 == 0 { // a choice that is mia's
		parts = append(parts, call("mail_send", map[string]any{
			"reply_to": m.uid, "subject": name + ": publish now?", "text": "Shall I publish it today or with the next batch?",
			"options": []string{"today", "next batch"}, "default": "next batch", "reply_by": "3m", "reversible": n%2 == 1,
		}))
	}
	return parts
}

// ben reviews: for every third job he looks an older review up and reads it.
func ben(s *sight) []quire.Part {
	for _, m := range s.now("ada") {
		n := job(m.subject)
		if n == 0 || m.kind == "event" {
			continue
		}
		if parts := lookBack(s, n); parts != nil {
			return parts
		}
		if _, ok := s.called("mail_send", fmt.Sprintf(`"reply_to":%d`, m.uid)); !ok {
			return []quire.Part{call("mail_send", map[string]any{
				"reply_to": m.uid, "done": true,
				"text": fmt.Sprintf("Job %d: I read it. %d of %d checks hold, nothing to change.", n, 7+n%5, 7+n%5),
			})}
		}
	}
	return ending([]string{"All reviews are answered."}, nil)
}

// lookBack searches for the review before last and reads what it finds.
func lookBack(s *sight, n int) []quire.Part {
	if n%3 != 0 || n < 6 {
		return nil
	}
	older := fmt.Sprintf("Job %d", n-5)
	found, ok := s.called("mail_find", older)
	if !ok {
		return []quire.Part{call("mail_find", map[string]any{"words": older, "from": "ada", "limit": 3})}
	}
	m := regexp.MustCompile(`(?m)^#(\d+) from=ada .*` + older + `\b`).FindStringSubmatch(found.result)
	if m == nil {
		return nil
	}
	if _, ok := s.called("context_pull", m[1]); ok {
		return nil
	}
	uid, err := strconv.Atoi(m[1])
	if err != nil {
		return nil
	}
	return []quire.Part{call("context_pull", map[string]any{"uids": []int{uid}})}
}

// ending is the reply that ends a turn: a text, and in the same reply what is
// let go, so that tidying up costs no call.
func ending(says []string, tidy []int) []quire.Part {
	if len(says) == 0 {
		says = []string{"Nothing to do."}
	}
	parts := []quire.Part{text("%s", strings.Join(says, " "))}
	if len(tidy) > 0 {
		slices.Sort(tidy)
		parts = append(parts, call("context_drop", map[string]any{"uids": slices.Compact(tidy)}))
	}
	return parts
}

// buildTool is ada's own tool. It is a pure function of its arguments, so it may
// be repeated after a crash.
func buildTool() agent.Tool {
	return agent.Tool{
		Name: "build", Description: "Build one job and return the log.", Repeatable: true,
		Schema: []byte(`{"type":"object","properties":{"job":{"type":"string","description":"such as \"Job 7\""}},"required":["job"]}`),
		Run: func(_ context.Context, c agent.Call) ([]quire.Part, error) {
			var in struct {
				Job string `json:"job"`
			}
			if err := json.Unmarshal([]byte(c.Args), &in); err != nil {
				return nil, fmt.Errorf("write one object with job: %w", err)
			}
			n := job(in.Job)
			if n == 0 {
				return nil, fmt.Errorf("job %q has no number", in.Job)
			}
			return []quire.Part{quire.Text{Text: buildLog(n)}}, nil
		},
	}
}

// buildLog makes up the log of a job: the same for the same number, for ever.
func buildLog(n int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "building Job %d\n", n)
	r := uint32(n)*2654435761 + 12345
	for i := range 12 + n%17 {
		r = r*1664525 + 1013904223
		fmt.Fprintf(&b, "step %02d unit_%05x compiled in %d ms, %d warnings\n", i+1, r>>12, 20+r>>25, r>>29)
	}
	fmt.Fprintf(&b, "result: build %08x, %d checks passed\n", r, 7+n%5)
	return b.String()
}

func firstLine(s string) string {
	for line := range strings.Lines(s) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "<<") {
			return line
		}
	}
	return ""
}

func lastLine(s string) string {
	s = strings.TrimSpace(s)
	return s[strings.LastIndexByte(s, '\n')+1:]
}
