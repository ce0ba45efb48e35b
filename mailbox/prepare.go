package mailbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/codec"
	"github.com/quire-dev/quire/mailbox/driver"
)

// prepared is a checked [Commit]: everything that can
// be known without a store.
type prepared struct {
	Commit  // its sends are in Drafts; its times are [instant]s
	Mailbox quire.Address
	Digest  quire.Digest // of the content, without ID and Now
	Drafts  []accepted
}

// prepare checks c and does all work on it that needs no store. now is the
// store's clock, used when c.Now is zero. Its errors wrap [ErrInvalid] and say
// what to do.
func (r *Rules) prepare(c Commit, now time.Time) (*prepared, error) {
	if err := c.Address.Valid(); err != nil {
		return nil, invalid("the commit's address: %w", err)
	}
	if len(c.ID) > maxID {
		return nil, invalid("the commit's id has %d bytes; at most %d", len(c.ID), maxID)
	}
	if c.Now.IsZero() {
		c.Now = now
	}
	if !validInstant(c.Now) {
		return nil, invalid("the commit's time has the year %d; 1 to 9999 can be stored", c.Now.Year())
	}
	c.Now = instant(c.Now)
	p := &prepared{Commit: c, Mailbox: c.Address.Base()}
	if c.Agent != nil {
		var err error
		if p.Agent, err = checkedState(c.Agent); err != nil {
			return nil, err
		}
	}
	if err := p.times(); err != nil {
		return nil, err
	}
	if err := p.work(); err != nil {
		return nil, err
	}
	if len(c.Via) > 0 && len(c.Retract) > 0 {
		return nil, fmt.Errorf("%w: what comes through a gateway only claims to be from %s, and takes nothing back in that name", ErrForbidden, c.Address)
	}
	if err := gatewaySizes(c.Via); err != nil {
		return nil, err
	}
	limits := r.Limits.withDefaults()
	for i := range c.Sends {
		a, err := r.accept(&c.Sends[i], c.Address, len(c.Via) > 0, &limits)
		if err == nil && stampedKind(a.Kind) && len(c.Via) > 0 {
			err = fmt.Errorf("a %s can't come through a gateway: send mail instead", a.Kind)
		}
		if err != nil {
			return nil, invalid("draft %d of %d: %w", i+1, len(c.Sends), err)
		}
		if err == nil {
			err = r.verify(a, &c, i)
		}
		if err != nil {
			return nil, err
		}
		if a.Same != "" && len(c.Via) > 0 { // repeats of a claim are none of him whom it names
			a.Same = quire.DigestOf([]byte("claimed\x00" + a.Same)).String()
		}
		p.Drafts = append(p.Drafts, *a)
	}
	if c.ID != "" {
		return p, p.digest()
	}
	return p, nil
}

// times brings the times of flags and receipt to what is stored.
func (p *prepared) times() error {
	p.Flags = slices.Clone(p.Flags)
	for i := range p.Flags {
		if at := p.Flags[i].VisibleAt; at != nil {
			if !validInstant(*at) {
				return invalid("%s can't be put off until the year %d", p.Flags[i].UID, at.Year())
			}
			t := instant(*at)
			p.Flags[i].VisibleAt = &t
		}
	}
	for i := range p.Journal {
		if s := string(p.Journal[i].Status); len(s) > maxKind || !storable(s) {
			return invalid("the status %.40q of a journal entry: up to %d characters of text", s, maxKind)
		}
	}
	if p.Receipt != nil {
		if p.Receipt.Call > math.MaxInt64 {
			return invalid("the receipt's call number %d is beyond %d", p.Receipt.Call, int64(math.MaxInt64))
		}
		if !validInstant(p.Receipt.Time) {
			return invalid("the receipt's time has the year %d; 1 to 9999 can be stored", p.Receipt.Time.Year())
		}
		r := *p.Receipt
		r.Time = instant(r.Time)
		p.Receipt = &r
	}
	return nil
}

