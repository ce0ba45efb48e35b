package streamhttp

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
)

// The names of events.
const (
	EventAttempt = "attempt"
	EventChunk   = "message"
	EventEnd     = "end"
	EventGone    = "gone"
	EventProblem = "problem"
	EventRequest = "request" // of a stream for one request: its Data are a Status
)

// Event is one thing that a reader of a stream is told.
type Event struct {
	Name string          `json:"event"`
	ID   string          `json:"id,omitzero"` // the position behind it; empty: it does not move on
	Data json.RawMessage `json:"data"`        // in one line
	Over bool            `json:"-"`           // nothing follows it
}

// attemptData is the data of an attempt's beginning.
type attemptData struct {
	Stream  uint64          `json:"stream"`
	Attempt int             `json:"attempt"`
	Holder  string          `json:"holder,omitzero"`
	Fence   uint64          `json:"fence,omitzero"`
	Began   time.Time       `json:"began,omitzero"`
	About   json.RawMessage `json:"about,omitzero"`
}

type chunkData struct {
	Attempt int             `json:"attempt"`
	Offset  uint64          `json:"offset"`
	Piece   json.RawMessage `json:"piece"`
}

type endData struct {
	Attempt int `json:"attempt"`
	driver.StreamEnd
}

type goneData struct {
	Stream  uint64 `json:"stream"`
	Attempt int    `json:"attempt"`
	Offset  uint64 `json:"offset"`
	Over    bool   `json:"over,omitzero"`
}

// Events follows a stream from a position on, until it is over: the events of a page
// at a time, for whatever carries them to the reader. What is gone is an event and no
// error; after an error nothing more comes.
func Events(ctx context.Context, s *mailbox.Store, addr quire.Address, from Position) iter.Seq2[[]Event, error] {
	return func(yield func([]Event, error) bool) {
		if from.Over {
			return
		}
		r, told := from.read(), 0
		if r.Offset > 0 {
			told = r.Attempt
		}
		for {
			p, err := s.WaitStream(ctx, addr, r)
			var failed *mailbox.Error
			var list []Event
			switch {
			case errors.Is(err, mailbox.ErrGone) && errors.As(err, &failed):
				list, r = lost(r, failed.Read)
				told = 0
			case err != nil:
				yield(nil, err)
				return
			default:
				list, r = eventsOf(&p, told != p.Attempt), p.Read
				told = p.Attempt
			}
			if !yield(list, nil) || len(list) == 0 || list[len(list)-1].Over {
				return
			}
		}
	}
}

// lost is the event of what is gone, and where to go on.
func lost(r mailbox.StreamRead, g mailbox.StreamRead) ([]Event, mailbox.StreamRead) {
	over := r.Stream != 0 && g.Stream != r.Stream
	at := Position{Epoch: g.Epoch, Stream: g.Stream, Attempt: g.Attempt, Offset: g.Offset}
	id := at
	if over {
		id = Position{Epoch: g.Epoch, Stream: r.Stream, Over: true}
	}
	return []Event{event(EventGone, id, goneData{g.Stream, g.Attempt, g.Offset, over}, over)}, at.read()
}

// eventsOf are the events of a page.
func eventsOf(p *mailbox.StreamPage, begins bool) []Event {
	var list []Event
	if begins {
		a := attemptData{p.Stream, p.Attempt, p.Holder, p.Fence, p.Began, piece(p.About)}
		e := event(EventAttempt, Position{}, a, false)
		e.ID = ""
		list = append(list, e)
	}
	at := Position{Epoch: p.Epoch, Stream: p.Stream, Attempt: p.Attempt, Offset: p.Offset}
	for _, c := range p.Chunks {
		data := chunkData{p.Attempt, at.Offset, piece(c)}
		at.Offset++
		list = append(list, event(EventChunk, at, data, false))
	}
	if p.Last != nil {
		next := positionOf(p.Read)
		next.Over = p.Over
		list = append(list, event(EventEnd, next, endData{p.Attempt, *p.Last}, p.Over))
	}
	return list
}

// piece is a chunk as JSON: as it is when it is JSON, else as a string.
func piece(c []byte) json.RawMessage {
	if len(c) == 0 || json.Valid(c) {
		return c
	}
	b, err := json.Marshal(string(c))
	if err != nil {
		return nil
	}
	return b
}

// event encodes an event. Its data are plain values, which can always be encoded.
func event(name string, at Position, data any, over bool) Event {
	b, err := json.Marshal(data)
	if err != nil {
		b = []byte("null")
	}
	return Event{Name: name, ID: at.String(), Data: b, Over: over}
}

// Problem is the event that is sent when the store can't be read. What is wrong is not
// for everybody.
func Problem() Event {
	return Event{Name: EventProblem, Data: json.RawMessage(`{"error":"the stream can't be read now; connect again"}`), Over: true}
}
