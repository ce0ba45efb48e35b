package ledger

import (
	"encoding/json"
	"errors"
	"strconv"
	"time"
)

// A ledger is written with every step, so its encoding is short: entries of one
// call share its time, and prefixes are hexadecimal strings, which no reader of
// JSON rounds.

// Wire is a ledger as it is written. What holds one writes it in one go, where a
// [Ledger] is encoded by itself and then copied.
type Wire struct {
	Calls   []callWire `json:"calls,omitzero"`
	Thinned bool       `json:"thinned,omitzero"`
}

type callWire struct {
	Used     time.Time `json:"used"`
	Maybe    bool      `json:"maybe,omitzero"`
	Seen     bool      `json:"seen,omitzero"`
	Long     bool      `json:"long,omitzero"`
	Prefixes []string  `json:"prefixes"`
	Tokens   []int     `json:"tokens"`
}

// MarshalJSON writes the ledger, in about 30 bytes an entry.
func (l Ledger) MarshalJSON() ([]byte, error) { return json.Marshal(l.Wire()) }

// Wire is the ledger as it is written.
func (l Ledger) Wire() Wire {
	w := Wire{Thinned: l.Thinned}
	for i, e := range l.Entries {
		if i == 0 || !e.Used.Equal(l.Entries[i-1].Used) || e.Maybe != l.Entries[i-1].Maybe || e.Seen != l.Entries[i-1].Seen || e.Long != l.Entries[i-1].Long {
			w.Calls = append(w.Calls, callWire{Used: e.Used, Maybe: e.Maybe, Seen: e.Seen, Long: e.Long})
		}
		call := &w.Calls[len(w.Calls)-1]
		call.Prefixes = append(call.Prefixes, strconv.FormatUint(uint64(e.Prefix), 16))
		call.Tokens = append(call.Tokens, e.Tokens)
	}
	return w
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (l *Ledger) UnmarshalJSON(b []byte) error {
	var w Wire
	if err := json.Unmarshal(b, &w); err != nil {
		return err
	}
	out, err := w.Ledger()
	if err == nil {
		*l = out
	}
	return err
}

// Ledger is the ledger that was written.
func (w Wire) Ledger() (Ledger, error) {
	out := Ledger{Thinned: w.Thinned}
	for _, call := range w.Calls {
		if len(call.Prefixes) != len(call.Tokens) {
			return Ledger{}, errors.New("ledger: its prefixes and tokens don't match")
		}
		for i, s := range call.Prefixes {
			p, err := strconv.ParseUint(s, 16, 64)
			if err != nil {
				return Ledger{}, errors.New("ledger: its prefix is no hexadecimal number")
			}
			out.Entries = append(out.Entries, Written{Prefix: Prefix(p), Tokens: call.Tokens[i], Used: call.Used, Maybe: call.Maybe, Seen: call.Seen, Long: call.Long})
		}
	}
	return out, nil
}
