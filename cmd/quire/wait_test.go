package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox/sqlitestore"
)

func TestWhatWaitsEndsAWait(t *testing.T) {
	place(t)
	ok(t, "send", "--box", "mia", "--to", "ada", "One")
	ok(t, "send", "--box", "bo", "--to", "ada", "Two")
	assert.Equal(t, "1\n2\n", ok(t, "wait", "--box", "ada"))
	assert.Equal(t, "2\n", ok(t, "wait", "--box", "ada", "--from", "bo"))
	first := inJSON[listed](t, "wait", "--box", "ada")
	assert.Len(t, first.Messages, 2)
	ok(t, "done", "--box", "ada", "1")
	assert.Equal(t, "2\n", ok(t, "wait", "--box", "ada"), "what is dealt with does not count")

	ok(t, "send", "--box", "mia", "--to", "ada", "Three")
	assert.Equal(t, "3\n", ok(t, "wait", "--box", "ada", "--since", string(first.State)), "only what came since")
}

func TestAWaitGivesUpInTime(t *testing.T) {
	place(t)
	ok(t, "send", "--box", "mia", "--to", "ada", "One")
	state := inJSON[listed](t, "find", "--box", "ada").State
	for _, args := range [][]string{
		{"wait", "--box", "nobody"}, {"wait", "--box", "ada", "--from", "bo"}, {"wait", "--box", "ada", "--kind", "question"},
		{"wait", "--box", "ada", "--since", string(state)},
	} {
		args = append(args, "--timeout", "1ms")
		r := do(t, "", args...)
		assert.Equal(t, exitTimeout, r.code, "%v", args)
		assert.Empty(t, r.out, "%v", args)
		r = do(t, "", append(args, "--json")...)
		assert.Equal(t, exitTimeout, r.code)
		assert.Contains(t, r.out, `"messages":[]`)
		assert.Contains(t, r.out, `"timeout":true`)
	}
	r := do(t, "", "wait", "--box", "ada", "--since", "other:1")
	assert.Equal(t, exitFailed, r.code)
	assert.Contains(t, r.stderr, "leave --since out")
}

// What was put off ends a wait when its time has come, also when its last change is
// before --since.
func TestWhatWasPutOffEndsAWait(t *testing.T) {
	db := place(t)
	ok(t, "send", "--box", "mia", "--to", "ada", "Later")
	s, err := sqlitestore.Open(t.Context(), db, nil)
	require.NoError(t, err)
	snooze(t, s, "ada", 1)
	require.NoError(t, s.Close())
	state := inJSON[listed](t, "find", "--box", "ada").State
	assert.Equal(t, "1\n", ok(t, "wait", "--box", "ada", "--since", string(state), "--timeout", "1m"))
}

// built is the command as a program, made once for all tests.
var built = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "quire")
	if err != nil {
		return "", err
	}
	bin := filepath.Join(dir, "quire")
	if runtime.GOOS == "windows" {
		bin += ".exe"
	}
	if out, err := exec.Command("go", "build", "-o", bin, ".").CombinedOutput(); err != nil {
		return bin, fmt.Errorf("%w: %s", err, out)
	}
	return bin, nil
})

// program builds the command, if no test did before.
func program(t *testing.T) string {
	t.Helper()
	bin, err := built()
	require.NoError(t, err)
	asked = filepath.Dir(bin)
	return bin
}

// asked is the folder of the program, once a test asked for it.
var asked string

func TestMain(m *testing.M) {
	code := m.Run()
	if asked != "" {
		os.RemoveAll(asked)
	}
	os.Exit(code)
}

// races is how often send and wait meet.
func races(t *testing.T) int {
	s := os.Getenv("QUIRE_RACES")
	if s == "" {
		return 60
	}
	n, err := strconv.Atoi(s)
	require.NoError(t, err, "QUIRE_RACES")
	return n
}

// TestNoMessageIsMissed has send and wait begin at the same time, in two processes: each
// wait ends with the message.
func TestNoMessageIsMissed(t *testing.T) { meet(t, place(t)) }

