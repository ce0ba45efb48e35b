package openaimodel_test

import (
	"cmp"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers/modeltest"
	"github.com/quire-dev/quire/providers/openaimodel"
)

// TestOnAServer holds the chat formats to the kit's rules for real servers, at llama-server
// and at Ollama's own endpoint for them. The answers mean nothing, whatever the model is:
// this proves format, accounting and streaming.
func TestOnAServer(t *testing.T) {
	servers := map[string]string{"QUIRE_LLAMACPP": os.Getenv("QUIRE_LLAMACPP"), "QUIRE_OLLAMA": os.Getenv("QUIRE_OLLAMA")}
	for name, url := range servers {
		for _, api := range []quire.API{quire.APIOpenAIChat, quire.APIStrict} {
			t.Run(name+"/"+string(api), func(t *testing.T) {
				if url == "" {
					t.Skipf("%s names no server", name)
				}
				model := cmp.Or(os.Getenv(name+"_MODEL"), "quire-random")
				m, err := openaimodel.New(model, &openaimodel.Options{API: api, BaseURL: url + "/v1", Key: "none"})
				require.NoError(t, err)
				broken := map[string]string{"server-too-long": "Options.Profile says no window here"}
				if name == "QUIRE_OLLAMA" {
					broken["server-too-long"] = "Ollama's endpoint for this format drops the oldest messages and says nothing: use ollamamodel"
				}
				modeltest.RunServer(t, m, broken)
			})
		}
	}
}
