package openaimodel_test

import (
	"strings"
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
	const note = "[image/png, 2x1, 8 bytes: not shown]"
	twelve, thirty := 12*time.Hour, 30*time.Minute
	marks := func(ttl time.Duration) []quire.CacheMark {
		return []quire.CacheMark{{TTL: ttl}, {After: 3, TTL: ttl}, {After: 5, TTL: ttl}}
	}
	for _, c := range []struct {
		api   quire.API
		model string
		opts  wire.Options
		notes int
		sent  []quire.CacheMark // of three that ask for twelve hours
	}{
		{quire.APIOpenAIResponses, "gpt-6.2-sol", wire.Options{}, 0, marks(twelve)},
		{quire.APIOpenAIResponses, "gpt-6", wire.Options{NoImages: true}, 2, marks(thirty)},
		{quire.APIOpenAIResponses, "gpt-4.1", wire.Options{}, 0, nil},    // the cache is automatic
		{quire.APIOpenAIChat, "gpt-6", wire.Options{}, 1, marks(thirty)}, // results are text there
		{quire.APIStrict, "qwen3", wire.Options{}, 2, nil},
	} {
		srv := modeltest.NewServer(t, c.api, modeltest.Script{modeltest.Say("hi")})
		p := rich(c.model)
		p.Marks = marks(twelve)
		r, err := open(t, srv, openaimodel.Options{API: c.api, Request: c.opts}).Generate(t.Context(), p)
		require.NoError(t, err)
		assert.Equal(t, c.sent, r.Marks, c.model)
		assert.Equal(t, c.notes, strings.Count(string(srv.Requests()[0].Body), note), c.model)
	}
}
