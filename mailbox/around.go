package mailbox

import (
	"bytes"
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/codec"
	"github.com/quire-dev/quire/mailbox/driver"
	"github.com/quire-dev/quire/mailbox/internal/copies"
)

// around clears what is kept beside the messages, in each mailbox that has any of them.
func (g *forgetting) around() error {
	for _, box := range slices.Sorted(maps.Keys(g.boxes)) {
		b := g.boxes[box]
		steps := []func(quire.Address, *affected) error{g.streams, g.receipts, g.state, g.journal}
		if len(b.gone)+len(b.shows) == 0 { // its owner asked, and has nothing of it
			steps = steps[2:3]
		}
		for _, step := range steps { // also where all had gone: a step that was under way may have committed since
			if err := step(box, b); err != nil {
				return err
			}
		}
	}
	return nil
}

// streams drops what is kept of what was said there: it may be of what goes, and the
// committed turn is the truth.
func (g *forgetting) streams(box quire.Address, _ *affected) error {
	var numbers []uint64
	err := g.s.d.View(g.ctx, func(r driver.Read) (err error) {
		numbers, err = r.StreamNumbers(box)
		return err
	})
	for _, n := range numbers {
		if err != nil {
			return err
		}
		dropped := 0
		_, err = g.s.d.Update(g.ctx, driver.Update{Repeatable: true, Batch: true, Streams: true}, func(w driver.Write) error {
			dropped = 0
			attempts, err := w.StreamAttempts(box, n)
			for i := range attempts {
				at := &attempts[i]
				if err != nil || at.First == at.Next {
					continue
				}
				dropped += int(at.Next - at.First)
				if err = w.DropStreamChunks(box, n, at.Attempt, at.Next); err == nil {
					at.First, at.Bytes = at.Next, 0
					err = w.PutStreamAttempt(box, at)
				}
			}
			return err
		})
		g.done.Chunks += dropped
	}
	return err
}

// took is what is read of a receipt, which is its composer's: which messages a call took
// in, and which left.
type took struct {
	Taken     taken `json:"taken"`
	Decisions []struct {
		UID  quire.UID `json:"uid"`
		Fate string    `json:"fate"`
	} `json:"decisions"`
}

type taken struct {
	Arrived []struct {
		UID quire.UID `json:"uid"`
	} `json:"arrived"`
	Offered []struct {
		UID quire.UID `json:"uid"`
	} `json:"offered"`
	Failed []taken `json:"failed"`
}

// fateOut is what a receipt says of what is not in the prompt.
const fateOut = "out"

func (t *taken) each(f func(uid quire.UID)) {
	for _, list := range [][]struct {
		UID quire.UID `json:"uid"`
	}{t.Arrived, t.Offered} {
		for _, it := range list {
			f(it.UID)
		}
	}
	for i := range t.Failed {
		t.Failed[i].each(f)
	}
}

// receiptsAtOnce is how many receipts are read, or written, at once.
const receiptsAtOnce = 256

// receipts finds the calls that saw what goes, and takes subjects out of notices.
func (g *forgetting) receipts(box quire.Address, b *affected) error {
	subjects := b.subjects()
	open := map[quire.UID]int{}
	for from := uint64(0); ; {
		var list []driver.Receipt
		err := g.s.d.View(g.ctx, func(r driver.Read) (err error) {
			list, err = r.Receipts(box, from, math.MaxInt64, receiptsAtOnce)
			return err
		})
		if err != nil || len(list) == 0 {
			return err
		}
		var changed []driver.Receipt
		for i := range list {
			g.saw(box, b, &list[i], open)
			if clean, ok := b.blankLines(list[i].Data, subjects); ok {
				list[i].Data = clean
				changed = append(changed, list[i])
			}
		}
		if len(changed) > 0 {
			_, err := g.s.d.Update(g.ctx, driver.Update{Repeatable: true, Batch: true}, func(w driver.Write) error {
				err := w.Lock(box)
				for i := range changed {
					if err == nil {
						err = w.PutReceipt(box, &changed[i])
					}
				}
				return err
			})
			if err != nil {
				return err
			}
		}
		g.done.Receipts += len(changed)
		from = list[len(list)-1].Call + 1
	}
}

