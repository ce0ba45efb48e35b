package drivertest

import (
	"slices"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox/driver"
)

// ignoring are the ways to ignore one thing of a filter.
var ignoring = []struct {
	what string
	do   func(f *driver.Filter)
}{
	{"From", func(f *driver.Filter) { f.From = "" }},
	{"the sender's mailbox in From", func(f *driver.Filter) {
		if f.From.Base() == f.From {
			f.From += "+"
		}
	}},
	{"To", func(f *driver.Filter) { f.To = "" }},
	{"Thread", func(f *driver.Filter) { f.Thread = "" }},
	{"Kinds", func(f *driver.Filter) { f.Kinds = nil }},
	{"all but the first of Kinds", func(f *driver.Filter) { f.Kinds = f.Kinds[:min(1, len(f.Kinds))] }},
	{"Has", func(f *driver.Filter) { f.Has = 0 }},
	{"Not", func(f *driver.Filter) { f.Not = 0 }},
	{"Pending", func(f *driver.Filter) { f.Pending = false }},
	{"Now", func(f *driver.Filter) { f.Now = f.Now.Add(-1000 * time.Hour) }},
	{"Incoming", func(f *driver.Filter) { f.Incoming = false }},
	{"After", func(f *driver.Filter) { f.After = time.Time{} }},
	{"that what is After may be at it", func(f *driver.Filter) {
		if !f.After.IsZero() {
			f.After = f.After.Add(1)
		}
	}},
	{"Before", func(f *driver.Filter) { f.Before = time.Time{} }},
	{"that what is Before is not at it", func(f *driver.Filter) {
		if !f.Before.IsZero() {
			f.Before = f.Before.Add(1)
		}
	}},
	{"Above", func(f *driver.Filter) { f.Above = 0 }},
	{"Below", func(f *driver.Filter) { f.Below = 0 }},
}

// filterFaults are drivers that ignore one thing of the filter of one operation.
func filterFaults() []driverFault {
	var list []driverFault
	for _, i := range ignoring {
		list = append(list,
			driverFault{name: "Find ignores " + i.what, rule: "each filter of a query", make: func(d *brokenDriver) {
				d.tx.find = func(f *driver.Find) { i.do(&f.Filter) }
			}},
			driverFault{name: "Matches ignores " + i.what, rule: "a wait goes by each", make: func(d *brokenDriver) { d.tx.filter = i.do }},
		)
		if i.what != "Below" { // a search does not ask for the weight of what is not below
			list = append(list, driverFault{name: "Weights ignores " + i.what, rule: "each filter of a query", make: func(d *brokenDriver) { d.tx.weighed = i.do }})
		}
	}
	return list
}

