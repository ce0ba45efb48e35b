package mailbox

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A commit that was made by an earlier version, and is repeated by this one, is the same.
func TestALeaseCommitHasTheDigestOfBefore(t *testing.T) {
	var r Rules
	p, err := r.prepare(Commit{ID: "x", Address: "ada", Leases: []LeaseChange{{UID: 1, Holder: "w", Attempt: 1, Done: true},
		{UID: 2, Holder: "w", Attempt: 2, Renew: true}, {UID: 3, Holder: "w", Attempt: 1, For: time.Minute, Reason: "no disk"}}},
		time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC))
	require.NoError(t, err)
	assert.Equal(t, "730e8edd5588cd722cbc9cc74b07d3c11a1339b1425081b0aec51448469931aa", p.Digest.String(), "that of commit a59552c")
}
