package streamhttp

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/quire-dev/quire/mailbox"
)

// Position is a place in a stream, as the id of an event says it.
type Position struct {
	Epoch   string // of the store
	Stream  uint64
	Attempt int
	Offset  uint64
	Over    bool // behind the end of the stream
}

// String puts it into an id: "epoch.stream.attempt.offset", or "epoch.stream.over".
func (p Position) String() string {
	if p.Over {
		return fmt.Sprintf("%s.%d.over", p.Epoch, p.Stream)
	}
	return fmt.Sprintf("%s.%d.%d.%d", p.Epoch, p.Stream, p.Attempt, p.Offset)
}

// ParsePosition reads an id.
func ParsePosition(id string) (Position, error) {
	bad := fmt.Errorf("%.100q is no position in a stream", id)
	f := strings.Split(id, ".")
	if len(f) < 3 || f[0] == "" || len(id) > 200 {
		return Position{}, bad
	}
	p := Position{Epoch: f[0]}
	var err error
	if p.Stream, err = strconv.ParseUint(f[1], 10, 63); err != nil || p.Stream == 0 {
		return Position{}, bad
	}
	if len(f) == 3 && f[2] == "over" {
		p.Over = true
		return p, nil
	}
	if len(f) != 4 {
		return Position{}, bad
	}
	attempt, err := strconv.ParseUint(f[2], 10, 31)
	if err != nil || attempt == 0 {
		return Position{}, bad
	}
	p.Attempt = int(attempt)
	if p.Offset, err = strconv.ParseUint(f[3], 10, 63); err != nil {
		return Position{}, bad
	}
	return p, nil
}

func (p Position) read() mailbox.StreamRead {
	return mailbox.StreamRead{Epoch: p.Epoch, Stream: p.Stream, Attempt: p.Attempt, Offset: p.Offset}
}

func positionOf(r mailbox.StreamRead) Position {
	return Position{Epoch: r.Epoch, Stream: r.Stream, Attempt: max(r.Attempt, 1), Offset: r.Offset}
}
