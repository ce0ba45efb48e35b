package wire

import (
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/models"
)

// effort turns a budget into the word that OpenAI's formats take.
func effort(tokens int) string {
	switch {
	case tokens <= 4096:
		return "low"
	case tokens <= 16384:
		return "medium"
	}
	return "high"
}

// cacheKeyField is where most servers take the key that keeps a conversation together;
// some refuse it, and for some it is a header.
const cacheKeyField = "prompt_cache_key"

// cacheParams sets the key, turns automatic marks off where the prompt has marks
// of its own or a tail that would be written for nothing, and asks for the life
// of a cache that has no marks.
func cacheParams(o *object, p *quire.Prompt, d *models.Dialect, opts *Options) {
	if d.CacheKey == cacheKeyField && p.CacheKey != "" {
		o.str(cacheKeyField, safeID(p.CacheKey))
	}
	if d.Marks > 0 && (len(p.Marks) > 0 || notice(p, d) != "") {
		o.raw(cacheOptionsName, []byte(explicitMarks))
	}
	if opts.CacheLife > inMemory {
		o.str("prompt_cache_retention", "24h")
	}
}

// What OpenAI's caches live for: without marks up to an hour in memory, or 24 hours
// when asked; what is marked at least 30 minutes or 12 hours.
const (
	inMemory = time.Hour
	markLife = 30 * time.Minute
	longLife = 12 * time.Hour
)

func openAIMark(ttl time.Duration) string {
	if ttl > markLife {
		return `,"prompt_cache_breakpoint":{"mode":"explicit","ttl":"12h"}`
	}
	return `,"prompt_cache_breakpoint":{"mode":"explicit"}`
}

// grantedLife returns the life that a model grants to what is marked: 12 hours for
// more than 30 minutes where it has them, else 30 minutes at most. What is asked
// and met stays as it was asked. SentMarks shows it.
func grantedLife(d *models.Dialect) func(asked time.Duration) time.Duration {
	most := markLife
	if d.LongMarks {
		most = longLife
	}
	return func(asked time.Duration) time.Duration {
		if asked > markLife {
			return most
		}
		return asked
	}
}

// openAIImage returns where an image can be read, if it is of a kind that
// OpenAI's models take.
func openAIImage(p quire.Image) (url string, ok bool) {
	if p.URL == "" {
		switch p.MediaType {
		case "image/png", "image/jpeg", "image/webp", "image/gif":
		default:
			return "", false
		}
	}
	return imageURL(p)
}
