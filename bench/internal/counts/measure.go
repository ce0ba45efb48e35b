package counts

import (
	"github.com/quire-dev/quire/internal/calibrate"
	"math"
)

// Row is what was measured of the calls of one folder, of one stretch of their
// sessions. Errors are means of absolute ones, as shares of what was reported.
type Row struct {
	Data  string `json:"data"`
	Kept  bool   `json:"kept"`  // what was learned is kept from session to session, for each model
	Calls string `json:"calls"` // of each session: "1-5", "6-20", "21-", "all"
	N     int    `json:"n"`
	// Before is the error of the count, After that of the calibrated one, each
	// made before the call's report was looked at.
	Before float64 `json:"before"`
	After  float64 `json:"after"`
	Worst  float64 `json:"worst"` // of the errors After is the mean of
	// Bounded is how many calls had a bound: all but those before any report.
	Bounded int `json:"bounded"`
	// Over is how many of them were reported above the bound for 0.99;
	// Unseen is how many of these grew by more than twice what the record
	// shows entering: what grew them is not in the record.
	Over   int     `json:"over"`
	Unseen int     `json:"unseen"`
	Margin float64 `json:"margin"` // by which the bound is above the report, in the mean
}

// stretches are what a session's calls are grouped into.
var stretches = []struct {
	name     string
	from, to int
}{{"1-5", 0, 5}, {"6-20", 5, 20}, {"21-", 20, math.MaxInt}, {"all", 0, math.MaxInt}}

// confidence is that of the bound.
const confidence = 0.99

// measure predicts every call from the calls before it.
func measure(sessions []session, kept bool) []Row {
	var rows []Row
	at := map[[2]string]int{}
	byModel := map[string]calibrate.Calibration{}
	for _, s := range sessions {
		c := calibrate.Calibration{}
		if kept {
			c = byModel[s.folder+"\x00"+s.model]
		}
		for k := range s.calls {
			for _, st := range stretches {
				key := [2]string{s.folder, st.name}
				if _, ok := at[key]; !ok {
					at[key] = len(rows)
					rows = append(rows, Row{Data: s.folder, Kept: kept, Calls: st.name})
				}
				if k >= st.from && k < st.to {
					rows[at[key]].add(&c, s.calls, k)
				}
			}
			c = c.Observe(s.calls[k].mix, s.calls[k].reported)
		}
		byModel[s.folder+"\x00"+s.model] = c
	}
	for i := range rows {
		rows[i].mean()
	}
	return rows
}

func (r *Row) add(c *calibrate.Calibration, calls []call, k int) {
	m, reported := calls[k].mix, calls[k].reported
	off := func(n int) float64 { return math.Abs(float64(n)/float64(reported) - 1) }
	r.N++
	r.Before += off(m.Total())
	e := off(c.Apply(m))
	r.After += e
	r.Worst = max(r.Worst, e)
	if c.N() == 0 {
		return
	}
	r.Bounded++
	up := c.Upper(m, confidence)
	r.Margin += float64(up)/float64(reported) - 1
	if reported <= up {
		return
	}
	r.Over++
	if k > 0 && reported-calls[k-1].reported > 2*m.New {
		r.Unseen++
	}
}

func (r *Row) mean() {
	if r.N > 0 {
		r.Before /= float64(r.N)
		r.After /= float64(r.N)
	}
	if r.Bounded > 0 {
		r.Margin /= float64(r.Bounded)
	}
}
