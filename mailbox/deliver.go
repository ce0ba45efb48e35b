package mailbox

import (
	"fmt"
	"slices"
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/rank"
	"github.com/quire-dev/quire/mailbox/driver"
)

func (a *applying) sends() error {
	for i := range a.p.Drafts {
		s, err := a.send(&a.p.Drafts[i])
		if err != nil {
			return fmt.Errorf("draft %d of %d: %w", i+1, len(a.p.Drafts), err)
		}
		a.sent = append(a.sent, s)
	}
	if a.p.TellBounces {
		return a.tellBounces()
	}
	return nil
}

// tellBounces writes the event about what this commit could not deliver.
func (a *applying) tellBounces() error {
	var lines []string
	var first quire.MessageID
	for i, s := range a.sent {
		if s.Duplicate || len(s.Bounced) == 0 {
			continue
		}
		if d := &a.p.Drafts[i]; len(s.Bounced) == len(d.Boxes) && d.InReplyTo != "" {
			if err := a.unanswer(d.InReplyTo); err != nil {
				return err
			}
		}
		if first == "" {
			first = s.ID
		}
		for _, b := range s.Bounced {
			lines = append(lines, fmt.Sprintf("Mail to %s was not delivered: %s.", b.To, short(b.Reason, 200)))
		}
	}
	if len(lines) == 0 {
		return nil
	}
	if more := len(lines) - maxBouncesTold; more > 0 {
		lines = append(lines[:maxBouncesTold], fmt.Sprintf("And %d more.", more))
	}
	return a.event(a.p.Mailbox, a.p.Mailbox, &quire.Draft{ID: a.eventID("bounced", first), Subject: bounceSubject,
		Parts: []quire.Part{quire.Text{Text: strings.Join(lines, "\n")}}})
}

// bounceSubject is the subject of the event that Commit.TellBounces makes.
const bounceSubject = "Not delivered"

const maxBouncesTold = 100 // lines of one event

// short is the beginning of a text: whole characters, and at most so many bytes.
func short(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return rank.Cut(s, most) + "…"
}

// unanswer takes back that a message was answered.
func (a *applying) unanswer(id quire.MessageID) error {
	p, err := a.tx.DeliveryOf(a.p.Mailbox, id)
	if err != nil || p == nil || !p.Flags.Has(quire.FlagAnswered) {
		return err
	}
	open := p.Open()
	p.Flags &^= quire.FlagAnswered
	return a.put(a.p.Mailbox, p, open)
}

// send delivers one draft, or finds that it was sent before.
func (a *applying) send(d *accepted) (Sent, error) {
	s := Sent{ID: d.ID}
	old, err := a.tx.Message(d.ID)
	if err != nil {
		return s, err
	}
	if old != nil && old.Digest != d.Digest && authored(d.draft.Parts) {
		// It is kept as it was described. What can't be described now is no repeat.
		if err := d.describe(a.p.Mailbox, a.limits.Body, a.blobs); err != nil {
			return s, err
		}
	}
	if old != nil {
		if old.Digest != d.Digest || old.From.Base() != a.p.Mailbox {
			return s, fmt.Errorf("message %s: %w", d.ID, ErrConflict)
		}
		s.Duplicate, s.Bounced = true, slices.Clone(old.Bounced)
		own, err := a.tx.DeliveryOf(a.p.Mailbox, d.ID)
		if own != nil {
			s.UID = own.UID
		}
		return s, err
	}
	if authored(d.draft.Parts) {
		if err := d.describe(a.p.Mailbox, a.limits.Body, a.blobs); err != nil {
			return s, err
		}
	}
	if err := a.stamp(d); err != nil {
		return s, err
	}
	var to []int // indices of d.Boxes
	for i, box := range d.Boxes {
		b, err := a.guard(d, box)
		if err != nil {
			return s, err
		}
		if b != nil {
			b.To = d.To[i]
			s.Bounced = append(s.Bounced, *b)
			continue
		}
		to = append(to, i)
	}
	if len(to) == 0 { // nothing is kept of it: sent again, it is tried again
		return s, nil
	}
	d.Bounced = slices.Clone(s.Bounced)
	if err := a.tx.PutMessage(&d.Message); err != nil {
		return s, err
	}
	for _, i := range to {
		flags, err := a.contact(d, d.Boxes[i])
		if err != nil {
			return s, err
		}
		uid, err := a.deliver(d, i, flags)
		if err != nil {
			return s, err
		}
		if d.Boxes[i] == a.p.Mailbox {
			s.UID = uid
		}
	}
	if err := a.supersede(d); err != nil {
		return s, err
	}
	return s, a.answer(d)
}

