package oldstore

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"slices"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/codec"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
)

// Told is what a store holds, and what was asked to learn it.
type Told struct {
	Now   time.Time
	Boxes []Box
	// Once is a commit that was made, with its id, and what it answered.
	Once struct {
		ID        string
		From      quire.Address
		Draft     json.RawMessage // encoded
		Committed quire.State
	}
	// Prompt is the last one that was sent, a line or more for each message: its step was
	// cut off when its second call had begun.
	Prompt []string
	Open   quire.MessageID // the question that ada asked of mia
}

// Box is one mailbox.
type Box struct {
	Address quire.Address
	// Since are states that the mailbox had, and Words what is searched for.
	Since []quire.State
	Words []string

	State    quire.State
	Total    int
	NextUID  quire.UID
	Pending  []quire.UID
	Rev      uint64
	Arrived  []quire.UID
	Journal  []Entry
	Items    []Item
	Receipts []Receipt
	Changes  []Changes
	Found    [][]quire.UID // for each of Words, in order
	Streams  []Page
}

// Item is one delivery with its message. The types of this package are its own, so that
// a field that is renamed elsewhere is not taken for one that is empty.
type Item struct {
	UID       quire.UID
	Modseq    uint64
	Flags     string
	Thread    quire.MessageID
	Trust     quire.Trust
	Self      bool
	VisibleAt time.Time
	Counts    []quire.Count
	SentTo    quire.Address
	Holder    string // of the lease
	Attempt   int
	Reason    string

	From    quire.Address
	Sent    time.Time
	Hops    int
	Chain   int
	Via     []quire.Via
	Draft   json.RawMessage // encoded
	Snippet string
	Bytes   int64
	Tokens  int
	Blobs   []quire.Digest // of content that was read whole
}

// Entry is one tool call of a step that was cut off.
type Entry struct {
	Step, CallID, Tool, Args string
	Status                   driver.JournalStatus
	Result                   json.RawMessage // encoded parts
	IsError                  bool
}

// Receipt is a receipt without its bytes.
type Receipt struct {
	Call uint64
	Time time.Time
	Full bool
	Data quire.Digest
}

// Changes is what a store answers to a state.
type Changes struct {
	State                       quire.State
	Created, Updated, Destroyed []quire.UID
	Lost                        bool // mailbox.ErrCannotCalculateChanges
}

// Page is one page of a stream.
type Page struct {
	Stream        uint64
	Attempt       int
	About         json.RawMessage
	Began         time.Time
	First, Offset uint64
	Chunks        []string
	Last          *driver.StreamEnd
}

// Read reads what was told from a packed file.
func Read(path string) (*Told, error) {
	b, err := Unpack(path)
	t := &Told{}
	if err == nil {
		err = json.Unmarshal(b, t)
	}
	return t, err
}

// Unpack reads a file that was packed with gzip.
func Unpack(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}

// Again asks a store anew; want and got, as text, should be the same.
func (t *Told) Again(ctx context.Context, store *mailbox.Store) (want, got string, err error) {
	now := *t
	now.Boxes = slices.Clone(t.Boxes)
	if err := now.Tell(ctx, store); err != nil {
		return "", "", err
	}
	return t.String(), now.String(), nil
}