// saw notes in which calls something stood; open has, of what stands, its place in the
// list behind the first.
func (g *forgetting) saw(box quire.Address, b *affected, r *driver.Receipt, open map[quire.UID]int) {
	var t took
	if json.Unmarshal(r.Data, &t) != nil {
		return // another composer's
	}
	stands := func(uid quire.UID) {
		if open[uid] == 0 && (b.gone[uid] != nil || b.shows[uid]) {
			g.done.Calls = append(g.done.Calls, Saw{Agent: box, UID: uid, First: r.Call, Since: r.Time})
			open[uid] = len(g.done.Calls)
		}
	}
	t.Taken.each(stands)
	for _, d := range t.Decisions {
		switch at := open[d.UID]; {
		case d.Fate != fateOut:
			stands(d.UID)
		case at > 0:
			g.done.Calls[at-1].Last, g.done.Calls[at-1].Through = r.Call, r.Time
			delete(open, d.UID)
		}
	}
}

// state takes subjects out of notices that an agent's state has, and its own questions.
func (g *forgetting) state(box quire.Address, b *affected) error {
	subjects := b.subjects()
	changed := false
	_, err := g.s.d.Update(g.ctx, driver.Update{Repeatable: true, Batch: true}, func(w driver.Write) error {
		changed = false
		if err := w.Lock(box); err != nil {
			return err
		}
		a, err := w.Agent(box)
		if err != nil || a == nil {
			return err
		}
		left := withoutQuestions(a.State, b.asked)
		asked := len(left) < len(a.State)
		a.State, changed = b.blankLines(left, subjects)
		if changed = changed || asked; !changed {
			return nil
		}
		return w.PutAgent(box, a)
	})
	if changed {
		g.done.States++
	}
	return err
}

// journal empties the arguments and results of calls that are not done with, if they show
// what goes or are of it.
func (g *forgetting) journal(box quire.Address, b *affected) error {
	n := 0
	_, err := g.s.d.Update(g.ctx, driver.Update{Repeatable: true, Batch: true}, func(w driver.Write) error {
		n = 0
		if err := w.Lock(box); err != nil {
			return err
		}
		list, err := w.Journal(box)
		if err != nil {
			return err
		}
		for i := range list {
			e := &list[i]
			args, err := g.shownIn(w, box, []quire.Part{quire.Text{Text: e.Args}})
			if err != nil {
				return err
			}
			args = (args || b.calls[quire.ToolCall{ID: e.CallID, Name: e.Tool, Args: e.Args}]) && e.Args != leftArgs
			result := false
			if parts, err := codec.DecodeParts(e.Result); len(e.Result) > 0 && err == nil {
				if result, err = g.shownIn(w, box, parts); err != nil {
					return err
				}
			}
			if args {
				e.Args = leftArgs
			}
			if args && e.Status != driver.JournalDone { // it can't be run any more
				e.Status, e.IsError, result = driver.JournalDone, true, true
			}
			if result {
				if e.Result, err = codec.EncodeParts([]quire.Part{quire.Text{Text: forgotten}}); err != nil {
					return err
				}
			}
			if args || result {
				n++
				if err := w.PutJournal(box, e); err != nil {
					return err
				}
			}
		}
		return nil
	})
	g.done.Journal += n
	return err
}

// shownIn says whether parts have a mark of what goes.
func (g *forgetting) shownIn(r driver.Read, box quire.Address, parts []quire.Part) (found bool, err error) {
	it := quire.Item{}
	it.Parts = parts
	err = eachText(r, box, &it, func(_ int, text string) {
		g.marker.Each(text, func(m copies.Mark) { found = found || g.marks[m.Sum] != nil })
	})
	return found, err
}