// blobs reads content of which the sender has a message. Who only claims to be him has
// none.
func (a *applying) blobs(d quire.Digest, from, to int64) ([]byte, int64, error) {
	if a.viaGateway() {
		return nil, 0, ErrNotFound
	}
	return a.tx.Blob(a.p.Mailbox, d, from, to)
}

// stamp writes the envelope.
func (a *applying) stamp(d *accepted) error {
	d.Envelope = quire.Envelope{From: a.p.Address, Sent: a.p.Now, Via: a.p.Via, Signature: d.Signature}
	if d.InReplyTo == "" || d.Own {
		return nil
	}
	agent, err := a.agent()
	if err != nil || !agent && d.Auto != quire.AutoReplied {
		return err
	}
	parent, err := a.tx.Message(d.InReplyTo)
	if err != nil || parent == nil {
		return err
	}
	if d.Auto == quire.AutoReplied {
		d.Hops = parent.Hops + 1
	}
	if agent {
		d.Chain = parent.Chain + 1
	}
	return nil
}

// viaGateway says that what is sent came through a gateway: its sender is only claimed,
// so it acts on nothing that is the sender's.
func (a *applying) viaGateway() bool { return len(a.p.Via) > 0 }

// self says whether mail to a mailbox is its owner's own. What is claimed never is.
func (a *applying) self(box quire.Address) bool { return box == a.p.Mailbox && !a.viaGateway() }

// guard says why a mailbox does not get a message, or nil. Nobody is guarded
// from himself.
func (a *applying) guard(d *accepted, box quire.Address) (*driver.Bounce, error) {
	if a.self(box) {
		return nil, nil
	}
	if d.Hops > a.limits.Hops {
		return &driver.Bounce{Limit: limitHops, Reason: fmt.Sprintf("it is automatic reply number %d in a row and at most %d are delivered: let a person or a model write", d.Hops, a.limits.Hops)}, nil
	}
	for _, check := range []func(*accepted, quire.Address) (*driver.Bounce, error){a.contactBounce, a.chainBounce, a.quotaBounce, a.rateBounce} {
		if b, err := check(d, box); b != nil || err != nil {
			return b, err
		}
	}
	if d.Same == "" {
		return nil, nil
	}
	n, err := a.tx.Same(box, a.p.Address, d.Same, a.p.Now.Add(-a.limits.Window), a.p.Now.Add(quire.MaxSkew))
	if err != nil || n < a.limits.Repeats {
		return nil, err
	}
	return &driver.Bounce{Limit: limitRepeats, Reason: fmt.Sprintf("the same automatic message was delivered %d times within %s: wait, or say something new", n, a.limits.Window)}, nil
}

// deliver puts a message into the mailbox d.Boxes[i].
func (a *applying) deliver(d *accepted, i int, flags quire.Flags) (quire.UID, error) {
	box := d.Boxes[i]
	meta, err := a.meta(box)
	if err != nil {
		return 0, err
	}
	thread, err := a.thread(d, box)
	if err != nil {
		return 0, err
	}
	p := &driver.Delivery{Message: d.ID, From: d.From, Kind: d.Kind, Sent: d.Sent, ValidUntil: d.ValidUntil, ReplyBy: d.ReplyBy, Same: d.Same,
		Bytes: sizeOf(&d.Message), Tokens: d.Tokens}
	p.UID, p.Thread = meta.NextUID, thread
	p.Flags = flags
	if d.To[i] != box {
		p.SentTo = d.To[i]
	}
	p.Self = a.self(box)
	if p.Trust, err = a.trust(box); err != nil {
		return 0, err
	}
	if d.told {
		p.Trust = quire.TrustSelf
	}
	meta.NextUID++
	meta.Total++
	return p.UID, a.put(box, p, false)
}

