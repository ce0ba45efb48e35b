package mailbox_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
	"github.com/quire-dev/quire/mailbox/memstore"
)

// spoken is a world of producers, of which all but the last are gone without knowing
// it, and of readers that come and go.
type spoken struct {
	t     *rapid.T
	s     *mailbox.Store
	now   time.Time
	alive []*speaker
	truth map[string]string // by stream, attempt and offset: what was accepted there
	ears  []*ear
}

type speaker struct {
	driver.StreamAttempt
	next uint64
}

type ear struct {
	at   mailbox.StreamRead
	ends map[int]driver.StreamEndKind // of stream 1, by attempt
	over bool
}

func place(stream uint64, attempt int, offset uint64) string {
	return fmt.Sprint(stream, "/", attempt, "/", offset)
}

func (w *spoken) last() *speaker {
	if len(w.alive) == 0 {
		w.t.Skip("nobody speaks yet")
	}
	return w.alive[len(w.alive)-1]
}

// opens begins an attempt, by the owner or by the next one.
func (w *spoken) opens(t *rapid.T, keep int64) {
	fence := uint64(0)
	if len(w.alive) > 0 {
		fence = w.last().Fence
	}
	if fence == 0 || rapid.Bool().Draw(t, "takeover") {
		w.now = w.now.Add(time.Hour)
		c, err := w.s.Commit(t.Context(), mailbox.Commit{Address: "ada", Own: &mailbox.Own{Holder: "p"}, Now: w.now})
		require.NoError(t, err)
		fence = c.Fence
	}
	a, err := w.s.OpenStream(t.Context(), "ada", mailbox.StreamOpen{Stream: 1, Fence: fence, KeepBytes: keep, Now: w.now})
	require.NoError(t, err)
	w.alive = append(w.alive, &speaker{StreamAttempt: a})
}

// says lets any producer speak, also one that is gone, or repeat itself.
func (w *spoken) says(t *rapid.T) {
	w.last()
	p := w.alive[rapid.IntRange(0, len(w.alive)-1).Draw(t, "who")]
	from := p.next - uint64(rapid.IntRange(0, int(min(p.next, 2))).Draw(t, "again"))
	add := mailbox.StreamAppend{Stream: 1, Attempt: p.Attempt, Fence: p.Fence, Offset: from}
	for n := p.next - from + uint64(rapid.IntRange(0, 3).Draw(t, "new")); n > 0; n-- {
		at := from + uint64(len(add.Chunks))
		text := place(1, p.Attempt, at)
		if at >= p.next {
			text += fmt.Sprint(" by ", p.Fence, " ", rapid.IntRange(0, 1000).Draw(t, "word"))
		} else {
			text = w.truth[place(1, p.Attempt, at)]
		}
		add.Chunks = append(add.Chunks, []byte(text))
	}
	switch err := w.s.AppendStream(t.Context(), "ada", add); {
	case errors.Is(err, mailbox.ErrGone):
	case p != w.last():
		require.Error(t, err, "who is not the last speaks")
		require.True(t, errors.Is(err, mailbox.ErrLeaseLost) || errors.Is(err, mailbox.ErrStreamEnded), err)
	default:
		require.NoError(t, err)
		for i, c := range add.Chunks {
			w.truth[place(1, p.Attempt, from+uint64(i))] = string(c)
		}
		p.next = max(p.next, from+uint64(len(add.Chunks)))
	}
}

// hears lets a reader take a page.
func (w *spoken) hears(t *rapid.T) {
	e := w.ears[rapid.IntRange(0, len(w.ears)-1).Draw(t, "reader")]
	e.at.Limit = rapid.IntRange(1, 4).Draw(t, "limit")
	w.hear(t, e)
}

