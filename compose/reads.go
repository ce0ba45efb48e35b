package compose

import (
	"fmt"
	"math"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/price"
)

// reads is what a provider's reports have taught about how much of what a ledger
// promises is really read. A ledger knows its own calls and the rules of the provider; it
// does not know that another agent used the same slot, that a template moves the tools,
// or that a cache was full. The zero value trusts the ledger.
type reads struct {
	Share float64 `json:"share,omitzero"` // that was read of what was promised, lately, 0 to 1
	N     int     `json:"n,omitzero"`     // reports that were taken in
	Short int     `json:"short,omitzero"` // how many more of the last ones were short than were not, 0 to 4
	By    bool    `json:"by,omitzero"`    // bills and cuts go by Share
	// Silent is how many reports named no read where one was promised, before the first
	// that did: the provider may not say what it reads.
	Silent int       `json:"silent,omitzero"`
	Told   readsMode `json:"told,omitzero"` // what plans have said of it
}

// readsMode is what a plan says of reads once, when it begins.
type readsMode string

const (
	readsTrusted  readsMode = ""         // the ledger's word
	readsReported readsMode = "reported" // less than that, by reports
	readsUnknown  readsMode = "unknown"  // nobody says what is read
)

// How reports are taken. One or two odd ones change nothing: an entry may go before its
// time, a call may meet a server that is new. Set by judgement, 2026-11-29.
const (
	readsLeast  = 512  // tokens: of less that was promised nothing is learned
	readsWeight = 0.25 // of a report in Share
	readsShort  = 0.8  // share below which a report is short
	readsOn     = 3    // Short from which reports count; they do until it is 0 again
	readsMost   = 4    // that Short counts to
	readsSilent = 8    // reports without a read that say that none are reported
)

// observe takes in a report: what was promised, and what was read, both as counted here.
func (r reads) observe(promised int, read float64) reads {
	if promised < readsLeast {
		return r
	}
	if read <= 0 && r.N == 0 {
		r.Silent = min(r.Silent+1, readsSilent)
		return r
	}
	if r.N == 0 && !r.By {
		r.Share = 1
	}
	share := min(1, read/float64(promised))
	r.Share += float64(readsWeight * (share - r.Share)) // rounded one by one, on every machine
	r.N, r.Silent = min(r.N+1, math.MaxInt32), 0
	if share < readsShort {
		r.Short = min(r.Short+1, readsMost)
	} else {
		r.Short = max(r.Short-1, 0)
	}
	r.By = r.Short >= readsOn || r.By && r.Short > 0
	return r
}

// shared is what is known before the first report: of callers that share a slot in turn,
// one in so many finds its own prompt there.
func (r reads) shared(c *price.CostModel) reads {
	if r.N == 0 && c.Sharers > 1 {
		r.Share, r.Short, r.By = 1/float64(c.Sharers), readsMost, true
	}
	return r
}

// expect returns prices by which a read costs what it likely does: part of what is
// promised is paid for anew.
func (r reads) expect(c price.CostModel) price.CostModel {
	if r.By {
		c.Read = float64(r.Share*c.Read) + float64((1-r.Share)*missed(&c))
	}
	return c
}

// missed is the price of a token that was promised and is not there.
func missed(c *price.CostModel) float64 {
	if c.Units {
		return c.Cost(0, 0, 1) // nothing is billed for writing
	}
	return c.Write
}

// says is what there is to say of reads.
func (r reads) says(c *price.CostModel) readsMode {
	switch {
	case r.By:
		return readsReported
	case c.InTime && r.Silent >= readsSilent: // of an engine of one's own nobody promises that it is there for one agent only
		return readsUnknown
	}
	return readsTrusted
}

// doubtReads says, once, that reads are not what the ledger promises.
func (w *work) doubtReads() {
	r := w.in.State.reads
	w.plan.Reads = 1
	if r.By {
		w.plan.Reads = r.Share
	}
	mode := r.says(&w.charged)
	switch {
	case mode == r.Told:
	case mode == readsReported && r.N == 0:
		w.problem(fmt.Sprintf("the cache is shared by %d: %.0f%% of what would be read is taken to be there, until the provider reports what is", w.charged.Sharers, 100*r.Share))
	case mode == readsReported:
		w.problem(fmt.Sprintf("the cache is read less than predicted: lately %.0f%% of it, as the provider reports; bills and cuts go by that", 100*r.Share))
	case mode == readsUnknown:
		w.problem("the provider has reported no read so far: whether others use its slot, and what it still has, is not known; what is predicted assumes that none do")
	case r.Told == readsReported:
		w.problem("the cache is read as predicted again")
	}
}

// likely is the bill with the reads that can be expected.
func (w *work) likely(b price.Bill) price.Bill {
	w.plan.read = b.Read
	if r := w.in.State.reads; r.By {
		long := b.Cost - w.in.Model.Cache.Cost(b.Read, b.Write, b.Uncached) // what the longer life costs more
		read := int(float64(b.Read) * r.Share)
		if w.charged.Units {
			b.Uncached += b.Read - read
		} else {
			b.Write += b.Read - read
		}
		b.Read = read
		b.Cost = w.charged.Cost(b.Read, b.Write, b.Uncached) + long
	}
	return b
}

// Report returns the state with what the provider reported for a plan whose call went
// well: what the prompt took, by which later ones are estimated, and how much of it was read
// from its cache. When that is short of what the ledger promised, three times and more often than
// not, bills and cuts go by what is reported from then on, and the plan says so; until as
// many reports are as predicted again. A provider that never reports a read teaches
// nothing about them.
func (s State) Report(p *Plan, u quire.Usage) State {
	return s.learn(lesson{Mix: p.Mix, Tokens: u.Input, Promised: p.read, Read: u.CachedInput})
}
