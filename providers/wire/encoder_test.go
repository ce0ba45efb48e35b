package wire_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers/wire"
)

func TestAnEncoderKnowsNoMoreThanEncode(t *testing.T) {
	p := &quire.Prompt{Model: "m", Messages: []quire.PromptMessage{{Role: quire.RoleUser, Parts: []quire.Part{quire.Text{Text: "Hi."}}}}}
	mine := []byte(`{"type":"object","properties":{"a":{"type":"string"}}}`)
	for _, api := range []quire.API{quire.APIAnthropic, quire.APIOpenAIChat, quire.APIOpenAIResponses, quire.APIGemini, quire.APIStrict, quire.APIOllama} {
		var e wire.Encoder
		for name, schema := range map[string][]byte{
			"first": mine, "none": nil, "completed": []byte(`{"properties":{"l":{"type":"array"}}}`), "no object": []byte(`[]`),
			"no arguments": []byte(`{"type":"string"}`), "again": mine,
		} {
			p.Tools = []quire.Tool{{Name: "do", Schema: schema}, {Name: "also", Schema: mine}}
			for range 2 {
				want, wantErr := wire.Encode(api, p, nil)
				got, _, err := e.Encode(api, p, nil)
				assert.Equal(t, wantErr, err, "%s %s", api, name)
				assert.Equal(t, string(want), string(got), "%s %s", api, name)
			}
		}
		p.Tools = []quire.Tool{{Name: "do", Schema: []byte(`{"type":"object","properties":{"a":{"type":"string"}}}`)}}
		_, _, err := e.Encode(api, p, nil)
		require.NoError(t, err)
		copy(p.Tools[0].Schema, `{"type":"object","properties":{"b"`) // the caller's own
		body, _, err := e.Encode(api, p, nil)
		require.NoError(t, err)
		assert.Contains(t, string(body), `"b"`)
	}
}
