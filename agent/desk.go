package agent

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/internal/jsontext"
)

// desk is where the mail tools of one step work. They read the mailbox as it is
// and note what they will have done; commit B does it.
type desk struct {
	a     *Agent
	ctx   context.Context
	m     *moment
	step  string
	flags flagSet
	sends []quire.Draft
	room  int   // tokens that pulls of this step may still add
	err   error // of the store: the step can't be finished now
	// unsaved: a call that may not be repeated ran, and its result is not
	// stored yet.
	unsaved bool
	turn    quire.Item   // the reply whose calls are run
	did     []quire.Item // the results so far
	pulls   []quire.Part // what this call's result holds so far
	quotes  []compose.Quote
	got     []quire.UID        // what the step pulled, whole
	leave   []quire.UID        // that the agent was told of
	named   []quire.UID        // as newer than what was pulled
	full    *compose.RoomError // of the last pull that did not fit beside what stays
	refused string             // why the last pull was refused
	need    int                // tokens of what was asked for last
	loaded  bool               // what stands in the context can be read
	finds   int                // searches of the step
}

func (a *Agent) newDesk(ctx context.Context, m *moment, s step) *desk {
	room := a.budget()*a.o.Limits.PullShare/100 - pinned(&m.state)
	if m.host.Room > 0 {
		room = min(room, m.host.Room*3/5-pullFrame) // what the composer lets the results of a step take
	}
	d := &desk{a: a, ctx: ctx, m: m, step: s.id, flags: flagSet{}, room: room, turn: s.item}
	for i := range s.entries {
		if s.entries[i].Tool == toolFind {
			d.finds++
		}
	}
	return d
}

// pullFrame is the tokens of the handles, fences and hints round what a pull shows.
const pullFrame = 80

// run runs one mail tool. Arguments that make no sense are answered, in one
// sentence, with what is wrong.
func (d *desk) run(name, args string, call int) ([]quire.Part, bool) {
	var parts []quire.Part
	var err error
	d.pulls = nil
	switch name {
	case toolFind:
		parts, err = decode(args, d.find)
	case toolSend:
		parts, err = decode(args, func(in sendArgs) ([]quire.Part, error) { return d.send(in, call) })
	case toolDone:
		parts, err = decode(args, d.done)
	case toolPull:
		parts, err = decode(args, d.pull)
	case toolDrop:
		parts, err = decode(args, d.drop)
	case toolPin:
		parts, err = decode(args, d.pin)
	}
	if err != nil {
		return say("%s: %v", name, err), true
	}
	return parts, false
}

// decode reads a tool's arguments and runs it.
func decode[T any](args string, f func(T) ([]quire.Part, error)) ([]quire.Part, error) {
	var in T
	if err := json.Unmarshal([]byte(argsOr(args)), &in); err != nil {
		return nil, fmt.Errorf("the arguments can't be read (%w): write one JSON object as the tool's schema says", err)
	}
	return f(in)
}

// uidList reads numbers of messages however a model writes them: 41, "41",
// "#41", one alone or a list.
type uidList []quire.UID

// UnmarshalJSON implements json.Unmarshaler.
func (l *uidList) UnmarshalJSON(b []byte) error {
	var many []json.RawMessage
	if err := json.Unmarshal(b, &many); err != nil {
		many = []json.RawMessage{b}
	}
	for _, one := range many {
		s := strings.Trim(string(one), `"`)
		if s == "null" {
			continue
		}
		n, err := strconv.ParseUint(strings.TrimPrefix(strings.TrimSpace(s), "#"), 10, 64)
		if err != nil || n == 0 {
			return fmt.Errorf("%s is not the number of a message such as 41", short(string(one), 40))
		}
		if !contains(*l, quire.UID(n)) {
			*l = append(*l, quire.UID(n))
		}
	}
	return nil
}

func contains(l []quire.UID, uid quire.UID) bool {
	for _, u := range l {
		if u == uid {
			return true
		}
	}
	return false
}

// words reads one string or a list of them.
type words []string

// UnmarshalJSON implements json.Unmarshaler.
func (w *words) UnmarshalJSON(b []byte) error {
	var many []string
	if err := json.Unmarshal(b, &many); err == nil {
		*w = many
		return nil
	}
	var one string
	if err := json.Unmarshal(b, &one); err != nil {
		return fmt.Errorf("%s is neither a string nor a list of strings", short(string(b), 40))
	}
	if one != "" {
		*w = words{one}
	}
	return nil
}

// moment reads a point in time: a duration from now such as "90m" or "2h", or
// an RFC 3339 time.
func (d *desk) moment(s string) (time.Time, error) {
	if dur, err := time.ParseDuration(s); err == nil {
		if dur <= 0 {
			return time.Time{}, fmt.Errorf("%q is not in the future", s)
		}
		if dur > maxAhead {
			return time.Time{}, fmt.Errorf("%q is too far ahead: at most ten years", s)
		}
		return d.m.now.Add(dur), nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}, fmt.Errorf(`%q is not a time: write a duration such as "2h" or a time such as "2026-01-31T12:00:00Z"`, short(s, 40))
	}
	if !t.After(d.m.now) {
		return time.Time{}, fmt.Errorf("%q is not in the future", s)
	}
	if t.Sub(d.m.now) > maxAhead {
		return time.Time{}, fmt.Errorf("%q is too far ahead: at most ten years", s)
	}
	return t.UTC(), nil
}

// short cuts what a model wrote for quoting it back.
func short(s string, max int) string {
	r := []rune(jsontext.Clean(s))
	if len(r) <= max {
		return string(r)
	}
	return string(r[:max]) + "…"
}

// numbers lists UIDs as "#1, #2".
func numbers(uids []quire.UID) string {
	s := make([]string, len(uids))
	for i, u := range uids {
		s[i] = u.String()
	}
	return strings.Join(s, ", ")
}
