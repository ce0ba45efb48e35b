package agent

import (
	"time"
)

// A model that finds a prompt too long may be right: then it takes less than was
// configured. Or its server says so of something else, once. So what it takes is
// believed for a while, and then it is tried again whether it takes more: after ten
// minutes, after twenty, at last once a day.
const (
	tightFirst = 10 * time.Minute
	tightMost  = 24 * time.Hour
)

// tighten notes the budget of a prompt that was taken after a longer one was not.
func (h *host) tighten(now time.Time, model string, budget int) {
	if h.TightFor != model {
		h.loosen()
	}
	wait := tightMost
	if h.TightAge < 8 {
		wait = min(tightFirst<<h.TightAge, tightMost)
		h.TightAge++
	}
	h.Tight, h.TightFor, h.TightTo = budget, model, now.Add(wait)
}

// loosen forgets it.
func (h *host) loosen() { h.Tight, h.TightFor, h.TightTo, h.TightAge = 0, "", time.Time{}, 0 }

// shortened is the budget of the next try after one of so many tokens was too long, where
// the provider may have said how many it takes, by its own count.
func shortened(tokens, limit int) int {
	if limit > 0 && limit < tokens {
		return max(limit*19/20, tokens/2)
	}
	return tokens * 4 / 5
}
