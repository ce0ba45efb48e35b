package wire_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers/wire"
)

// A picture without sides is none: every provider refuses it, and with it the call.
func TestPictureWithoutSides(t *testing.T) {
	head := "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
	for sides, shown := range map[string]bool{
		"\x00\x00\x00\x01\x00\x00\x00\x01": true,
		"\x00\x00\x00\x00\x00\x00\x00\x01": false,
		"\x00\x00\x00\x01\x00\x00\x00\x00": false,
	} {
		for _, api := range []quire.API{quire.APIAnthropic, quire.APIOpenAIChat, quire.APIOpenAIResponses, quire.APIGemini, quire.APIOllama} {
			p := &quire.Prompt{Model: "m", Messages: []quire.PromptMessage{{Role: quire.RoleUser,
				Parts: []quire.Part{quire.Text{Text: "q"}, quire.Image{MediaType: "image/png", Data: []byte(head + sides)}}}}}
			body, err := wire.Encode(api, p, nil)
			require.NoError(t, err)
			if shown {
				assert.NotContains(t, string(body), "not shown", api)
			} else {
				assert.Contains(t, string(body), "[image/png, 24 bytes: not shown]", api)
			}
		}
	}
}
