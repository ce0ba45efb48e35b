package sqlitestore_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/raced"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/sqlitestore"
)

// forgettingFile, when it is set, makes the test binary the process that forgets eve.
const forgettingFile = "QUIRE_FORGETTING_FILE"

func forgetEve(ctx context.Context, path string) error {
	s, err := sqlitestore.Open(ctx, path, nil)
	if err != nil {
		return err
	}
	fmt.Println("open")
	_, err = s.Forget(ctx, mailbox.Forget{From: "eve"})
	return err
}

// A process that is killed while it forgets loses nothing of others, and the same call
// ends what it began: its certificate has all that went.
func TestForgettingOutlivesAKill(t *testing.T) {
	raced.Skip(t)
	const each = 300
	path := file(t)
	s, err := sqlitestore.Open(t.Context(), path, nil)
	require.NoError(t, err)
	var drafts [2][]quire.Draft
	for i := range each {
		for k, who := range []string{"eve", "mia"} {
			drafts[k] = append(drafts[k], mail(fmt.Sprintf("%s of %s", canaryOf(who, i), who), fmt.Sprintf("the word is %s, and %d more", canaryOf(who, i), i), "ada"))
		}
	}
	for i := 0; i < each; i += 50 {
		send(t, s, "eve", drafts[0][i:i+50]...)
		send(t, s, "mia", drafts[1][i:i+50]...)
	}
	require.NoError(t, s.Close())
	seed := uint64(time.Now().UnixNano())
	rnd := rand.New(rand.NewPCG(seed, 0))
	for range crashes(t) {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), forgettingFile+"="+path)
		out, err := cmd.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		_, err = out.Read(make([]byte, 8))
		require.NoError(t, err)
		time.Sleep(time.Duration(rnd.IntN(60)) * time.Millisecond)
		_ = cmd.Process.Kill() // it may have ended
		_ = cmd.Wait()
		require.Equal(t, []string{"ok"}, integrity(t, path), "seed %d", seed)
	}
	s = open(t, path, nil)
	cert, err := s.Forget(t.Context(), mailbox.Forget{From: "eve"})
	require.NoError(t, err)
	assert.Len(t, append(cert.Messages, cert.Earlier...), each, "seed %d", seed)
	for i := range each {
		page, err := s.Query(t.Context(), "ada", mailbox.Query{Text: canaryOf("mia", i), Now: day})
		require.NoError(t, err)
		require.Len(t, page.Rows, 1, canaryOf("mia", i))
		require.Equal(t, drafts[1][i].ID, page.Rows[0].ID)
		page, err = s.Query(t.Context(), "ada", mailbox.Query{Text: canaryOf("eve", i), Now: day})
		require.NoError(t, err)
		require.Empty(t, page.Rows)
	}
	stored, err := os.ReadFile(path)
	require.NoError(t, err)
	for i := range each {
		require.False(t, bytes.Contains(stored, []byte(canaryOf("eve", i))), "seed %d", seed)
	}
}

func canaryOf(who string, i int) string { return fmt.Sprintf("%scanary%07d", who, (i+1)*7919) }
