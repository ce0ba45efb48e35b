package main

import (
	"bytes"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// kills is how often the daemon is killed: a few, or what QUIRE_KILLS says.
func kills(t *testing.T) int {
	n := 5
	if s := os.Getenv("QUIRE_KILLS"); s != "" {
		var err error
		n, err = strconv.Atoi(s)
		require.NoError(t, err)
	}
	return n
}

// TestKilledAtAnyMoment kills the program with SIGKILL at random moments, starts
// it again each time, and compares what it leaves with an unbroken life: every
// message of every mailbox, and the bytes of each agent's next prompt.
func TestKilledAtAnyMoment(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and kills a program; left out with -short")
	}
	dir := t.TempDir()
	bin := filepath.Join(dir, "daemon")
	if runtime.GOOS == "windows" {
		bin += ".exe"
	}
	out, err := exec.Command("go", "build", "-o", bin, ".").CombinedOutput()
	require.NoError(t, err, string(out))

	n := kills(t)
	args := func(name string) []string {
		return []string{"-db", filepath.Join(dir, name+".db"), "-dump", filepath.Join(dir, name+".txt"),
			"-turns", "0", "-until", strconv.Itoa(40 + 12*n), "-quiet", "-clock", "logical", "-budget", "2500"}
	}
	life := func(name string) []byte {
		out, err := exec.Command(bin, args(name)...).CombinedOutput()
		require.NoError(t, err, string(out))
		b, err := os.ReadFile(filepath.Join(dir, name+".txt"))
		require.NoError(t, err)
		return b
	}
	start := time.Now()
	want := life("unbroken")
	whole := time.Since(start)

	const seed = 20260105
	r := rand.New(rand.NewPCG(seed, uint64(n)))
	hit := 0
	for range n {
		cmd := exec.Command(bin, args("broken")...)
		var said bytes.Buffer
		cmd.Stdout, cmd.Stderr = &said, &said
		require.NoError(t, cmd.Start())
		time.Sleep(time.Millisecond + time.Duration(r.Int64N(int64(whole)*3/int64(2*n))))
		require.NoError(t, cmd.Process.Kill())
		if err := cmd.Wait(); err != nil {
			require.NotContains(t, said.String(), "daemon:", "it was killed, it did not fail")
			hit++
		}
	}
	require.Positive(t, hit, "no kill found the program alive")
	t.Logf("%d of %d kills found the program alive; an unbroken life took %s", hit, n, whole)
	got := life("broken")
	if !bytes.Equal(want, got) {
		t.Fatalf("seed %d: the lives differ at byte %d:\n…%s\nwant\n…%s", seed, differ(want, got), around(got, differ(want, got)), around(want, differ(want, got)))
	}
	require.Greater(t, bytes.Count(want, []byte("\n")), 200, "the life was long enough to mean something")
}

// differ is the first place where two byte strings differ.
func differ(a, b []byte) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}

// around shows what stands about a place.
func around(b []byte, at int) []byte {
	return b[max(0, at-400):min(len(b), at+400)]
}