// digest covers what the commit changes: what tells a repeat from another
// commit under the same id.
func (p *prepared) digest() error {
	type draft struct {
		ID     quire.MessageID
		Digest quire.Digest
	}
	content := struct {
		Address  quire.Address
		Rev      uint64
		Set      quire.Digest // of the agent's state what a store reads, and the rest
		Composer quire.Digest
		Sends    []draft
		Flags    []FlagChange
		Counts   []CountChange
		Journal  []driver.JournalEntry
		Done     []string
		Receipt  *driver.Receipt
		Via      []quire.Via
		Leases   []leaseWord
		Claim    *Claim
		Own      *Own
		Retract  []quire.MessageID
		Tell     bool `json:",omitzero"` // not there: as commits were written before it was
	}{Address: p.Address, Rev: p.Rev, Flags: p.Flags, Counts: p.Counts,
		Journal: p.Journal, Done: p.Done, Receipt: p.Receipt, Via: p.Via,
		Leases: leaseWords(p.Leases), Claim: p.Claim, Own: p.Own, Retract: p.Retract, Tell: p.TellBounces}
	if s := p.Agent; s != nil {
		content.Set, content.Composer = digestOfState(s), quire.DigestOf(s.State)
	}
	for i := range p.Drafts {
		content.Sends = append(content.Sends, draft{p.Drafts[i].ID, p.Drafts[i].Digest})
	}
	b, err := json.Marshal(content)
	if err != nil {
		return invalid("the commit can't be written: %w", err)
	}
	p.Digest = quire.DigestOf(b)
	return nil
}

// leaseWord is a change of a lease as the digests of commits have it: what is stored is
// compared with it.
type leaseWord struct {
	UID     quire.UID
	Holder  string
	Attempt int
	Do      string
	For     time.Duration
	Reason  string
}

func leaseWords(list []LeaseChange) []leaseWord {
	if list == nil {
		return nil
	}
	words := make([]leaseWord, len(list))
	for i, l := range list {
		do := "release"
		switch {
		case l.Done:
			do = "done"
		case l.Renew:
			do = "renew"
		}
		words[i] = leaseWord{l.UID, l.Holder, l.Attempt, do, l.For, l.Reason}
	}
	return words
}

// accepted is a draft that a store takes.
type accepted struct {
	driver.Message
	To     []quire.Address // as written; by mailbox, each once, in the order written
	Boxes  []quire.Address // the mailboxes, parallel to To
	Own    bool            // a turn, result or note
	told   bool            // the store itself tells the owner of the mailbox
	draft  quire.Draft     // as it was sent
	inline []quire.Part    // its parts as they are kept
}

// accept checks one draft and prepares it for storing. claimed says that from is what
// somebody behind a gateway calls himself.
func (r *Rules) accept(d *quire.Draft, from quire.Address, claimed bool, limits *Limits) (*accepted, error) {
	if size := bodySize(d.Parts, false); size > limits.Body {
		return nil, bodyError(size, limits.Body)
	}
	if err := within("to", len(d.To)+len(d.CC), limits.Recipients, "recipients", "send it in several messages"); err != nil {
		return nil, err
	}
	clean, err := cleaned(d)
	if err != nil {
		return nil, err
	}
	a := &accepted{Own: ownKind(clean.Kind), draft: clean}
	if err := a.address(&clean, from, claimed, limits, r.Groups); err != nil {
		return nil, err
	}
	head, err := codec.EncodeHead(&clean)
	if err != nil {
		return nil, err
	}
	whole, err := codec.EncodeParts(clean.Parts)
	if err != nil {
		whole = nil // it may still do without its long texts
	}
	a.Message = driver.Message{ID: clean.ID, Kind: clean.Kind, Digest: digestOf(&clean, head, whole), Head: head.Bytes,
		ValidUntil: clean.ValidUntil, InReplyTo: clean.InReplyTo, References: clean.References,
		Supersedes: clean.Supersedes, Auto: clean.Auto}
	if clean.Question != nil {
		a.ReplyBy = clean.Question.ReplyBy
	}
	if a.Auto != "" && !a.Own {
		a.Same = quire.DigestOf([]byte(clean.Subject + "\x00" + codec.PartsDigest(clean.Parts).String())).String()
	}
	if err := a.content(clean.Parts, whole); err != nil {
		return nil, err
	}
	return a, within("draft", len(a.Head), maxHead, "bytes without its parts", putIntoAPart)
}

// digestOf is [codec.DraftDigest] of a draft of which head and parts are encoded already;
// nil parts: they are not.
func digestOf(d *quire.Draft, head codec.Head, parts []byte) quire.Digest {
	switch {
	case len(d.Parts) == 0:
		return head.Digest(nil)
	case parts == nil:
		return codec.DraftDigest(d)
	}
	return head.Digest(parts)
}

