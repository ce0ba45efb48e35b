package sqlquery

import (
	"encoding/json"
	"fmt"

	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
)

// What the stores over SQL ask of streams alike. A mailbox is named by its address.
const (
	ofBox = " WHERE box = (SELECT id FROM box WHERE addr = ?) "

	StreamNumbers  = "SELECT DISTINCT stream FROM stream" + ofBox + "ORDER BY stream"
	StreamAttempts = "SELECT attempt, holder, fence, began, first, next, bytes, keep, about, ending FROM stream" + ofBox + "AND stream = ? ORDER BY attempt"
	StreamChunks   = "SELECT data FROM said" + ofBox + "AND stream = ? AND attempt = ? AND n >= ? ORDER BY n LIMIT ?"
	StreamFence    = "SELECT fence FROM box WHERE addr = ?"

	PutStreamAttempt = "INSERT INTO stream (box, stream, attempt, holder, fence, began, first, next, bytes, keep, about, ending) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) " +
		"ON CONFLICT (box, stream, attempt) DO UPDATE SET first = excluded.first, next = excluded.next, bytes = excluded.bytes, ending = excluded.ending"
	PutStreamChunk   = "INSERT INTO said (box, stream, attempt, n, data) VALUES (?, ?, ?, ?, ?)"
	DropStreamChunks = "DELETE FROM said WHERE box = ? AND stream = ? AND attempt = ? AND n < ?"
	DropSaid         = "DELETE FROM said WHERE box = ? AND stream < ?"
	DropStreams      = "DELETE FROM stream WHERE box = ? AND stream < ?"
)

// AttemptArgs are the arguments of PutStreamAttempt.
func AttemptArgs(box int64, a *driver.StreamAttempt) ([]any, error) {
	var ending []byte
	if a.End != nil {
		var err error
		if ending, err = json.Marshal(a.End); err != nil {
			return nil, err
		}
	}
	return []any{box, Num(a.Stream), a.Attempt, []byte(a.Holder), Num(a.Fence), a.Began.UnixMicro(), Num(a.First), Num(a.Next), a.Bytes, a.Keep, a.About, ending}, nil
}

// Ending reads the end of an attempt; nil when there is none.
func Ending(encoded []byte) (*driver.StreamEnd, error) {
	if encoded == nil {
		return nil, nil
	}
	var end driver.StreamEnd
	if err := json.Unmarshal(encoded, &end); err != nil {
		return nil, fmt.Errorf("%w: a stream's end: %w", mailbox.ErrCorrupt, err)
	}
	return &end, nil
}
