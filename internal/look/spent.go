package look

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/internal/jsontext"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/price"
)

// Spent is what calls of one kind took and cost.
type Spent struct {
	Day     string        `json:"day,omitempty"` // in UTC, as providers bill
	Agent   quire.Address `json:"agent,omitempty"`
	Model   string        `json:"model,omitempty"`
	Calls   int           `json:"calls"`
	Input   int           `json:"input"`
	Cached  int           `json:"cached"`
	Output  int           `json:"output"`
	Money   price.Money   `json:"money"`
	Unknown int           `json:"unknown"` // calls that are not in money
	Failed  int           `json:"failed"`
}

// Amount is money at a glance, below others of its kind; where all of it counts, print it.
func Amount(m price.Money) string {
	switch {
	case m < price.Dollar/1000:
		return m.String()
	case m < 100*price.Dollar:
		return fmt.Sprintf("$%.4f", float64(m)/float64(price.Dollar))
	}
	return fmt.Sprintf("$%.2f", float64(m)/float64(price.Dollar))
}

// Add adds what b took; what a is about stays.
func (a *Spent) Add(b *Spent) {
	a.Calls += b.Calls
	a.Input += b.Input
	a.Cached += b.Cached
	a.Output += b.Output
	a.Money = a.Money.Plus(b.Money)
	a.Unknown += b.Unknown
	a.Failed += b.Failed
}

// SpentIn is what one call took, and those that failed before it, each by day and model.
// A call that was made before from is left out.
func SpentIn(rec *compose.Receipt, from time.Time) []Spent {
	var out []Spent
	day := func(t time.Time) string { return t.UTC().Format(time.DateOnly) }
	for i := range rec.Failed {
		if f := &rec.Failed[i]; !f.Time.Before(from) {
			out = append(out, Spent{Day: day(f.Time), Model: ModelOf(f), Failed: 1})
		}
	}
	if rec.Time.Before(from) {
		return out
	}
	u := rec.Usage
	one := Spent{Day: day(rec.Time), Model: ModelOf(rec), Calls: 1, Input: u.Input, Cached: u.CachedInput, Output: u.Output}
	if money, known := Pay(rec.Setup, u); known {
		one.Money = money
	} else {
		one.Unknown = 1
	}
	if u.Input <= 0 {
		one.Input = rec.Used
	}
	return append(out, one)
}

// Takes is Receipts for what adds up: of a receipt only what calls took is read, of what budget, when, by
// which setup, and of its decisions which messages of which kinds they are about. The rest
// is most of a receipt.
func Takes(ctx context.Context, s *mailbox.Store, addr quire.Address, from, to uint64, do func(*compose.Receipt) error) error {
	return receipts(ctx, s, addr, from, to, decodeTaken, do)
}

// decodeTaken reads a stored receipt of format 1 that tells of no call that failed. Any other
// is left to compose, which says what is wrong with it.
func decodeTaken(b []byte) (compose.Receipt, error) {
	r, version := compose.Receipt{}, uint64(0)
	s := jsontext.Scanner{Text: b, MaxDepth: 32}
	err := s.Object(func(name string, _ []byte) (err error) {
		switch name {
		case "v":
			return number(&s, &version)
		case "call":
			return number(&s, &r.Call)
		case "budget":
			return value(&s, &r.Budget)
		case "used":
			return value(&s, &r.Used)
		case "full":
			return value(&s, &r.Full)
		case "setup":
			return value(&s, &r.Setup)
		case "usage":
			return value(&s, &r.Usage)
		case "taken":
			return s.Object(func(name string, _ []byte) error {
				switch name {
				case "time":
					return value(&s, &r.Time)
				case "arrived":
					return s.Array(func() error {
						d, err := named(&s)
						r.Arrived = append(r.Arrived, d.UID)
						return err
					})
				case "failed":
					return errOther
				}
				_, err := s.Value()
				return err
			})
		case "decisions":
			return s.Array(func() error {
				d, err := named(&s)
				r.Decisions = append(r.Decisions, d)
				return err
			})
		}
		_, err = s.Value()
		return err
	})
	if err == nil {
		err = s.End()
	}
	if err != nil || version != 1 {
		return compose.DecodeReceipt(b)
	}
	return r, nil
}

// errOther says that a receipt is one that decodeTaken does not read.
var errOther = errors.New("another receipt")

// named reads which message an object is about, and of which kind.
func named(s *jsontext.Scanner) (d compose.Decision, err error) {
	err = s.Object(func(name string, _ []byte) error {
		switch name {
		case "uid":
			var uid uint64
			err := number(s, &uid)
			d.UID = quire.UID(uid)
			return err
		case "kind":
			raw, err := s.Value()
			kind, ok := jsontext.Unquote(raw)
			if d.Kind = quire.Kind(kind); !ok {
				return errOther
			}
			return err
		}
		_, err := s.Value()
		return err
	})
	return d, err
}

func number(s *jsontext.Scanner, n *uint64) error {
	raw, err := s.Value()
	if err == nil {
		*n, err = strconv.ParseUint(string(raw), 10, 64)
	}
	return err
}

func value(s *jsontext.Scanner, v any) error {
	raw, err := s.Value()
	if err != nil {
		return err
	}
	return json.Unmarshal(raw, v)
}

// SpentBy adds up an agent's calls by day and model, in their order.
func SpentBy(ctx context.Context, s *mailbox.Store, addr quire.Address, from time.Time) ([]Spent, error) {
	_, st, err := State(ctx, s, addr)
	if err != nil {
		return nil, err
	}
	var rows []Spent
	err = Takes(ctx, s, addr, 1, st.Calls(), func(rec *compose.Receipt) error {
		for _, one := range SpentIn(rec, from) {
			one.Agent = addr
			rows = Gather(rows, &one)
		}
		return nil
	})
	return rows, err
}

// Gather adds one to the row that is about the same, or makes a new one.
func Gather(rows []Spent, one *Spent) []Spent {
	for i := len(rows) - 1; i >= 0; i-- {
		if r := &rows[i]; r.Day == one.Day && r.Model == one.Model && r.Agent == one.Agent {
			r.Add(one)
			return rows
		}
	}
	return append(rows, *one)
}
