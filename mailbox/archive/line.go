package archive

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/codec"
	"github.com/quire-dev/quire/internal/oldstate"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
)

// version is that of the format, in the first line of a file.
const version = 2

// What errors wrap, besides those of package mailbox.
var (
	// ErrFormat is for what is no file of Export, or is damaged.
	ErrFormat = errors.New("not a mailbox in JSON Lines")
	// ErrTruncated is for a file whose end is missing. What came before it was imported.
	ErrTruncated = errors.New("the file ends in the middle")
	// ErrNewer is for a file that a newer version of quire wrote.
	ErrNewer = errors.New("the file was written by a newer version of quire")
)

// line is one line of a file: one of its members is set.
type line struct {
	Quire   int           `json:"quire,omitzero"` // the version: the first line
	Mailbox quire.Address `json:"mailbox,omitzero"`
	Message *message      `json:"message,omitzero"` // of the last Mailbox
	Receipt *receipt      `json:"receipt,omitzero"`
	State   *state        `json:"state,omitzero"` // the last line of a mailbox
	End     *end          `json:"end,omitzero"`   // the last line, with the number of those before it
}

type end struct {
	Lines int `json:"lines"`
}

// message is one delivery with its message.
type message struct {
	UID       quire.UID       `json:"uid"`
	Flags     quire.Flags     `json:"flags,omitzero"`
	Thread    quire.MessageID `json:"thread"`
	Trust     quire.Trust     `json:"trust"`
	Self      bool            `json:"self,omitzero"`
	VisibleAt time.Time       `json:"visibleAt,omitzero"`
	PutOff    time.Time       `json:"putOff,omitzero"`
	Counts    []quire.Count   `json:"counts,omitzero"`
	SentTo    quire.Address   `json:"sentTo,omitzero"`
	Lease     quire.Lease     `json:"lease,omitzero"`
	From      quire.Address   `json:"from"`
	Sent      time.Time       `json:"sent"`
	Hops      int             `json:"hops,omitzero"`
	Chain     int             `json:"chain,omitzero"`
	Via       []quire.Via     `json:"via,omitzero"`
	Signature []byte          `json:"signature,omitzero"`
	Draft     json.RawMessage `json:"draft"`          // as EncodeDraft writes it, without its parts
	Parts     json.RawMessage `json:"parts,omitzero"` // as EncodeParts writes them
	// Exact is Parts as bytes, when they hold white space that JSON Lines would lose:
	// parts that nobody knows are kept byte for byte.
	Exact []byte `json:"exact,omitzero"`
	Blobs []blob `json:"blobs,omitzero"`
}

// blob is content that the parts refer to.
type blob struct {
	Digest quire.Digest `json:"digest"`
	Data   []byte       `json:"data"`
}

// receipt is a [driver.Receipt].
type receipt struct {
	Call uint64    `json:"call"`
	Time time.Time `json:"time,omitzero"`
	Full bool      `json:"full,omitzero"`
	Data []byte    `json:"data"`
}

// state is an agent's own, and what of a mailbox is not in its messages.
type state struct {
	NextUID quire.UID   `json:"nextUID"`
	Rev     uint64      `json:"rev,omitzero"`
	State   []byte      `json:"state,omitzero"`
	Through quire.UID   `json:"through,omitzero"`
	Seen    quire.State `json:"seen,omitzero"`
	Holds   []quire.UID `json:"holds,omitzero"`
	Journal []journal   `json:"journal,omitzero"`
	// What version 1 had in place of State, Through, Seen and Holds.
	WorkingSet json.RawMessage `json:"workingSet,omitzero"`
	Composer   []byte          `json:"composer,omitzero"`
}

// journal is a [driver.JournalEntry]. Its texts are bytes: they may be anything.
type journal struct {
	Step    []byte               `json:"step"`
	Call    int                  `json:"call"`
	CallID  []byte               `json:"callID"`
	Tool    []byte               `json:"tool"`
	Args    []byte               `json:"args"`
	Status  driver.JournalStatus `json:"status"`
	Result  []byte               `json:"result,omitzero"`
	IsError bool                 `json:"isError,omitzero"`
}

