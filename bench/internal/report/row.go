// Package report prints the rows of the bench, as tables for people or as one
// JSON object a line.
package report

import (
	"encoding/json"
	"io"
)

// Cost is one row of `bench cost`. Shares are between 0 and 1. The ratios are
// absent where there is nothing to compare with: deaths are not given, or the
// bound was not asked for.
type Cost struct {
	Trace      string   `json:"trace"`
	Budget     int      `json:"budget"`
	Rule       string   `json:"rule"`
	Deaths     string   `json:"deaths"`
	Strategy   string   `json:"strategy"`
	Calls      int      `json:"calls"`
	CostACall  float64  `json:"cost_per_call"`
	Hit        float64  `json:"hit"`
	MeanPrompt float64  `json:"mean_prompt"`
	Missing    float64  `json:"missing"`
	NameRecall *float64 `json:"name_recall"` // null: the trace has no text
	BodyRecall *float64 `json:"body_recall"`
	BodyTokens *float64 `json:"body_tokens"` // null: no answer names anything
	Pulls      float64  `json:"pulls"`       // a call; counted whether they are charged or not
	PullCost   float64  `json:"pull_cost"`   // a call
	Total      float64  `json:"total"`       // a call: with the pulls
	BoundRatio *float64 `json:"bound_ratio"`
	BestRatio  *float64 `json:"best_ratio"`
	Violations int      `json:"violations"`
	OverBudget int      `json:"over_budget"`
}

// JSON writes one value as one line.
func JSON(w io.Writer, v any) error {
	return json.NewEncoder(w).Encode(v)
}