// thread is that of the parent in this mailbox, else the message's own id.
func (a *applying) thread(d *accepted, box quire.Address) (quire.MessageID, error) {
	parents := make([]quire.MessageID, 0, len(d.References)+1)
	if d.InReplyTo != "" {
		parents = append(parents, d.InReplyTo)
	}
	for _, id := range slices.Backward(d.References) {
		parents = append(parents, id)
	}
	for _, id := range parents {
		parent, err := a.tx.DeliveryOf(box, id)
		if err != nil {
			return "", err
		}
		if parent != nil {
			return parent.Thread, nil
		}
	}
	return d.ID, nil
}

func (a *applying) trust(box quire.Address) (quire.Trust, error) {
	r := a.rules
	switch {
	case a.self(box):
		return quire.TrustSelf, nil
	case a.viaGateway():
		return quire.TrustExternal, nil
	case r.Trust != nil:
		return r.Trust(a.p.Address, box), nil
	}
	agent, err := a.agent()
	if agent {
		return quire.TrustAgent, err
	}
	return quire.TrustPerson, err
}

// agent says whether the sender is an agent, as far as the store knows. What
// comes through a gateway is nobody's whom it knows.
func (a *applying) agent() (bool, error) {
	from := a.p.Mailbox
	switch persons := a.rules.Persons; {
	case a.viaGateway():
		return false, nil
	case len(persons) > 0:
		return !slices.ContainsFunc(persons, func(p quire.Address) bool { return p.Base() == from }), nil
	}
	meta, err := a.meta(from)
	return err == nil && (meta.Agent || a.p.Agent != nil), err
}

// supersede marks the earlier messages that this one replaces, wherever they
// are. Only their own sender can replace them, and not who claims to be him.
func (a *applying) supersede(d *accepted) error {
	if a.viaGateway() {
		return nil
	}
	for _, id := range d.Supersedes {
		if id == d.ID {
			continue
		}
		if _, err := a.markAll(id, quire.FlagSuperseded); err != nil {
			return err
		}
	}
	return nil
}

// retract takes messages back, wherever they are.
func (a *applying) retract() error {
	for _, id := range a.p.Retract {
		own, err := a.markAll(id, quire.FlagRetracted)
		if err != nil {
			return err
		}
		if !own {
			return fmt.Errorf("message %s: %w among what %s sent: only its sender can retract it", id, ErrNotFound, a.p.Mailbox)
		}
	}
	return nil
}

// markAll sets a flag on all deliveries of a message that the committing mailbox
// sent, and says whether it did send it.
func (a *applying) markAll(id quire.MessageID, flag quire.Flags) (own bool, err error) {
	old, err := a.tx.Message(id)
	if err != nil || old == nil || old.From.Base() != a.p.Mailbox {
		return false, err
	}
	boxes, err := a.tx.Holders(id)
	if err != nil {
		return true, err
	}
	for _, box := range boxes {
		if err := a.mark(box, id, flag); err != nil {
			return true, err
		}
	}
	return true, nil
}

// answer marks, in the sender's mailbox, the mail that this one replies to.
func (a *applying) answer(d *accepted) error {
	switch d.Kind {
	case quire.KindMail, quire.KindQuestion, quire.KindAnswer:
	default:
		return nil
	}
	if d.InReplyTo == "" || a.viaGateway() {
		return nil
	}
	return a.mark(a.p.Mailbox, d.InReplyTo, quire.FlagAnswered)
}

func (a *applying) mark(box quire.Address, id quire.MessageID, flag quire.Flags) error {
	p, err := a.tx.DeliveryOf(box, id)
	if err != nil || p == nil || p.Flags.Has(flag) || flag == quire.FlagAnswered && p.Self {
		return err
	}
	open := p.Open()
	p.Flags |= flag
	return a.put(box, p, open)
}
