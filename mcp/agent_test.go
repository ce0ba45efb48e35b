package mcp_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/agent"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/memstore"
	"github.com/quire-dev/quire/mcp"
	"github.com/quire-dev/quire/providers/scripted"
)

// An agent with the tools of a server: what they return are messages, large ones are kept
// by reference, each prompt is one that vendors take, and new tools are there in the next
// turn.
func TestAnAgentWithAServer(t *testing.T) {
	for _, api := range []quire.API{quire.APIAnthropic, quire.APIOpenAIChat, quire.APIOpenAIResponses, quire.APIGemini} {
		t.Run(string(api), func(t *testing.T) {
			store := memstore.New(nil)
			c := connected(t, &mcp.Options{Box: store.Box("ada"), Owner: "mia"}, inMemory(t))
			var prompts []*quire.Prompt
			model := scripted.Func(func(_ context.Context, call int, p *quire.Prompt) (*quire.Reply, error) {
				prompts = append(prompts, p)
				replies := []quire.Reply{
					scripted.Call("test__media", `{}`), scripted.Call("test__big", `{}`), scripted.Call("test__fail", `{}`), scripted.Call("test__grow", `{}`),
					scripted.Text("Done."), scripted.Text("Done."),
				}
				return &replies[call], nil
			}).CheckAs(api)
			a, err := agent.New(store.Box("ada"), model, &agent.Options{Budget: 20_000, MoreTools: c.Tools})
			require.NoError(t, err)
			turn := func() {
				_, err := store.Box("mia").Send(t.Context(), quire.Mail("ada", "Go", "on"))
				require.NoError(t, err)
				_, err = a.Turn(t.Context())
				require.NoError(t, err)
			}
			turn()
			require.Eventually(t, func() bool { return strings.Contains(strings.Join(names(c), " "), "grown") }, time.Minute, time.Millisecond)
			turn()
			offered := func(p *quire.Prompt) string {
				var s []string
				for _, tool := range p.Tools {
					s = append(s, tool.Name)
				}
				return strings.Join(s, " ")
			}
			assert.Contains(t, offered(prompts[4]), "test__fail")
			assert.NotContains(t, offered(prompts[4]), "test__grown", "not in the middle of a turn")
			assert.NotContains(t, offered(prompts[5]), "test__fail")
			assert.Contains(t, offered(prompts[5]), "test__grown")

			page, err := store.Box("ada").Find(t.Context(), mailbox.Query{Kinds: []quire.Kind{quire.KindResult}, Oldest: true})
			require.NoError(t, err)
			require.Len(t, page.Rows, 4)
			big, err := store.Box("ada").Read(t.Context(), page.Rows[1].UID)
			require.NoError(t, err)
			blob, ok := big[0].Parts[0].(quire.ToolResult).Parts[0].(quire.Blob)
			require.True(t, ok, "by reference")
			assert.EqualValues(t, 320_000, blob.Size)
			assert.Equal(t, "error: it did not work", quire.PlainText(last(prompts[3])))
			shown := quire.PlainText(last(prompts[1]))
			assert.Contains(t, shown, "(audio of type audio/wav, 16 bytes: kept in this message, and can't be shown)")
			assert.NotContains(t, shown, "UklGRiQAAABXQVZFZm10IA==")
		})
	}
}

// last are the parts of a prompt's last result, without its handle.
func last(p *quire.Prompt) []quire.Part {
	parts := p.Messages[len(p.Messages)-1].Parts
	return parts[len(parts)-1].(quire.ToolResult).Parts[1:]
}
