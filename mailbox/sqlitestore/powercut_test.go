//go:build unix && (amd64 || arm64)

package sqlitestore_test

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire/mailbox/sqlitestore"
)

// sector is what a disk writes whole, or not at all.
const sector = 512

// image is what of one file is on the disk for sure, and what may be.
type image struct {
	durable []byte
	pending []event
}

func (m *image) apply(e event) {
	switch e.what {
	case truncated:
		m.durable = slices.Clone(grown(m.durable, e.at)[:e.at])
	case wrote:
		m.durable = grown(m.durable, e.at+int64(len(e.data)))
		copy(m.durable[e.at:], e.data)
	}
}

func grown(b []byte, size int64) []byte {
	return append(b, make([]byte, max(0, size-int64(len(b))))...)
}

// platter is a folder of files while their record is replayed.
type platter map[string]*image

func (p platter) replay(e event) {
	m := p[e.file]
	if m == nil {
		m = &image{}
		p[e.file] = m
	}
	switch e.what {
	case wrote, truncated:
		m.pending = append(m.pending, e)
	case synced:
		for _, e := range m.pending {
			m.apply(e)
		}
		m.pending = nil
	case deleted:
		delete(p, e.file)
	}
}

// cut writes the files as they may be after everything stopped: what was not synced
// is there as far as keep says, each piece.
func (p platter) cut(t *testing.T, folder string, keep func(e event) (event, bool)) {
	for name, m := range p {
		if name == "" || filepath.Ext(name) == ".db-shm" {
			continue
		}
		after := &image{durable: slices.Clone(m.durable)}
		for _, e := range m.pending {
			if e, kept := keep(e); kept {
				after.apply(e)
			}
		}
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), after.durable, 0o600))
	}
}

// loss is a way in which a power cut treats what was not synced.
type loss struct {
	name string
	keep func(e event) (event, bool)
}

// losses begin with how a killed process leaves its files.
func losses(rnd *rand.Rand) []loss {
	return []loss{
		{"all is there", func(e event) (event, bool) { return e, true }},
		{"all is lost", func(e event) (event, bool) { return e, false }},
		{"some are lost", func(e event) (event, bool) { return e, rnd.IntN(2) == 0 }},
		{"some are torn", func(e event) (event, bool) {
			// A part of its sectors, from either end.
			if n := len(e.data) / sector; e.what == wrote && n > 1 {
				at := sector * (1 + rnd.IntN(n-1))
				if rnd.IntN(2) == 0 {
					e.data = e.data[:at]
				} else {
					e.at, e.data = e.at+int64(at), e.data[at:]
				}
			}
			return e, rnd.IntN(4) > 0
		}},
	}
}

// recordSteps lets a store commit steps, with checkpoints of every kind between
// them, and returns all that it did to its files.
func recordSteps(t *testing.T, steps uint64) []event {
	path := file(t)
	d := watchDisk(t, filepath.Dir(path))
	for n := uint64(1); n <= steps; {
		s, err := sqlitestore.Open(t.Context(), path, nil)
		require.NoError(t, err)
		for range 7 {
			_, err := s.Commit(t.Context(), step(n))
			require.NoError(t, err)
			d.acknowledge(n)
			if kind := map[uint64]string{2: "PASSIVE", 4: "RESTART", 5: "TRUNCATE"}[n%7]; kind != "" {
				c := raw(t, path)
				execute(t, c, "PRAGMA wal_checkpoint("+kind+")")
				require.NoError(t, c.Close())
			}
			n++
		}
		require.NoError(t, s.Close())
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.log
}

// Wherever between two calls to the file system everything stops, and whatever
// becomes of what was not synced then: the file is sound and holds all that was
// acknowledged.
func TestWhatWasAcknowledgedOutlivesAPowerCut(t *testing.T) {
	log := recordSteps(t, 20)
	seed := uint64(time.Now().UnixNano())
	rnd := rand.New(rand.NewPCG(seed, 0))
	t.Logf("%d calls, seed %d", len(log), seed)
	wanted := min(crashes(t), len(log))
	p, last, images := platter{}, uint64(0), 0
	for at, e := range log {
		if p.replay(e); e.what == acked {
			last = e.acked
		}
		// As many of those that are left as are still wanted, each as likely.
		if rnd.IntN(len(log)-at) >= wanted {
			continue
		}
		wanted--
		for _, l := range losses(rnd) {
			folder := filepath.Join(t.TempDir(), "files")
			require.NoError(t, os.Mkdir(folder, 0o700))
			p.cut(t, folder, l.keep)
			path := filepath.Join(folder, filepath.Base(file(t)))
			s, err := sqlitestore.Open(t.Context(), path, nil)
			require.NoError(t, err, "call %d of %d, seed %d, %s", at, len(log), seed, l.name)
			if last > 0 {
				wholeSteps(t, s, last)
			}
			require.NoError(t, s.Close())
			require.Equal(t, []string{"ok"}, integrity(t, path), "call %d of %d, seed %d, %s", at, len(log), seed, l.name)
			require.NoError(t, os.RemoveAll(folder))
			images++
		}
	}
	t.Logf("%d states of the files looked at", images)
}
