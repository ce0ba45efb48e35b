package wire_test

import (
	"bufio"
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/plainrequest"
	"github.com/quire-dev/quire/providers/wire"
)

// TestRecordedRequests reads requests that other programs sent, where QUIRE_REQUESTS names a
// file of them: in each line an object with "api", "model" (where the body has none) and
// "body". What is read comes back as it was.
func TestRecordedRequests(t *testing.T) {
	path := os.Getenv("QUIRE_REQUESTS")
	if path == "" {
		t.Skip("QUIRE_REQUESTS names no file of recorded requests")
	}
	f, err := os.Open(path)
	require.NoError(t, err)
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 64<<20)
	seen := map[string]bool{}
	var all, refused, broken, same int
	for lines.Scan() {
		var in struct {
			API   quire.API
			Model string
			Body  json.RawMessage
		}
		require.NoError(t, json.Unmarshal(lines.Bytes(), &in))
		if key := string(in.API) + string(in.Body); seen[key] {
			continue
		} else {
			seen[key] = true
		}
		all++
		r, err := wire.DecodeRequest(in.API, in.Model, in.Body)
		var e *wire.Error
		if err != nil {
			require.ErrorAs(t, err, &e)
			t.Logf("refused: %v", err)
			refused++
			continue
		}
		out, _, err := r.Encode(&r.Prompt, nil)
		if err != nil { // it breaks a rule, or needs a session to mend it
			require.ErrorAs(t, err, &e)
			t.Logf("broken: %v", err)
			broken++
			continue
		}
		was, err := plainrequest.Plain(in.API, in.Body)
		require.NoError(t, err)
		is, err := plainrequest.Plain(in.API, out)
		require.NoError(t, err)
		if was == is {
			same++
		}
	}
	require.NoError(t, lines.Err())
	t.Logf("%d different requests: %d refused, %d break a rule, %d come back as they were, %d with empty content said otherwise", all, refused, broken, same, all-refused-broken-same)
	require.Positive(t, all)
	assert.GreaterOrEqual(t, 10*(all-refused), 9*all, "nine of ten are read")
	assert.GreaterOrEqual(t, 20*same, 19*(all-refused-broken), "19 of 20 of those come back as they were")
}
