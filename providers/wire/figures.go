package wire

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
)

// figures are what a server says of usage. Accounting must never cost the answer,
// so nothing here fails: what can't be read counts as not said.
type figures map[string]json.RawMessage

// figuresOf reads an object; anything else holds no figures.
func figuresOf(raw json.RawMessage) figures {
	var f figures
	if json.Unmarshal(raw, &f) != nil {
		return nil
	}
	return f
}

// in returns the figures of a member.
func (f figures) in(name string) figures { return figuresOf(f[name]) }

// num returns a number of tokens: one that is written as a fraction is rounded up,
// one that is written as a string is read.
func (f figures) num(name string) int {
	s := strings.TrimSpace(strings.Trim(string(f[name]), `"`))
	n, err := strconv.ParseFloat(s, 64)
	switch {
	case err != nil || math.IsNaN(n) || math.IsInf(n, 0) || n <= 0:
		return 0
	case n >= maxTokens:
		return maxTokens
	}
	return int(math.Ceil(n))
}

// count is a lenient number, as one of figures.
type count int

// UnmarshalJSON implements [json.Unmarshaler]. It never fails.
func (c *count) UnmarshalJSON(raw []byte) error {
	*c = count(figures{"": raw}.num(""))
	return nil
}

// later joins what is said of usage in two pieces of a stream. The later one counts,
// unless it takes back what the earlier one said: by null, 0, or what is no figure.
func later(before, now json.RawMessage) json.RawMessage {
	old, fresh := figuresOf(before), figuresOf(now)
	switch {
	case fresh == nil:
		return before
	case old == nil:
		return now
	}
	for name, raw := range fresh {
		switch {
		case figuresOf(raw) != nil:
			old[name] = later(old[name], raw)
		case fresh.num(name) > 0 || old[name] == nil:
			old[name] = raw
		}
	}
	joined, err := json.Marshal(old)
	if err != nil {
		return now
	}
	return joined
}