// subjects are those of what goes.
func (b *affected) subjects() []string {
	var list []string
	for _, t := range b.gone {
		if s := strings.Join(strings.Fields(t.subject), " "); s != "" {
			list = append(list, s)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// blank writes over subjects as a notice has them, in quotes behind a space, and as an
// agent's question has its own: letter for letter, so that all else stands where it
// stood. What it is given stays as it is.
func blank(b []byte, subjects []string) (clean []byte, changed bool) {
	clean = b
	for _, s := range subjects {
		quoted, err := json.Marshal(short(s, 40))
		if err != nil {
			continue
		}
		inner := bytes.TrimSuffix(quoted[1:len(quoted)-1], []byte("…"))
		for _, begin := range []string{` \"`, ` "`, `"subject":"`} {
			for at := 0; ; {
				i := bytes.Index(clean[at:], append([]byte(begin), inner...))
				if i < 0 {
					break
				}
				if at += i + len(begin); !changed {
					clean, changed = bytes.Clone(clean), true
				}
				for n := 0; at < len(clean) && clean[at] != '"' && (clean[at] != '\\' || n < len(inner)) && n < 6*maxSubject; n++ {
					clean[at] = 'x'
					at++
				}
			}
		}
	}
	return clean, changed
}

// blankLines is blank, also of the lines that notices have of what goes or had gone: what a line shows of
// a subject is not always the same as the subject.
func (b *affected) blankLines(data []byte, subjects []string) (clean []byte, changed bool) {
	clean, changed = blank(data, subjects)
	for at := 0; ; {
		i := bytes.IndexByte(clean[at:], '#')
		if i < 0 {
			return clean, changed
		}
		at += i + 1
		line, ends := clean[at:], "\n"
		switch { // a notice as it is, or within JSON
		case bytes.HasSuffix(clean[:at-1], []byte("\n")):
		case bytes.HasSuffix(clean[:at-1], []byte(`\n`)):
			ends = `\n`
		default:
			continue
		}
		number, _, _ := bytes.Cut(line[:min(len(line), 20)], []byte(" from="))
		n, err := strconv.ParseUint(string(number), 10, 63)
		if uid := quire.UID(n); err != nil || b.gone[uid] == nil && !b.shows[uid] {
			continue
		}
		line, _, _ = bytes.Cut(line, []byte(ends))
		quote := strings.Trim(ends, "n\n") + `"`
		before, rest, _ := bytes.Cut(line, []byte(" "+quote))
		subject, _, ok := bytes.Cut(rest, []byte(quote))
		from := at + len(before) + len(" "+quote)
		if !ok || len(bytes.Trim(subject, "x")) == 0 {
			continue
		}
		if !changed {
			clean, changed = bytes.Clone(clean), true
		}
		copy(clean[from:], bytes.Repeat([]byte("x"), len(subject)))
	}
}

// withoutQuestions takes questions of its own out of an agent's state, where each is an object
// that begins with its id: else they would be asked again, or take a default.
func withoutQuestions(state []byte, ids map[quire.MessageID]bool) []byte {
	for id := range ids {
		quoted, err := json.Marshal(id)
		if err != nil {
			continue
		}
		i := bytes.Index(state, append([]byte(`{"id":`), quoted...))
		if i < 1 || state[i-1] != '[' && state[i-1] != ',' {
			continue
		}
		var object json.RawMessage
		d := json.NewDecoder(bytes.NewReader(state[i:]))
		if d.Decode(&object) != nil || !bytes.Contains(object, []byte(`,"by":`)) {
			continue
		}
		switch end := i + len(object); {
		case end < len(state) && state[end] == ',':
			state = slices.Concat(state[:i], state[end+1:])
		case state[i-1] == ',':
			state = slices.Concat(state[:i-1], state[end:])
		default:
			state = slices.Concat(state[:i], state[end:])
		}
	}
	return state
}
