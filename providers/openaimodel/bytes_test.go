package openaimodel_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers/modeltest"
	"github.com/quire-dev/quire/providers/openaimodel"
	"github.com/quire-dev/quire/providers/wire"
)

// TestBytes: what the server gets is what package wire made, byte for byte, and
// Reply.Marks says which marks are in it.
func TestBytes(t *testing.T) {
	each(func(name string, api quire.API, p *quire.Prompt, o wire.Options) {
		srv := modeltest.NewServer(t, api, modeltest.Script{modeltest.Say("hi"), modeltest.Say("hi")})
		m := open(t, srv, openaimodel.Options{API: api, Request: o})
		whole, err := m.Generate(t.Context(), p)
		require.NoError(t, err, name)
		var last *quire.Reply
		for d, err := range m.Stream(t.Context(), p) {
			require.NoError(t, err, name)
			last = d.Reply
		}
		marks, err := wire.SentMarks(api, p)
		require.NoError(t, err)
		for i, r := range []*quire.Reply{whole, last} {
			o.Stream = i == 1
			body, err := wire.Encode(api, p, &o)
			require.NoError(t, err)
			assert.Equal(t, string(body), string(srv.Requests()[i].Body), name)
			assert.Equal(t, marks, r.Marks, name)
		}
		head := srv.Requests()[0].Header
		assert.Equal(t, "application/json", head.Get("Content-Type"))
		assert.Equal(t, "Bearer secret", head.Get("Authorization"))
		assert.Equal(t, "text/event-stream", srv.Requests()[1].Header.Get("Accept"))
	})
}

// TestDowngradesShow: what a model does not take is a note that it can read, or is
// missing from Reply.Marks.
func TestDowngradesShow(t *testing.T) {
	for _, c := range []struct {
		api   quire.API
		model string
		opts  wire.Options
		shown string
		marks []quire.CacheMark
	}{
		{quire.APIOpenAIResponses, "gpt-6.2-sol", wire.Options{}, "", rich("").Marks[:1:1]},
		{quire.APIOpenAIResponses, "gpt-4.1", wire.Options{}, "", nil},
		{quire.APIOpenAIResponses, "gpt-6", wire.Options{NoImages: true}, "[image/png, 2x1, 3 bytes: not shown]", nil},
		{quire.APIOpenAIChat, "gpt-6", wire.Options{}, "[image/png, 2x1, 3 bytes: not shown]", nil}, // results are text there
		{quire.APIStrict, "qwen3", wire.Options{}, "[image/png, 2x1, 3 bytes: not shown]", nil},
	} {
		srv := modeltest.NewServer(t, c.api, modeltest.Script{modeltest.Say("hi")})
		p := rich(c.model)
		r, err := open(t, srv, openaimodel.Options{API: c.api, Request: c.opts}).Generate(t.Context(), p)
		require.NoError(t, err)
		body := string(srv.Requests()[0].Body)
		assert.Contains(t, body, c.shown)
		for _, mark := range r.Marks {
			assert.LessOrEqual(t, mark.TTL, 12*time.Hour)
		}
		if c.model == "gpt-4.1" || c.api == quire.APIStrict {
			assert.Empty(t, r.Marks, "the cache is automatic there")
		}
		if c.model == "gpt-6" {
			require.Len(t, r.Marks, 3)
			assert.Zero(t, r.Marks[1].TTL, "no longer than what stands before it")
		}
	}
}
