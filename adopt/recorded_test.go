package adopt_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/adopt"
	"github.com/quire-dev/quire/internal/raced"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/providers/promptcheck"
	"github.com/quire-dev/quire/providers/wire"
	"github.com/quire-dev/quire/tokenizer"
	"github.com/quire-dev/quire/transcript"
)

// checked is a vendor that answers nothing, and holds what it gets against the rules and a
// budget.
type checked struct {
	t      *testing.T
	v      vendor
	budget int
	tokens int // of all requests
}

func (c *checked) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	require.NoError(c.t, err)
	require.Empty(c.t, promptcheck.Check(c.v.api, body))
	asked, err := wire.DecodeRequest(c.v.api, c.v.model, body)
	require.NoError(c.t, err)
	n := models.FindOver(c.v.api, c.v.model).Framing.Prompt(tokenizer.Approx{}, &asked.Prompt)
	c.tokens += n
	require.LessOrEqual(c.t, n, c.budget)
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("{}")), Request: r}, nil
}

// listOf is what a program had sent before a call.
func listOf(messages []transcript.Message) (list []quire.PromptMessage) {
	for i := range messages {
		m := &messages[i]
		role := quire.RoleUser
		switch m.Kind {
		case quire.KindTurn:
			role = quire.RoleAssistant
		case quire.KindResult:
			role = quire.RoleTool
		}
		if n := len(list); n > 0 && list[n-1].Role == role && role != quire.RoleUser {
			list[n-1].Parts = append(list[n-1].Parts[:len(list[n-1].Parts):len(list[n-1].Parts)], m.Parts...)
			continue
		}
		list = append(list, quire.PromptMessage{Role: role, Parts: m.Parts})
	}
	return list
}

// Sessions that real agents had, sent again through the transport: what goes out is valid
// and within the budget, and nearly all of it is composed.
func TestRecordedSessions(t *testing.T) {
	data := os.Getenv("QUIRE_DATA")
	if data == "" {
		t.Skip("QUIRE_DATA names no folder of recorded sessions")
	}
	raced.Skip(t)
	var files []string
	for _, pattern := range []string{"claude-code-sessions/*.jsonl", "claude-code-sessions/4d*.gz", "swebench-runs/*.json.gz", "tau-bench/*.gz"} {
		found, err := filepath.Glob(filepath.Join(data, pattern))
		require.NoError(t, err)
		files = append(files, found[:min(len(found), 3)]...)
	}
	require.NotEmpty(t, files)
	for _, v := range vendors {
		t.Run(string(v.api), func(t *testing.T) {
			base := &checked{t: t, v: v, budget: 16_000}
			composed, full := 0, 0
			why := map[string]int{}
			client := &http.Client{Transport: adopt.New(base.budget, &adopt.Options{Base: base, OnCall: func(c adopt.Call) {
				if c.Unchanged == nil {
					composed++
				} else {
					why[c.Unchanged.Error()]++
				}
			}})}
			all := 0
			for _, file := range files {
				rec, err := transcript.Open(t.Context(), file, nil)
				require.NoError(t, err)
				for _, s := range rec.Sessions[:min(len(rec.Sessions), 4)] {
					for _, c := range s.Calls[:min(len(s.Calls), 30)] {
						p := &quire.Prompt{Model: v.model, System: s.System, Tools: s.Tools, MaxOutput: 500, Messages: listOf(s.Messages[c.First:c.At])}
						body, err := wire.Encode(v.api, p, nil)
						if err != nil {
							continue // a record that is damaged: no program sent that
						}
						if len(promptcheck.Check(v.api, body)) > 0 {
							continue
						}
						all++
						full += models.FindOver(v.api, v.model).Framing.Prompt(tokenizer.Approx{}, p)
						res, err := client.Post("http://vendor"+v.path, "application/json", bytes.NewReader(body))
						require.NoError(t, err)
						_, err = io.Copy(io.Discard, res.Body)
						require.NoError(t, err)
						require.NoError(t, res.Body.Close())
					}
				}
			}
			t.Logf("%d of %d requests composed, %d of %d tokens sent; unchanged: %v", composed, all, base.tokens, full, why)
			assert.GreaterOrEqual(t, composed*100, all*90, fmt.Sprint(why))
		})
	}
}
