package replaying

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/transcript"
)

func session(t *testing.T, in string) *transcript.Session {
	rec, err := transcript.Read(context.Background(), strings.NewReader(in), "test.json", nil)
	require.NoError(t, err)
	return &rec.Sessions[0]
}

// A call that nothing answers before the next one gets an answer: no provider
// takes a prompt without.
func TestLoadAnswersOpenCalls(t *testing.T) {
	s := session(t, `[{"role":"user","content":"a"},
		{"role":"assistant","tool_calls":[{"id":"1","function":{"name":"f"}},{"id":"2","function":{"name":"g"}}]},
		{"role":"tool","tool_call_id":"2","content":"r"},
		{"role":"assistant","content":"b"}]`)
	m, err := load(context.Background(), s)
	require.NoError(t, err)
	require.Equal(t, 1, m.made)
	require.Len(t, m.items, 5)
	require.Equal(t, []int{0, 1, 2, 4}, m.upTo)
	made := m.items[3]
	require.Equal(t, quire.KindResult, made.Kind)
	require.Equal(t, "1", made.Parts[0].(quire.ToolResult).CallID)
	for i, it := range m.items {
		require.Equal(t, quire.UID(i+1), it.UID)
		require.Equal(t, it.Kind != quire.KindMail, it.Self)
		got, ok := m.body(m.items)(it.ID)
		require.True(t, ok)
		require.Equal(t, it.UID, got.UID)
	}
}
