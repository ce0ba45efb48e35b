package sqlitestore_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
	"github.com/quire-dev/quire/mailbox/sqlitestore"
)

// speakingFile, when it is set, makes the test binary a producer that is killed.
const speakingFile = "QUIRE_SPEAKING_FILE"

// speakUntilKilled opens the next attempt of stream 1 and says something that no other
// process says, as fast as it can.
func speakUntilKilled(ctx context.Context, path string) error {
	s, err := sqlitestore.Open(ctx, path, nil)
	if err != nil {
		return err
	}
	a, err := s.OpenStream(ctx, "ada", mailbox.StreamOpen{Stream: 1, KeepBytes: 1 << 30})
	for n := uint64(0); err == nil; n++ {
		add := mailbox.StreamAppend{Stream: 1, Attempt: a.Attempt, Offset: n, Chunks: [][]byte{[]byte(fmt.Sprintf("%d says %d ", os.Getpid(), n))}}
		err = s.AppendStream(ctx, "ada", add)
	}
	return err
}

// What a reader in another process saw of producers that were killed one after the other
// is what stands in the file afterwards, and every attempt has its end.
func TestReadersOfProducersThatAreKilledSeeTheTruth(t *testing.T) {
	const producers = 5
	path := filepath.Join(t.TempDir(), "mail.db")
	s := open(t, path, &sqlitestore.Options{Poll: 5 * time.Millisecond})
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	read := func(seen func(p *mailbox.StreamPage)) (list []string) {
		for p, err := range s.Follow(ctx, "ada", mailbox.StreamRead{Stream: 1}) {
			require.NoError(t, err)
			for i, c := range p.Chunks {
				list = append(list, fmt.Sprint(p.Attempt, "/", p.Offset+uint64(i), " ", string(c)))
			}
			if p.Last != nil {
				list = append(list, fmt.Sprint(p.Attempt, " ", p.Last.Kind))
			}
			seen(&p)
		}
		return list
	}
	attempts := make(chan int, 1000)
	live := make(chan []string, 1)
	go func() {
		live <- read(func(p *mailbox.StreamPage) {
			if len(p.Chunks) > 0 {
				select {
				case attempts <- p.Attempt:
				default:
				}
			}
		})
	}()
	for n := range producers {
		cmd := exec.CommandContext(ctx, os.Args[0])
		cmd.Env = append(os.Environ(), speakingFile+"="+path)
		cmd.Stderr = os.Stderr
		require.NoError(t, cmd.Start())
		for heard := 0; heard <= n; { // until the reader has some pages of this one
			select {
			case a := <-attempts:
				if a == n+1 {
					heard++
				}
			case <-ctx.Done():
				require.Fail(t, "the reader hears nothing")
			}
		}
		require.NoError(t, cmd.Process.Kill())
		require.Error(t, cmd.Wait(), "it was killed")
	}
	a, err := s.OpenStream(ctx, "ada", mailbox.StreamOpen{Stream: 1})
	require.NoError(t, err)
	require.Equal(t, producers+1, a.Attempt)
	require.NoError(t, s.EndStream(ctx, "ada", mailbox.StreamClose{Stream: 1, Attempt: a.Attempt, End: driver.StreamEnd{Kind: driver.StreamDone}}))
	saw := <-live
	assert.Equal(t, saw, read(func(*mailbox.StreamPage) {}))
	for n := range producers {
		assert.Contains(t, saw, fmt.Sprint(n+1, " ", driver.StreamInterrupted))
	}
	t.Logf("%d processes killed, %d chunks and ends read", producers, len(saw))
}