func toState(next quire.UID, snap *mailbox.Snapshot) *state {
	a := &snap.Agent
	s := &state{NextUID: next, Rev: snap.Rev, State: a.State, Through: a.Through, Seen: a.Seen, Holds: a.Holds}
	for _, j := range snap.Journal {
		s.Journal = append(s.Journal, journal{[]byte(j.Step), j.Call, []byte(j.CallID), []byte(j.Tool), []byte(j.Args), j.Status, j.Result, j.IsError})
	}
	return s
}

func (s *state) imported() (*mailbox.ImportedState, error) {
	im := &mailbox.ImportedState{Rev: s.Rev, Agent: driver.AgentState{State: s.State, Through: s.Through, Seen: s.Seen, Holds: s.Holds}}
	if s.WorkingSet != nil || s.Composer != nil {
		refers, err := oldstate.Read(s.WorkingSet)
		if err != nil {
			return nil, fmt.Errorf("%w: the working set: %w", ErrFormat, err)
		}
		im.Agent = driver.AgentState{State: oldstate.Join(s.WorkingSet, s.Composer), Through: refers.Through, Seen: refers.Seen, Holds: refers.Holds}
	}
	for _, j := range s.Journal {
		im.Journal = append(im.Journal, driver.JournalEntry{Step: string(j.Step), Call: j.Call, CallID: string(j.CallID), Tool: string(j.Tool), Args: string(j.Args),
			Status: j.Status, Result: j.Result, IsError: j.IsError})
	}
	return im, nil
}

func toLine(it *quire.Item) (*message, error) {
	d := it.Draft
	d.Parts = nil
	head, err := codec.EncodeDraft(&d)
	if err != nil {
		return nil, err
	}
	parts, err := codec.EncodeParts(it.Parts)
	if err != nil {
		return nil, err
	}
	m := &message{
		UID: it.UID, Flags: it.Flags, Thread: it.Thread, Trust: it.Trust, Self: it.Self, VisibleAt: it.VisibleAt, PutOff: it.PutOff, Counts: it.Counts,
		SentTo: it.SentTo, Lease: it.Lease, From: it.From, Sent: it.Sent, Hops: it.Hops, Chain: it.Chain, Via: it.Via, Signature: it.Signature,
		Draft: head, Parts: parts,
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, parts); err != nil || !bytes.Equal(compact.Bytes(), parts) {
		m.Parts, m.Exact = nil, parts
	}
	return m, nil
}

func (m *message) imported() (mailbox.Imported, error) {
	var im mailbox.Imported
	d, err := codec.DecodeDraft(m.Draft)
	if err == nil {
		parts := []byte(m.Parts)
		if m.Exact != nil {
			parts = m.Exact
		}
		d.Parts, err = codec.DecodeParts(parts)
	}
	if err != nil {
		return im, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	im.Item = quire.Item{
		Message: quire.Message{Draft: d, Envelope: quire.Envelope{From: m.From, Sent: m.Sent, Hops: m.Hops, Chain: m.Chain, Via: m.Via, Signature: m.Signature}},
		Delivery: quire.Delivery{UID: m.UID, Flags: m.Flags, Thread: m.Thread, Trust: m.Trust, Self: m.Self, VisibleAt: m.VisibleAt, PutOff: m.PutOff,
			Counts: m.Counts, SentTo: m.SentTo, Lease: m.Lease},
	}
	for _, b := range m.Blobs {
		im.Blobs = append(im.Blobs, driver.BlobContent{Digest: b.Digest, Data: string(b.Data)})
	}
	return im, nil
}

// blobs lists the content that parts refer to, each once.
func blobs(parts []quire.Part, list []quire.Digest) []quire.Digest {
	for _, p := range parts {
		switch p := p.(type) {
		case quire.Blob:
			found := false
			for _, d := range list {
				found = found || d == p.Digest
			}
			if !found {
				list = append(list, p.Digest)
			}
		case quire.ToolResult:
			list = blobs(p.Parts, list)
		}
	}
	return list
}
