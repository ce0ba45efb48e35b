package archive_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire/internal/oldstore"
	"github.com/quire-dev/quire/mailbox/archive"
	"github.com/quire-dev/quire/mailbox/memstore"
)

// An archive that commit 2783c1f wrote restores what its store held, and its agent goes
// on; and it comes in as a claim.
func TestAnArchiveOfAnEarlierProgramIsWhole(t *testing.T) {
	told, err := oldstore.Read("../sqlitestore/testdata/2783c1f.db.json.gz")
	require.NoError(t, err)
	file, err := oldstore.Unpack("testdata/2783c1f.jsonl.gz")
	require.NoError(t, err)
	restored, claimed := memstore.New(nil), memstore.New(nil)
	counts, err := archive.Import(t.Context(), restored, bytes.NewReader(file), &archive.Options{Restore: true})
	require.NoError(t, err)
	total := 0
	for _, b := range told.Boxes {
		total += b.Total
	}
	assert.Equal(t, []int{4, total, 0, 0}, []int{counts.Mailboxes, counts.Added, counts.Known, counts.LeftOut})
	now := *told
	now.Boxes = slices.Clone(told.Boxes)
	require.NoError(t, now.Tell(t.Context(), restored))
	carried(told)
	carried(&now)
	assert.Equal(t, told.String(), now.String())
	require.NoError(t, told.GoOn(t.Context(), restored))

	counts, err = archive.Import(t.Context(), claimed, bytes.NewReader(file), nil)
	require.NoError(t, err)
	assert.Equal(t, []int{total, 0}, []int{counts.Added, counts.LeftOut})
}

// carried leaves out what an archive does not carry: a restored mailbox begins a history
// of its own, has no streams, and measures what it takes in as it does today.
func carried(told *oldstore.Told) {
	for i := range told.Boxes {
		b := &told.Boxes[i]
		b.Since, b.State, b.Changes, b.Streams = nil, "", nil, nil
		for k := range b.Items {
			b.Items[k].Modseq, b.Items[k].Bytes = 0, 0
		}
	}
}