func TestNoMessageIsMissedInADatabase(t *testing.T) {
	db := database(t)
	t.Setenv("QUIRE_DB", db)
	meet(t, db)
}

func meet(t *testing.T, db string) {
	bin, n := program(t), races(t)
	ok(t, "send", "--box", "mia", "--to", "nobody", "so that there is a store")
	state := inJSON[listed](t, "find", "--box", "box0").State // of an empty mailbox, as all of them are
	todo := make(chan int)
	var workers sync.WaitGroup
	for range 4 {
		workers.Go(func() {
			for i := range todo {
				race(t, bin, db, fmt.Sprint("box", i), i, state)
			}
		})
	}
	for i := range n {
		todo <- i
	}
	close(todo)
	workers.Wait()
	t.Logf("%d races, none missed: %t", n, !t.Failed())
}

func race(t *testing.T, bin, db, box string, i int, state quire.State) {
	var out, stderr bytes.Buffer
	args := []string{"wait", "--db", db, "--box", box, "--timeout", "1m"}
	if i%4 >= 2 {
		args = append(args, "--since", string(state))
	}
	wait := exec.Command(bin, args...)
	wait.Stdout, wait.Stderr = &out, &stderr
	send := exec.Command(bin, "send", "--db", db, "--box", "mia", "--to", box, "Hello")
	order := []*exec.Cmd{wait, send}
	if i%2 == 1 {
		order[0], order[1] = send, wait
	}
	for _, c := range order {
		if !assert.NoError(t, c.Start()) {
			return
		}
	}
	assert.NoError(t, send.Wait(), "race %d", i)
	assert.NoError(t, wait.Wait(), "race %d: %s", i, stderr.String())
	assert.Equal(t, "1\n", out.String(), "race %d", i)
}

// As a background job of a shell it ends with its news, and the shell has its exit code.
func TestAWaitIsAJobOfAShell(t *testing.T) {
	if _, err := exec.LookPath("sh"); err != nil || runtime.GOOS == "windows" {
		t.Skip("there is no shell whose jobs are processes")
	}
	place(t)
	bin := program(t)
	ok(t, "send", "--box", "mia", "--to", "nobody", "so that there is a file")
	out, err := exec.Command("sh", "-c", `
		"$0" wait --box ada --timeout 1m & job=$!
		"$0" send --box mia --to ada Hello >/dev/null
		wait $job; echo "ended with $?"
		"$0" wait --box bo & job=$!
		kill $job; wait $job; echo "killed $(($? > 128))"
		"$0" wait --box bo --timeout 10ms 2>/dev/null & wait $!; echo "ended with $?"`, bin).Output()
	require.NoError(t, err)
	assert.Equal(t, "1\nended with 0\nkilled 1\nended with 124\n", string(out))
}

// TestAnInterruptEndsAWait sends a signal once the process has the file open.
func TestAnInterruptEndsAWait(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux says which files a process has open")
	}
	db, bin := place(t), program(t)
	ok(t, "send", "--box", "mia", "--to", "ada", "so that there is a file")
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		var stderr bytes.Buffer
		c := exec.Command(bin, "wait", "--box", "bo")
		c.Stderr = &stderr
		require.NoError(t, c.Start())
		require.Eventually(t, func() bool { return opens(c.Process.Pid, db) }, time.Minute, time.Millisecond)
		require.NoError(t, c.Process.Signal(signal))
		var ended *exec.ExitError
		require.ErrorAs(t, c.Wait(), &ended)
		assert.Equal(t, exitInterrupted, ended.ExitCode())
		assert.Contains(t, stderr.String(), "interrupted")
	}
}

func opens(pid int, path string) bool {
	dir := fmt.Sprintf("/proc/%d/fd", pid)
	list, _ := os.ReadDir(dir) // of a process that has ended: nothing
	for _, e := range list {
		if at, _ := os.Readlink(filepath.Join(dir, e.Name())); strings.HasPrefix(at, path) {
			return true
		}
	}
	return false
}