func (w *spoken) hear(t *rapid.T, e *ear) {
	p, err := w.s.ReadStream(t.Context(), "ada", e.at)
	var gone *mailbox.Error
	if errors.Is(err, mailbox.ErrGone) {
		require.ErrorAs(t, err, &gone)
		require.True(t, gone.Read.Attempt > max(e.at.Attempt, 1) || gone.Read.Offset > e.at.Offset, "gone leads forward")
		e.at.Attempt, e.at.Offset = gone.Read.Attempt, gone.Read.Offset
		return
	}
	require.NoError(t, err)
	if p.Attempt == 0 {
		return
	}
	require.Equal(t, e.at.Offset, p.Offset)
	for i, c := range p.Chunks {
		require.Equal(t, w.truth[place(1, p.Attempt, p.Offset+uint64(i))], string(c), "what was accepted at that place")
	}
	if p.Last != nil {
		require.Empty(t, e.ends[p.Attempt], "an attempt has one end")
		e.ends[p.Attempt] = p.Last.Kind
	}
	e.at, e.over = p.Read, p.Over
	if e.over {
		require.Equal(t, p.Latest, p.Attempt)
	}
}

func TestWhateverHappensReadersSeeWhatWasSaidAndAnEnd(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := memstore.New(nil)
		defer m.Close()
		w := &spoken{t: t, s: m, now: time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC), truth: map[string]string{}}
		for range 3 {
			w.ears = append(w.ears, &ear{at: mailbox.StreamRead{Stream: 1}, ends: map[int]driver.StreamEndKind{}})
		}
		keep := rapid.SampledFrom([]int64{60, 1 << 20}).Draw(t, "bytes kept")
		t.Repeat(map[string]func(*rapid.T){
			"open": func(t *rapid.T) { w.opens(t, keep) },
			"say":  w.says,
			"end": func(t *rapid.T) { // this attempt failed; the producer goes on
				p := w.last()
				err := w.s.EndStream(t.Context(), "ada", mailbox.StreamClose{Stream: 1, Attempt: p.Attempt, Fence: p.Fence,
					End: driver.StreamEnd{Kind: driver.StreamFailed, Reason: "no", More: true}})
				require.NoError(t, err)
				w.opens(t, keep)
			},
			"hear": w.hears,
		})
		w.opens(t, keep)
		p := w.last()
		require.NoError(t, w.s.EndStream(t.Context(), "ada", mailbox.StreamClose{Stream: 1, Attempt: p.Attempt, Fence: p.Fence, End: driver.StreamEnd{Kind: driver.StreamDone}}))
		for i, e := range w.ears {
			for pages := 0; !e.over; pages++ {
				require.Less(t, pages, 10_000, "reader %d comes to no end", i)
				e.at.Limit = 1 + i
				w.hear(t, e)
			}
			require.Equal(t, driver.StreamDone, e.ends[p.Attempt], "reader %d saw the end", i)
			if keep > 1000 {
				require.Len(t, e.ends, p.Attempt, "reader %d saw the end of every attempt", i)
			}
		}
	})
}

// A reader that is behind is told where it can go on, and goes on there.
func TestFollowEndsWithWhatIsGone(t *testing.T) {
	m := memstore.New(nil)
	defer m.Close()
	a, err := m.OpenStream(t.Context(), "ada", mailbox.StreamOpen{Stream: 1, KeepBytes: 4})
	require.NoError(t, err)
	add := mailbox.StreamAppend{Stream: 1, Attempt: a.Attempt, Chunks: [][]byte{[]byte("aaaa"), []byte("bbbb")}}
	require.NoError(t, m.AppendStream(t.Context(), "ada", add))
	require.NoError(t, m.EndStream(t.Context(), "ada", mailbox.StreamClose{Stream: 1, Attempt: 1, End: driver.StreamEnd{Kind: driver.StreamDone}}))
	read := func(r mailbox.StreamRead) (text string, err error) {
		for p, e := range m.Follow(context.Background(), "ada", r) {
			err = e
			for _, c := range p.Chunks {
				text += string(c)
			}
		}
		return text, err
	}
	_, err = read(mailbox.StreamRead{Stream: 1})
	require.ErrorIs(t, err, mailbox.ErrGone)
	var gone *mailbox.Error
	require.ErrorAs(t, err, &gone)
	text, err := read(gone.Read)
	require.NoError(t, err)
	require.Equal(t, "bbbb", text)
}
