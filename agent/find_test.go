package agent

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
)

// TestASearchIsNotHiddenByEarlierSearches: an agent that has searched 60 times for the
// same words still finds what holds them, mail and results of tools.
func TestASearchIsNotHiddenByEarlierSearches(t *testing.T) {
	b := newBench(t)
	b.send("mia", "Server", "the gateway listens on port 8443")
	tool := func(o *settings) {
		o.Limits.Steps, o.Limits.Repeats, o.Budget = 200, -1, 3000
		o.Tools = []Tool{{Name: "read", Repeatable: true, Run: readWords}}
	}
	var asks [][]quire.Part
	for range 60 {
		asks = append(asks, []quire.Part{use("mail_find", `{"words":"gateway port"}`)})
	}
	b.turn(b.agent(script(asks...), tool))
	b.send("mia", "And now", strings.Repeat("something else entirely ", 200))
	b.steps = nil
	b.turn(b.agent(script(append(asks[:1], []quire.Part{use("context_drop", `{"uids":[1]}`), use("mail_find", `{"words":"gateway port"}`)})...), tool))
	for _, s := range b.steps {
		for _, r := range s.Results {
			if r.Name == "mail_find" {
				assert.Contains(t, partText(r), "#1", "%s", partText(r))
				assert.NotContains(t, partText(r), "Nothing found")
			}
		}
	}
}

// rowLine is a line that a search may return.
var rowLine = regexp.MustCompile(`^(#\d+ from=.*|Nothing found\.|Nothing but what stands above: #\d+(, #\d+)*\.|Above: #\d+(, #\d+)*\.|There is more: narrow the search.*\.|\[#\d+ tool=mail_find.*\])$`)

// TestRowsAreNeverCut: at any budget each line of a search's result, as the model sees
// it, is a row or a line that closes the list.
func TestRowsAreNeverCut(t *testing.T) {
	for _, budget := range []int{1200, 1500, 2000, 4000} {
		b := newBench(t)
		for i := range 60 {
			b.send(quire.Address(fmt.Sprintf("sender-with-a-long-name-%d", i%7)), fmt.Sprintf("Subject %d that goes on", i), strings.Repeat(fmt.Sprintf("correction %d of the gateway ", i), 1+i%30))
		}
		b.handleAll()
		b.send("mia", "Go", "find it")
		b.turn(b.agent(script(
			[]quire.Part{use("mail_find", `{"words":"gateway correction"}`)},
			[]quire.Part{use("mail_find", `{"words":"correction 14","limit":50}`), use("mail_find", `{"limit":50}`)},
			[]quire.Part{use("mail_find", `{"from":"sender-with-a-long-name-3"}`), use("mail_find", `{"words":"gateway","before":30}`), use("mail_find", `{"words":"zeppelin"}`)},
		), func(o *settings) { o.Budget = budget }))
		rows := 0
		for _, p := range b.prompts {
			for _, m := range p.Messages {
				for _, part := range m.Parts {
					res, ok := part.(quire.ToolResult)
					if !ok || strings.Contains(partText(res), "context_pull") { // a stub
						continue
					}
					for line := range strings.SplitSeq(partText(res), "\n") {
						require.Regexp(t, rowLine, line, "budget %d: %s", budget, partText(res))
						rows++
					}
				}
			}
		}
		require.Greater(t, rows, 6)
	}
}
