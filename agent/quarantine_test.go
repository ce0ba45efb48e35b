package agent

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/bits"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/raced"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/wire"
)

// fussy is a model whose server refuses requests by a rule that nobody foresaw. It
// answers each mail that it sees whole: "ask 7: what?" with "answer 7".
type fussy struct {
	t        *testing.T
	r        *rand.Rand
	api      quire.API
	poison   string // what the server does not like, in the request's bytes
	most     int    // how often it may stand in one; 0: never
	where    string // what holds the poison
	answered map[string]bool
	steps    int

	refused  int            // requests, in all
	inTurn   int            // in this turn
	largest  int            // in a turn
	taken    int            // requests
	seenAt   map[string]int // of each mail: the taken request that first showed it
	log      []string
	own      int            // of its own turns and results that its server refuses, at most
	refusedA map[string]int // of each mail: requests taken when a request with it was first refused
}

var asks = regexp.MustCompile(`ask (\d+): what`)

func (f *fussy) Generate(ctx context.Context, p *quire.Prompt) (*quire.Reply, error) {
	body, err := wire.Encode(f.api, p, nil)
	if err != nil {
		return nil, &providers.Error{Provider: "fussy", Code: providers.CodeInvalid, Err: err}
	}
	seen := asks.FindAllStringSubmatch(string(body), -1)
	if n := bytes.Count(body, []byte(f.poison)); n > f.most {
		f.log = append(f.log, fmt.Sprint("refused ", seen))
		f.refused, f.inTurn = f.refused+1, f.inTurn+1
		f.largest = max(f.largest, f.inTurn)
		for _, s := range seen {
			if _, ok := f.refusedA[s[1]]; !ok && f.seenAt[s[1]] == 0 {
				f.refusedA[s[1]] = f.taken
			}
		}
		return nil, &providers.Error{Provider: "fussy", Code: providers.CodeInvalid, Status: 400, Err: errors.New("something in messages is not what it should be")}
	}
	f.taken++
	f.log = append(f.log, fmt.Sprint("taken ", f.taken, " ", seen))
	for _, s := range seen {
		if f.seenAt[s[1]] == 0 {
			f.seenAt[s[1]] = f.taken
		}
	}
	return f.reply(p, seen), nil
}

func (f *fussy) reply(p *quire.Prompt, seen [][]string) *quire.Reply {
	f.steps++
	var parts []quire.Part
	if f.where == "text" && f.r.IntN(3) == 0 {
		parts = append(parts, quire.Text{Text: "I think of " + f.poison})
	}
	if len(parts) > 0 {
		f.own += 2
	}
	text := flat(p)
	for _, s := range seen {
		uid := handleOf(text, s[1])
		if f.answered[s[1]] || uid == "" {
			continue
		}
		f.answered[s[1]] = true
		parts = append(parts, use(toolSend, fmt.Sprintf(`{"reply_to":%s,"text":"answer %s","done":true}`, uid, s[1])))
	}
	if len(parts) > 0 && f.r.IntN(2) == 0 {
		switch f.where {
		case "result", "picture result":
			f.own += 2
			parts = append(parts, use("fetch", `{}`))
		case "call":
			f.own += 2
			parts = append(parts, use("keep", `{"what":"`+f.poison+`"}`))
		}
	}
	if len(callsOf(parts)) == 0 {
		parts = append(parts, quire.Text{Text: "That is all."})
	}
	return &quire.Reply{Parts: parts, Stop: quire.StopEnd}
}

// picture is a PNG whose bytes hold what the server does not like.
func picture(mark string) quire.Image {
	data := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02\x00\x00\x00"), mark...)
	return quire.Image{MediaType: "image/png", Data: data}
}

