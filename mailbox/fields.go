package mailbox

import (
	"fmt"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/jsontext"
	"github.com/quire-dev/quire/internal/rank"
)

// Limits of what stands around a body. They are not a matter of taste: every row of a
// query carries all of it, so they bound what a header costs.
const (
	maxID         = 255       // bytes of a message id or commit id, and of what refers to one
	maxKind       = 64        // bytes of a kind or an automatic class
	maxSubject    = 8 << 10   // bytes
	maxHeaders    = 64 << 10  // bytes of names and values
	maxQuestion   = 64 << 10  // bytes of options and default
	maxListed     = 1000      // references, messages superseded, headers, options
	maxHead       = 256 << 10 // bytes of all of it, as it is stored
	maxGateways   = 100
	maxGateway    = 1000 // bytes of what a gateway says of itself and of the sender
	maxSignature  = 64   // bytes; an Ed25519 signature has so many
	maxCounts     = 8    // token counts kept of one delivery
	maxRows       = 1000
	defaultRows   = 20
	bytesUnit     = "bytes"
	putIntoAPart  = "put the text into a part"
	keepTheNewest = "keep the first and the newest"
)

// sizeError says that something of a message is larger than a store takes.
type sizeError struct {
	field string // "body", or as it is called in JSON: "subject", "references", …
	size  int64  // what it has
	limit int64  // what is taken at most
	unit  string // of both: "bytes", or what is counted
	hint  string
}

func (e *sizeError) Error() string {
	s := fmt.Sprintf("the %s has %d %s and at most %d are taken", e.field, e.size, e.unit, e.limit)
	if e.hint != "" {
		s += ": " + e.hint
	}
	return s
}

func (e *sizeError) Unwrap() error { return ErrInvalid }

// within is a [sizeError] when n is more than limit.
func within(field string, n, limit int, unit, hint string) error {
	if n <= limit {
		return nil
	}
	return &sizeError{field: field, size: int64(n), limit: int64(limit), unit: unit, hint: hint}
}

// cutSubject cuts a subject to what a store takes, where a rune ends: for subjects that
// are made of others, such as that of a reply.
func cutSubject(s string) string { return rank.Cut(jsontext.Clean(s), maxSubject) }

// sizes sees that no field of a draft is larger than a store takes. What is in its
// parts is its body, which has a limit of its own.
func sizes(d *quire.Draft) error {
	errs := []error{
		within("id", len(d.ID), maxID, bytesUnit, ""),
		within("kind", len(d.Kind), maxKind, bytesUnit, ""),
		within("auto", len(d.Auto), maxKind, bytesUnit, ""),
		within("subject", len(d.Subject), maxSubject, bytesUnit, putIntoAPart),
		within("inReplyTo", len(d.InReplyTo), maxID, bytesUnit, ""),
		idSizes("references", d.References),
		idSizes("supersedes", d.Supersedes),
		headerSizes(d.Headers),
	}
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	if d.Question == nil {
		return nil
	}
	return questionSizes(d.Question)
}

func idSizes(field string, ids []quire.MessageID) error {
	if err := within(field, len(ids), maxListed, "messages", keepTheNewest); err != nil {
		return err
	}
	for _, id := range ids {
		if err := within(field, len(id), maxID, "bytes of one id", ""); err != nil {
			return err
		}
	}
	return nil
}

func headerSizes(list []quire.Header) error {
	if err := within("headers", len(list), maxListed, "headers", putIntoAPart); err != nil {
		return err
	}
	n := 0
	for _, h := range list {
		n += len(h.Name) + len(h.Value)
	}
	return within("headers", n, maxHeaders, bytesUnit, putIntoAPart)
}

func questionSizes(q *quire.Question) error {
	if err := within("question.options", len(q.Options), maxListed, "options", "ask for a word of theirs instead"); err != nil {
		return err
	}
	n := len(q.Default)
	for _, o := range q.Options {
		n += len(o)
	}
	if err := within("question.options", n, maxQuestion, bytesUnit, putIntoAPart); err != nil {
		return err
	}
	if err := within("question.escalate", len(q.Escalate), quire.MaxAddress, bytesUnit, ""); err != nil || q.Escalate == "" {
		return err
	}
	if err := q.Escalate.Valid(); err != nil {
		return fmt.Errorf("question.escalate: %w", err)
	}
	return nil
}

// gatewaySizes sees that what gateways say is no larger than a store takes.
func gatewaySizes(list []quire.Via) error {
	if err := within("via", len(list), maxGateways, "gateways", ""); err != nil {
		return err
	}
	for _, v := range list {
		if err := within("via", max(len(v.Name), len(v.From)), maxGateway, "bytes of one", ""); err != nil {
			return err
		}
	}
	return nil
}
