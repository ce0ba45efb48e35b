package adopt

import (
	"sync"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/internal/codec"
)

// conversation is one list that grows, and the session that composes it. Whoever took it
// has it alone until it is given back.
type conversation struct {
	session *compose.Session
	key     string // under which it is known; "": not yet
	size    int    // of its last request, in bytes: about what its session holds
	used    time.Time
}

// conversations are those that are known, by the list that each ended with, or by the name
// that the client has for it. One that is in use is in none of them.
type conversations struct {
	mu    sync.Mutex
	known map[string]*conversation
	size  int // of those that are known, in bytes
	most  int
}

// maxKnown is how large the last requests of all conversations that are known may be,
// together, in bytes: a session holds its list, so that few with images are as much as many
// without.
const maxKnown = 256 << 20

// take finds the conversation that a list goes on with, and keeps others from it. nil:
// there is none, or it is in use.
func (c *conversations) take(keys []string) *conversation {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, key := range keys {
		if found := c.known[key]; found != nil {
			c.forget(key)
			return found
		}
	}
	return nil
}

// put keeps a conversation under a key, and forgets those that were used longest ago where
// there are too many, or they hold too much.
func (c *conversations) put(key string, v *conversation, now time.Time) {
	if key == "" { // an empty list
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.forget(key)
	v.key, v.used = key, now
	if c.known == nil {
		c.known = map[string]*conversation{}
	}
	c.known[key] = v
	c.size += v.size
	for len(c.known) > 1 && (len(c.known) > c.most || c.size > maxKnown) {
		c.forget(c.oldest(v))
	}
}

// forget removes a conversation, if it is there.
func (c *conversations) forget(key string) {
	if v := c.known[key]; v != nil {
		c.size -= v.size
		delete(c.known, key)
	}
}

// oldest is the key of the conversation that was used longest ago, but for one.
func (c *conversations) oldest(but *conversation) (key string) {
	var oldest *conversation
	for _, o := range c.known {
		if o != but && (oldest == nil || o.used.Before(oldest.used) || o.used.Equal(oldest.used) && o.key < oldest.key) {
			oldest = o
		}
	}
	return oldest.key
}

// keys are what a list may be known by: the longest beginning first, which is all of it.
// Two lists have a key in common when one begins as the other, on the same system prompt.
func keys(p *quire.Prompt) []string {
	sum := quire.DigestOf([]byte(p.System))
	list := make([]string, len(p.Messages))
	for i := range p.Messages {
		m := &p.Messages[i]
		parts := codec.PartsDigest(m.Parts)
		sum = quire.DigestOf([]byte(string(sum[:]) + string(m.Role) + "\x00" + string(parts[:])))
		list[len(list)-1-i] = string(sum[:])
	}
	return list
}
