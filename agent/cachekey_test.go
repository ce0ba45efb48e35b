package agent

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/models"
)

// TestAnAgentsCallsHaveOneCacheKey: where the model takes one, and another one for each agent.
func TestAnAgentsCallsHaveOneCacheKey(t *testing.T) {
	gpt, _ := models.Find("gpt-5.6")
	keys := map[string]bool{}
	for _, name := range []quire.Address{"ada", "ben"} {
		b := newBench(t)
		b.send("mia", "One", "1 body")
		a := b.agent(script([]quire.Part{use("mail_find", `{"words":"zeppelin"}`)}), func(o *settings) { o.Profile, o.Budget = gpt, 8000 })
		a.o.Address = name
		key := a.cacheKey()
		assert.Len(t, key, 32)
		assert.NotContains(t, key, string(name))
		keys[key] = true
		a.o.Address = "ada"
		b.turn(a)
		for _, p := range b.prompts {
			assert.Equal(t, a.cacheKey(), p.CacheKey)
		}
		assert.Greater(t, len(b.prompts), 1)
	}
	assert.Len(t, keys, 2)
	b := newBench(t)
	b.send("mia", "One", "1 body")
	b.turn(b.agent(script()))
	assert.Empty(t, b.prompts[0].CacheKey, "a server of any kind may refuse it")
}
