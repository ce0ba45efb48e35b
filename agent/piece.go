package agent

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
)

// pieceFrame is the tokens that a piece takes beside its text: which bytes it shows, and
// how to go on.
const pieceFrame = 80

// What is shown of a message in place of all: so many bytes at least, and a quarter of it.
const (
	leastPiece = 400
	pieceShare = 4
)

// piece shows the beginning of a message that does not fit whole, bytes of size, when its
// pull was the last one to be refused: a model that did not heed the answer would go round.
// It takes so many tokens, and so many are free.
func (d *desk) piece(it *quire.Item, ranged bool, bytes, size int64, tokens, free int) ([]quire.Part, bool) {
	if ranged || !strings.HasPrefix(d.m.host.Refused, it.UID.String()+" does not fit") {
		return nil, false
	}
	why := fmt.Sprintf("%s does not fit whole: it takes %d tokens, and %d are free. This is the beginning.", it.UID, tokens, free)
	before, pulls, ok := d.m.state, d.pulls, false
	var parts []quire.Part
	d.pulls = slices.Concat(pulls, say("%s", why)) // it takes room too
	for tries := 0; !ok && tries < 2 && bytes >= max(leastPiece, size/pieceShare); tries++ {
		d.full = nil
		if parts, ok, _ = d.bring(it, 0, bytes); d.full == nil {
			break
		}
		bytes = pieceOf(bytes, d.full.Tokens, d.full.Room) // beside what stays less fits
	}
	d.pulls = pulls
	if !ok {
		d.m.state = before
		return nil, false
	}
	return append(d.refuse("%s", why), parts...), true
}

// pieceOf is how many bytes of a text of so many tokens fit into the room.
func pieceOf(bytes int64, tokens, room int) int64 {
	return int64(max(room-pieceFrame, 0)) * bytes / int64(max(tokens, 1)) * 9 / 10
}

// stand lists what could be dropped.
func stand(full *compose.RoomError) string {
	var list []string
	for _, it := range full.Stand {
		list = append(list, fmt.Sprintf("%s (%d, %s)", it.Name, it.Tokens, it.Why))
	}
	return strings.Join(list, ", ")
}

// refuse is the answer to a pull that can't be had; the turn remembers it, for whoever
// asks why it did not get on.
func (d *desk) refuse(format string, args ...any) []quire.Part {
	d.refused = fmt.Sprintf(format, args...)
	return say("%s", d.refused)
}

// noRoom answers a pull that the composer can't show whole, with the sizes; nil when
// err says nothing like that.
func (d *desk) noRoom(uid quire.UID, from, end, size int64, err error) []quire.Part {
	part := func(tokens, room int) string {
		fits := pieceOf(end-from, tokens, room)
		if fits < 200 {
			return ""
		}
		return fmt.Sprintf(" It has %d bytes; pull a part of it with from=%d to=%d.", size, from, from+fits)
	}
	var full *compose.RoomError
	switch {
	case !errors.As(err, &full):
		return nil
	case !full.Never:
		piece, now := part(full.Tokens, full.Room), ""
		if piece == "" {
			now = " now"
		}
		return d.refuse("%s does not fit%s: it takes %d tokens, and %d are free beside %s. What left once in this turn does not leave again: context_drop what you no longer need of these, then pull it.%s",
			uid, now, full.Tokens, full.Room, stand(full), piece)
	case slices.ContainsFunc(d.pulls, isRef):
		return d.refuse("%s does not fit beside what this step pulls already: together they take %d tokens, and the pulls of one step may take %d. Pull it in the next step.", uid, full.Tokens, full.Room)
	default:
		return d.refuse("%s does not fit: this takes about %d tokens, and %d are the most that one result may take here.%s", uid, full.Tokens, full.Room, part(full.Tokens, full.Room))
	}
}