// content takes what a store keeps of parts, and what is computed from them. encoded is
// what [codec.EncodeParts] made of them; nil: nothing yet.
func (a *accepted) content(parts []quire.Part, encoded []byte) (err error) {
	whole := a.draft
	whole.Parts = parts
	a.Bytes = bodySize(parts, true)
	a.Tokens, a.Snippet, a.Words = measure(&whole)
	a.inline, a.Blobs = detach(parts)
	a.Refers = blobsOf(a.inline, nil)
	if a.Parts = encoded; encoded == nil || changed(parts, a.inline) {
		a.Parts, err = codec.EncodeParts(a.inline)
	}
	return err
}

// address finds the mailboxes that get the draft.
func (a *accepted) address(d *quire.Draft, from quire.Address, claimed bool, limits *Limits, groups map[quire.Address][]quire.Address) error {
	own := from.Base()
	if a.Own {
		for _, to := range append(slices.Clone(d.To), d.CC...) {
			if to.Base() != own {
				return fmt.Errorf("a %s goes to its own author only, not to %q: send mail instead", d.Kind, to)
			}
		}
		if len(d.To) == 0 && len(d.CC) == 0 {
			d.To = []quire.Address{own}
		}
	}
	for _, to := range append(slices.Clone(d.To), d.CC...) {
		if err := to.Valid(); err != nil {
			return fmt.Errorf("a recipient's address: %w", err)
		}
		members, group := groups[to.Base()]
		if !group || a.Own {
			members = []quire.Address{to}
		}
		for _, m := range members {
			// Who is named as the sender of a claim sees what is said in his name.
			if box := m.Base(); !slices.Contains(a.Boxes, box) && (!group || a.Own || claimed || box != own) {
				a.To = append(a.To, to)
				a.Boxes = append(a.Boxes, box)
			}
		}
		if len(a.Boxes) > limits.Recipients {
			return within("to", len(a.Boxes), limits.Recipients, "recipients", "send it in several messages")
		}
	}
	if len(a.Boxes) == 0 {
		return errors.New("no recipient: name at least one address in To or CC")
	}
	return nil
}

// ownKind says whether messages of a kind go to their author only.
func ownKind(k quire.Kind) bool {
	return k == quire.KindTurn || k == quire.KindResult || k == quire.KindNote
}

// stampedKind says whether what a message of the kind says is its host's or a store's
// word: nobody can bring one in from outside.
func stampedKind(k quire.Kind) bool { return ownKind(k) || k == quire.KindEvent }

// cleaned returns d as it is stored: valid UTF-8, times as [instant]s, a kind.
// It shares nothing with d that is changed later.
func cleaned(d *quire.Draft) (quire.Draft, error) {
	if err := sizes(d); err != nil {
		return quire.Draft{}, err
	}
	switch {
	case d.ID == "":
		return quire.Draft{}, errors.New("no id: set it to mailbox.NewID() before the first attempt to send")
	case !validWord(string(d.ID), maxID):
		return quire.Draft{}, fmt.Errorf("the id %.40q is not one: up to %d printable characters without spaces", d.ID, maxID)
	case d.Kind != "" && !validWord(string(d.Kind), maxKind):
		return quire.Draft{}, fmt.Errorf("the kind %.40q is not one: up to %d printable characters without spaces", d.Kind, maxKind)
	case !validInstant(d.ValidUntil) || d.Question != nil && !validInstant(d.Question.ReplyBy):
		return quire.Draft{}, errors.New("a time is not in the years 1 to 9999")
	}
	c := *d
	c.ValidUntil = instant(d.ValidUntil)
	if c.Kind == "" {
		c.Kind = quire.KindMail
	}
	if d.Question != nil {
		q := *d.Question
		q.ReplyBy = instant(q.ReplyBy)
		c.Question = &q
	}
	return codec.CleanDraft(&c), nil // valid UTF-8 throughout
}

// validWord says whether s can be a name: some printable characters.
func validWord(s string, limit int) bool {
	return s != "" && len(s) <= limit && utf8.ValidString(s) &&
		strings.IndexFunc(s, func(r rune) bool { return !unicode.IsGraphic(r) || unicode.IsSpace(r) }) < 0
}

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrInvalid, fmt.Errorf(format, args...))
}