// String is all of it as text.
func (t *Told) String() string {
	b, err := json.MarshalIndent(t, "", " ")
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// Tell fills in what each box holds, by what is asked in it.
func (t *Told) Tell(ctx context.Context, store *mailbox.Store) error {
	for i := range t.Boxes {
		b := &t.Boxes[i]
		*b = Box{Address: b.Address, Since: b.Since, Words: b.Words}
		if err := errors.Join(b.state(ctx, store), b.items(ctx, store, t.Now), b.changes(ctx, store), b.streams(ctx, store)); err != nil {
			return err
		}
	}
	return nil
}

func (b *Box) state(ctx context.Context, store *mailbox.Store) error {
	st, err := store.Status(ctx, b.Address)
	if err != nil {
		return err
	}
	snap, err := store.Snapshot(ctx, b.Address)
	if err != nil {
		return err
	}
	b.State, b.Total, b.NextUID, b.Rev = st.State, st.Total, st.NextUID, snap.Rev
	for _, e := range snap.Journal {
		b.Journal = append(b.Journal, Entry{e.Step, e.CallID, e.Tool, e.Args, e.Status, e.Result, e.IsError})
	}
	for i := range snap.Arrived {
		b.Arrived = append(b.Arrived, snap.Arrived[i].UID)
	}
	list, err := store.Receipts(ctx, b.Address, 0, 1<<40)
	for _, r := range list {
		b.Receipts = append(b.Receipts, Receipt{r.Call, r.Time.UTC(), r.Full, quire.DigestOf(r.Data)})
	}
	return err
}

func (b *Box) items(ctx context.Context, store *mailbox.Store, now time.Time) error {
	page, err := store.Query(ctx, b.Address, mailbox.Query{Oldest: true, Limit: 1000, Now: now})
	if err != nil {
		return err
	}
	slices.SortFunc(page.Rows, func(x, y mailbox.Row) int { return int(x.UID) - int(y.UID) })
	for _, row := range page.Rows {
		list, err := store.Get(ctx, b.Address, mailbox.Get{UIDs: []quire.UID{row.UID}})
		if err != nil || len(list) != 1 {
			return errors.Join(err, errors.New("a delivery that is listed is not there"))
		}
		it, err := b.item(ctx, store, &list[0])
		if err != nil {
			return err
		}
		it.Snippet, it.Bytes, it.Tokens = row.Snippet, row.Bytes, row.Tokens
		b.Items = append(b.Items, it)
	}
	for _, w := range b.Words {
		found, err := b.find(ctx, store, mailbox.Query{Text: w, Now: now})
		if err != nil {
			return err
		}
		b.Found = append(b.Found, found)
	}
	b.Pending, err = b.find(ctx, store, mailbox.Query{Pending: true, Now: now})
	return err
}

func (b *Box) item(ctx context.Context, store *mailbox.Store, m *quire.Item) (Item, error) {
	it := Item{UID: m.UID, Modseq: m.Modseq, Flags: m.Flags.String(), Thread: m.Thread, Trust: m.Trust, Self: m.Self, VisibleAt: m.VisibleAt.UTC(),
		Counts: m.Counts, SentTo: m.SentTo, Holder: m.Lease.Holder, Attempt: m.Lease.Attempt, Reason: m.Lease.Reason,
		From: m.From, Sent: m.Sent.UTC(), Hops: m.Hops, Chain: m.Chain, Via: m.Via}
	var err error
	if it.Draft, err = codec.EncodeDraft(&m.Draft); err != nil {
		return it, err
	}
	for _, p := range m.Parts {
		blob, ok := p.(quire.Blob)
		if !ok {
			continue
		}
		content, err := store.Content(ctx, b.Address, blob.Digest, 0, 0)
		if err != nil {
			return it, err
		}
		it.Blobs = append(it.Blobs, quire.DigestOf(content))
	}
	return it, nil
}

func (b *Box) find(ctx context.Context, store *mailbox.Store, q mailbox.Query) ([]quire.UID, error) {
	q.Limit = 1000
	page, err := store.Query(ctx, b.Address, q)
	found := []quire.UID{}
	for i := range page.Rows {
		found = append(found, page.Rows[i].UID)
	}
	return found, err
}

func (b *Box) changes(ctx context.Context, store *mailbox.Store) error {
	for _, s := range b.Since {
		c, err := store.Changes(ctx, b.Address, s, 0)
		lost := errors.Is(err, mailbox.ErrCannotCalculateChanges)
		if err != nil && !lost {
			return err
		}
		b.Changes = append(b.Changes, Changes{c.State, c.Created, c.Updated, c.Destroyed, lost})
	}
	return nil
}

// streams reads all that is kept of the newest streams.
func (b *Box) streams(ctx context.Context, store *mailbox.Store) error {
	newest, err := store.ReadStream(ctx, b.Address, mailbox.StreamRead{})
	if err != nil {
		return err
	}
	for n := max(newest.Stream, 2) - 1; n > 0 && n <= newest.Stream; n++ {
		at := mailbox.StreamRead{Stream: n, Limit: 1000}
		for {
			page, err := store.ReadStream(ctx, b.Address, at)
			if err != nil {
				return err
			}
			p := Page{Stream: page.Stream, Attempt: page.StreamAttempt.Attempt, About: page.About, Began: page.Began.UTC(), First: page.First, Offset: page.Offset, Last: page.Last}
			for _, c := range page.Chunks {
				p.Chunks = append(p.Chunks, string(c))
			}
			b.Streams = append(b.Streams, p)
			if page.Read == at {
				break
			}
			at = page.Read
		}
	}
	return nil
}
