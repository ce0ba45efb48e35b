package overhead

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers/record"
)

// TestEveryAdapterIsPlayedBack: a call through each adapter is recorded below it, and
// played back at another address with nothing there, whatever key is used.
func TestEveryAdapterIsPlayedBack(t *testing.T) {
	p := &quire.Prompt{System: "You are Ada.", MaxOutput: 100, Messages: []quire.PromptMessage{{Role: quire.RoleUser, Parts: []quire.Part{quire.Text{Text: "Hello"}}}}}
	for _, r := range rivals() {
		t.Run(r.name, func(t *testing.T) {
			srv := newServer(r.reply)
			defer srv.Close()
			file := filepath.Join(t.TempDir(), "run.jsonl")
			ask := func(mode record.Mode, url string) *quire.Reply {
				rec, err := record.Open(file, &record.Options{Mode: mode})
				require.NoError(t, err)
				m, info, err := r.model(url, &http.Client{Transport: rec.Transport(srv.Client().Transport)})
				require.NoError(t, err)
				q := *p
				q.Model = info.Name
				reply, err := m.Generate(t.Context(), &q)
				require.NoError(t, err)
				require.NoError(t, rec.Close())
				require.Empty(t, rec.Unused())
				return reply
			}
			want := ask(record.Record, srv.URL)
			srv.Close()
			assert.Equal(t, want, ask(record.Replay, "http://nobody.invalid"))
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			for _, secret := range []string{"Bearer", "Authorization", "X-Goog-Api-Key", "X-Api-Key"} {
				assert.NotContains(t, string(text), secret)
			}
		})
	}
}