// indexFaults are those of the index of words.
var indexFaults = []driverFault{
	{name: "Find ignores Top", rule: "pages stay", make: func(d *brokenDriver) { d.tx.find = func(f *driver.Find) { f.Top = 1 << 40 } }},
	{name: "Key is that of the oldest", rule: "each filter of a query", make: func(d *brokenDriver) {
		d.tx.key = func(key int64) int64 { return min(key, 1) }
	}},
	{name: "Key is far too high", rule: "pages stay", make: func(d *brokenDriver) {
		d.tx.key = func(int64) int64 { return 1 << 40 }
	}},
	{name: "Posting is too short", rule: "a search has an end", make: func(d *brokenDriver) {
		d.tx.posting = func(tx driver.Write, box quire.Address, anyOf []string, upTo int64, limit int) ([]int64, quire.UID, error) {
			return tx.Posting(box, anyOf, upTo, min(limit, 100))
		}
	}},
	{name: "Posting knows one term of a word", rule: "a search finds the words", make: func(d *brokenDriver) {
		d.tx.posting = func(tx driver.Write, box quire.Address, anyOf []string, upTo int64, limit int) ([]int64, quire.UID, error) {
			return tx.Posting(box, anyOf[:1], upTo, limit)
		}
	}},
	{name: "Posting lists twice what has two terms", rule: "a search finds the words", make: func(d *brokenDriver) {
		d.tx.posting = func(tx driver.Write, box quire.Address, anyOf []string, upTo int64, limit int) ([]int64, quire.UID, error) {
			keys, oldest, err := tx.Posting(box, anyOf, upTo, limit)
			if len(keys) > 0 && len(anyOf) > 1 {
				keys = append(keys[:1:1], keys...)
			}
			return keys, oldest, err
		}
	}},
	{name: "Posting misses the oldest", rule: "each filter of a query", make: func(d *brokenDriver) {
		d.tx.posting = func(tx driver.Write, box quire.Address, anyOf []string, upTo int64, limit int) ([]int64, quire.UID, error) {
			keys, oldest, err := tx.Posting(box, anyOf, upTo, limit)
			return keys[:max(len(keys), 1)-1], oldest, err
		}
	}},
	{name: "Posting goes beyond its end", rule: "pages stay", make: func(d *brokenDriver) {
		d.tx.posting = func(tx driver.Write, box quire.Address, anyOf []string, _ int64, limit int) ([]int64, quire.UID, error) {
			return tx.Posting(box, anyOf, 1<<40, limit)
		}
	}},
	{name: "Posting has the oldest ones", rule: "a search has an end", make: func(d *brokenDriver) {
		d.tx.posting = func(tx driver.Write, box quire.Address, anyOf []string, upTo int64, limit int) ([]int64, quire.UID, error) {
			keys, _, err := tx.Posting(box, anyOf, upTo, 1<<30)
			keys = keys[max(len(keys)-limit, 0):]
			oldest := quire.UID(0)
			if len(keys) > 0 {
				oldest = quire.UID(keys[len(keys)-1])
			}
			return keys, oldest, err
		}
	}},
	{name: "Posting is the oldest first", rule: "a search has an end", make: func(d *brokenDriver) {
		d.tx.posting = func(tx driver.Write, box quire.Address, anyOf []string, upTo int64, limit int) ([]int64, quire.UID, error) {
			keys, oldest, err := tx.Posting(box, anyOf, upTo, limit)
			slices.Reverse(keys)
			return keys, oldest, err
		}
	}},
	{name: "Posting never says which is the oldest", rule: "a search has an end", make: func(d *brokenDriver) {
		d.tx.posting = func(tx driver.Write, box quire.Address, anyOf []string, upTo int64, limit int) ([]int64, quire.UID, error) {
			keys, _, err := tx.Posting(box, anyOf, upTo, limit)
			return keys, 0, err
		}
	}},
	{name: "UIDs miss one", rule: "what messages are judged by", make: func(d *brokenDriver) {
		d.tx.uids = func(uids []quire.UID) []quire.UID { return uids[:max(len(uids), 1)-1] }
	}},
	{name: "UIDs are others", rule: "what messages are judged by", make: func(d *brokenDriver) {
		d.tx.uids = func(uids []quire.UID) []quire.UID {
			for i := range uids {
				uids[i]++
			}
			return uids
		}
	}},
	{name: "Weights miss one", rule: "each filter of a query", make: func(d *brokenDriver) {
		d.tx.weights = func(list []driver.Weight) []driver.Weight { return list[:max(len(list), 1)-1] }
	}},
	{name: "Weights lose how often words are said", rule: "a search orders", make: func(d *brokenDriver) {
		d.tx.weights = func(list []driver.Weight) []driver.Weight {
			for i := range list {
				list[i].Freq = nil
			}
			return list
		}
	}},
	{name: "Weights lose senders", rule: "what messages are judged by", make: func(d *brokenDriver) {
		d.tx.weights = func(list []driver.Weight) []driver.Weight {
			for i := range list {
				list[i].From = "mia"
			}
			return list
		}
	}},
	{name: "Weights lose kinds", rule: "what messages are judged by", make: func(d *brokenDriver) {
		d.tx.weights = func(list []driver.Weight) []driver.Weight {
			for i := range list {
				list[i].Kind = quire.KindMail
			}
			return list
		}
	}},
	{name: "Weights lose dates", rule: "what messages are judged by", make: func(d *brokenDriver) {
		d.tx.weights = func(list []driver.Weight) []driver.Weight {
			for i := range list {
				list[i].Sent = day
			}
			return list
		}
	}},
	{name: "Weights lose sizes", rule: "what messages are judged by", make: func(d *brokenDriver) {
		d.tx.weights = func(list []driver.Weight) []driver.Weight {
			for i := range list {
				list[i].Tokens = 0
			}
			return list
		}
	}},
	{name: "Weights lose lengths", rule: "a search orders", make: func(d *brokenDriver) {
		d.tx.weights = func(list []driver.Weight) []driver.Weight {
			for i := range list {
				list[i].Length = 10
			}
			return list
		}
	}},
	{name: "Weights lose threads", rule: "a collapsed page has the", make: func(d *brokenDriver) {
		d.tx.weights = func(list []driver.Weight) []driver.Weight {
			for i := range list {
				list[i].Thread = quire.MessageID(list[i].UID.String())
			}
			return list
		}
	}},
	{name: "Weights lose deadlines", rule: "each filter of a query", make: func(d *brokenDriver) {
		d.tx.weights = func(list []driver.Weight) []driver.Weight {
			for i := range list {
				list[i].ReplyBy = time.Time{}
			}
			return list
		}
	}},
}

