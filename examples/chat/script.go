package main

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/scripted"
	"github.com/quire-dev/quire/tokenizer"
)

// openScripted makes a model that only pretends. What it answers depends on the
// prompt alone.
func openScripted(string, string, options) (providers.Model, models.Profile, error) {
	m := scripted.Func(func(_ context.Context, _ int, p *quire.Prompt) (*quire.Reply, error) {
		r := pretend(p)
		return &r, nil
	}).CountWith(func(text []byte) int { return tokenizer.Approx{}.CountText(string(text)) })
	info := models.Profile{Name: "scripted", Dialect: models.Dialect{Name: "scripted", API: quire.APIAnthropic, LoopEvict: models.LoopResults, NoticeInLoop: true, Marks: 4},
		Framing: models.FindOver(quire.APIAnthropic, "").Framing}
	return m, info, nil
}

const scriptedHelp = `I only pretend to be a model. Try "find WORDS", "tell me 5 things" (a long answer), ` +
	`"ask me something", or /pull, /drop and /pin with a number.`

var (
	pullRE  = regexp.MustCompile(`context_pull #(\d+)`)
	thingRE = regexp.MustCompile(`tell me (\d+)`)
)

// pretend answers a prompt.
func pretend(p *quire.Prompt) quire.Reply {
	last := p.Messages[len(p.Messages)-1]
	said := lastWords(last.Parts)
	if last.Role == quire.RoleTool {
		return scripted.Text(afterTool(p, said))
	}
	low := strings.ToLower(said)
	switch {
	case pullRE.MatchString(said):
		return scripted.Call("context_pull", fmt.Sprintf(`{"uids":[%s]}`, pullRE.FindStringSubmatch(said)[1]))
	case strings.HasPrefix(low, "find "):
		args, _ := json.Marshal(map[string]string{"words": strings.TrimSpace(said[len("find "):])})
		return scripted.Call("mail_find", string(args))
	case strings.Contains(low, "ask me"):
		return scripted.Call("mail_send", `{"to":["`+sender(p)+`"],"subject":"Which one?","text":"Shall I use the red one or the blue one?","options":["red","blue"],"default":"blue","reply_by":"1h","reversible":true}`)
	case thingRE.MatchString(low):
		n, _ := strconv.Atoi(thingRE.FindStringSubmatch(low)[1])
		return scripted.Text(things(min(n, 200)))
	case strings.Contains(low, "help") || strings.Contains(low, "hello"):
		return scripted.Text("Hello. " + scriptedHelp)
	}
	return scripted.Text(fmt.Sprintf("You wrote: %s (My prompt has %d messages.)", cutAt(said, 200), len(p.Messages)))
}

// afterTool says what a tool brought.
func afterTool(p *quire.Prompt, said string) string {
	before := p.Messages[len(p.Messages)-2]
	for _, part := range before.Parts {
		if c, ok := part.(quire.ToolCall); ok && c.Name == "mail_send" {
			return "I asked you something."
		}
	}
	return "I looked. " + cutAt(said, 300)
}

// things is a long answer.
func things(n int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Here are %d things.\n", n)
	for i := range n {
		fmt.Fprintf(&b, "%d. Thing number %d is thing_%05x, which was made on a day when nothing else happened.\n", i+1, i+1, uint32(i+1)*2654435761>>12)
	}
	return b.String()
}

// lastWords is the body of the last message among parts, without its handle and its
// fences.
func lastWords(parts []quire.Part) string {
	var lines []string
	for line := range strings.Lines(plain(parts)) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "[#"):
			lines = nil
		case line != "" && !strings.HasPrefix(line, "<<"):
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, " ")
}

func plain(parts []quire.Part) string {
	var b strings.Builder
	for _, p := range parts {
		switch p := p.(type) {
		case quire.Text:
			b.WriteString(p.Text + "\n")
		case quire.ToolResult:
			b.WriteString(plain(p.Parts))
		}
	}
	return b.String()
}

var fromRE = regexp.MustCompile(`\[#\d+ from=(\S+?)[\s\]]`)

// sender is who wrote the last message.
func sender(p *quire.Prompt) string {
	for i := len(p.Messages) - 1; i >= 0; i-- {
		if m := fromRE.FindStringSubmatch(plain(p.Messages[i].Parts)); m != nil && m[1] != agentName {
			return m[1]
		}
	}
	return "nobody"
}
