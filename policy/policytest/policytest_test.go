package policytest_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/quire-dev/quire/policy"
	"github.com/quire-dev/quire/policy/policytest"
)

func TestShippedPoliciesKeepTheContract(t *testing.T) {
	for _, p := range []policy.Policy{policy.OldestFirst{}, policy.LRU{}, policy.LargestFirst{}, policy.ToolResultsFirst{},
		policy.ByPriority{}, policy.Default{}, policy.Default{Bookkeeping: []string{}}, policy.Chain(),
		policy.Chain(policy.ToolResultsFirst{}, nil, policy.LRU{}), policy.Chain(policy.Default{}, policy.OldestFirst{}),
		policy.WindowTurns{}, policy.WindowTurns{Turns: 2}, policy.KeepLast{Groups: 2}, policy.KeepLast{Groups: 3, Of: policy.WindowTurns{Turns: 1}},
		policy.NeverClear{Tools: []string{"run", "mail_find"}}, policy.ExcerptFirst{}, policy.ExcerptFirst{Tokens: 40, Of: policy.LRU{}}} {
		assert.NoError(t, policytest.TestPolicy(p), p.Name())
	}
}

func TestShippedSchedulesKeepTheContract(t *testing.T) {
	for _, s := range []policy.Schedule{policy.Strict{}, policy.Watermark{}, policy.RentOrBuy{}, policy.RentOrBuy{Ahead: -1, Shadow: -1, Free: 0.1}, policy.Watermark{High: 0.8, Low: 0.3}, policy.Watermark{High: 0.5, Low: 0.9}} {
		assert.NoError(t, policytest.TestSchedule(s), s.Name())
	}
}