// TestQuarantine: whatever a server refuses, and wherever that stands, the agent answers
// the next plain mails right, what is innocent stands again soon, and no turn costs more
// refusals than it takes to find what is guilty.
func TestQuarantine(t *testing.T) {
	raced.Skip(t)
	rules, refused, largest, slow, latest := 500, 0, 0, 0, 0
	targets := []struct {
		api   quire.API
		model string
	}{{quire.APIAnthropic, "claude-opus-5"}, {quire.APIOpenAIChat, "gpt-6"}, {quire.APIOpenAIResponses, "gpt-5.6"}, {quire.APIGemini, "gemini-3-pro"}, {quire.APIOllama, "qwen3:8b"}, {quire.APIStrict, "mistral-7b"}}
	wheres := []string{"mail", "mail", "mails", "subject", "result", "call", "text", "picture", "pictures", "picture result"}
	for rule := range rules {
		r := rand.New(rand.NewPCG(uint64(rule), 11))
		target := targets[r.IntN(len(targets))]
		f := &fussy{t: t, r: r, api: target.api, where: wheres[r.IntN(len(wheres))], poison: "zq" + fmt.Sprint(rule) + "qz",
			answered: map[string]bool{}, seenAt: map[string]int{}, refusedA: map[string]int{}}
		if f.where == "pictures" {
			f.most = 1 + r.IntN(2)
		}
		b := newBench(t)
		name := fmt.Sprintf("rule %d: %s to %s", rule, f.where, target.model)
		fetched := []quire.Part{text("fetched " + f.poison)}
		if f.where == "picture result" {
			fetched = []quire.Part{text("a picture"), picture(f.poison)}
		}
		if strings.Contains(f.where, "picture") { // as base64 has it, whatever stands before
			f.poison = "iVBORw0KGgo"
		}
		a := b.agent(nil, func(o *settings) {
			o.Model = f
			o.Profile = models.Profile{Name: target.model, Window: 30_000, MaxOutput: 500, Dialect: models.FindOver(target.api, target.model).Dialect}
			o.Limits.Wake = 1 + r.IntN(6)
			o.Tools = []Tool{
				{Name: "fetch", Run: func(context.Context, Call) ([]quire.Part, error) { return fetched, nil }},
				{Name: "keep", Run: func(context.Context, Call) ([]quire.Part, error) { return []quire.Part{text("kept")}, nil }},
			}
		})
		var turns int
		run := func() {
			for ; ; turns++ {
				f.inTurn = 0
				res, err := a.Turn(t.Context())
				require.NoError(t, err, name)
				if res.Idle {
					return
				}
				require.Less(t, turns, 60, name)
			}
		}
		b.send("mia", "hello", "ask 1: what?")
		run()
		innocent, sinners := map[string]bool{}, 0
		n := 2
		batches := 1 + r.IntN(3)
		for range batches {
			for range 1 + r.IntN(7) {
				change, guilty := f.mail(n)
				innocent[fmt.Sprint(n)] = !guilty
				if guilty {
					sinners++
				}
				b.send("bo", fmt.Sprintf("ask %d", n), fmt.Sprintf("ask %d: what?", n), change)
				n++
			}
			run()
		}
		for _, from := range []quire.Address{"cy", "di"} { // two plain ones, one after the other
			b.send(from, "plain", fmt.Sprintf("ask %d: what?", n))
			run()
			require.True(t, f.answered[fmt.Sprint(n)], "%s: plain mail %d is not answered\n%s", name, n, strings.Join(f.log, "\n"))
			n++
		}
		for id, ok := range innocent {
			if !ok {
				continue
			}
			require.True(t, f.answered[id], "%s: mail %s is innocent and was not answered\n%s", name, id, strings.Join(f.log, "\n"))
			if at, hit := f.refusedA[id]; hit && f.seenAt[id]-at > soonBack {
				slow++
				latest = max(latest, f.seenAt[id]-at)
				require.Greater(t, sinners+f.own, 1, "%s: mail %s came back late\n%s", name, id, strings.Join(f.log, "\n"))
			}
		}
		require.LessOrEqual(t, f.largest, 2+bits.Len(uint(n+f.steps)), name)
		refused, largest = refused+f.refused, max(largest, f.largest)
		status, err := a.Status(t.Context())
		require.NoError(t, err)
		require.Empty(t, status.Parked, name)
	}
	t.Logf("%d rules: %d requests refused, at most %d in a turn; %d innocent mails came back later than after %d calls, the latest after %d, where more than one was guilty", rules, refused, largest, slow, soonBack, latest)
}

// mail changes a mail by the rule, and says whether its server may refuse it.
func (f *fussy) mail(n int) (change func(*quire.Draft), guilty bool) {
	none := func(*quire.Draft) {}
	switch f.where {
	case "mail", "subject", "picture":
		if f.r.IntN(4) > 0 {
			return none, false
		}
	case "mails", "pictures":
		if f.r.IntN(3) == 0 {
			return none, false
		}
	default:
		return none, false
	}
	return func(d *quire.Draft) {
		switch f.where {
		case "subject":
			d.Subject = f.poison
		case "picture", "pictures":
			d.Parts = append(d.Parts, picture(fmt.Sprint(n)))
		default:
			d.Parts = append(d.Parts, quire.Text{Text: "and " + f.poison})
		}
	}, true
}
