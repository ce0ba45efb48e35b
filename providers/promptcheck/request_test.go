package promptcheck_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers/promptcheck"
	"github.com/quire-dev/quire/providers/wire"
)

// TestARequestIsWhatItsPromptWas decodes what was encoded: encoded again it is the same
// request, and the messages say the same.
func TestARequestIsWhatItsPromptWas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		target := rapid.SampledFrom(targets[:9]).Draw(t, "target") // strict templates and Ollama are not read
		p := prompt(t, target.model, conversation(target.model).Draw(t, "conversation"), "p")
		p.Marks = nil // one inside of what is one message on the wire moves to its end
		body, ok := encodable(t, target.api, p)
		if !ok {
			return
		}
		r, err := wire.DecodeRequest(target.api, target.model, body)
		require.NoError(t, err, "%s", body)
		out, _, err := r.Encode(&r.Prompt, nil)
		require.NoError(t, err, "%s", body)
		require.Equal(t, string(body), string(out))
		require.Equal(t, p.System, r.Prompt.System)
		require.Empty(t, promptcheck.Check(target.api, out))
		require.Len(t, calls(r.Prompt.Messages), len(calls(p.Messages)))
	})
}

func calls(messages []quire.PromptMessage) (out []quire.ToolCall) {
	for _, m := range messages {
		for _, part := range m.Parts {
			if c, ok := part.(quire.ToolCall); ok {
				out = append(out, c)
			}
		}
	}
	return out
}