// guardFaults are those of what guards ask.
var guardFaults = []driverFault{
	{name: "Same counts every sender's", rule: "the same automatic message bounces", make: func(d *brokenDriver) {
		d.tx.same = func(tx driver.Write, box, from quire.Address, same string, since, until time.Time) (n int, err error) {
			for _, who := range []quire.Address{"bot", "other", "ada", "mia", "eve"} {
				more, e := tx.Same(box, who, same, since, until)
				n, err = n+more, e
			}
			return n, err
		}
	}},
	{name: "Same counts what is old", rule: "the same automatic message bounces", make: func(d *brokenDriver) {
		d.tx.same = func(tx driver.Write, box, from quire.Address, same string, _, until time.Time) (int, error) {
			return tx.Same(box, from, same, time.Time{}, until)
		}
	}},
	{name: "Same counts what a clock far ahead stamped", rule: "what a clock that was", make: func(d *brokenDriver) {
		d.tx.same = func(tx driver.Write, box, from quire.Address, same string, since, until time.Time) (int, error) {
			return tx.Same(box, from, same, since, until.AddDate(10, 0, 0))
		}
	}},
	{name: "Same counts nothing", rule: "the same automatic message", make: func(d *brokenDriver) {
		d.tx.same = func(driver.Write, quire.Address, quire.Address, string, time.Time, time.Time) (int, error) {
			return 0, nil
		}
	}},
	{name: "Same counts in all mailboxes", rule: "the same automatic message bounces", make: func(d *brokenDriver) {
		d.tx.same = func(tx driver.Write, box, from quire.Address, same string, since, until time.Time) (n int, err error) {
			for _, box := range []quire.Address{"ada", "ben", "cid"} {
				more, e := tx.Same(box, from, same, since, until)
				n, err = n+more, e
			}
			return n, err
		}
	}},
	{name: "Recent is one too old", rule: "an agent can't write", make: func(d *brokenDriver) {
		d.tx.recent = func(tx driver.Write, box, from quire.Address, external bool, nth int) (time.Time, error) {
			return tx.Recent(box, from, external, nth+1)
		}
	}},
	{name: "Recent is the newest", rule: "an agent can't write", make: func(d *brokenDriver) {
		d.tx.recent = func(tx driver.Write, box, from quire.Address, external bool, _ int) (time.Time, error) {
			return tx.Recent(box, from, external, 1)
		}
	}},
	{name: "Recent counts claims as the sender's own", rule: "what is sent in somebody's", make: func(d *brokenDriver) {
		d.tx.recent = func(tx driver.Write, box, from quire.Address, external bool, nth int) (time.Time, error) {
			for n := nth; n > 0; n-- {
				one, err := tx.Recent(box, from, external, n)
				if !one.IsZero() && n == nth || err != nil {
					return one, err
				}
				if other, err := tx.Recent(box, from, !external, nth-n+1); !other.IsZero() || err != nil {
					return other, err
				}
			}
			return time.Time{}, nil
		}
	}},
	{name: "Recent is in any mailbox", rule: "an agent can't write to", make: func(d *brokenDriver) {
		d.tx.recent = func(tx driver.Write, box, from quire.Address, external bool, nth int) (newest time.Time, err error) {
			for _, b := range []quire.Address{box, "ada", "ben", "cid"} {
				t, e := tx.Recent(b, from, external, nth)
				if err = e; t.After(newest) {
					newest = t
				}
			}
			return newest, err
		}
	}},
}
