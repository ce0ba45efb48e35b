package report

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestProgressIsForTerminals: nothing of it gets into a file, a pipe or a buffer, however
// long something takes.
func TestProgressIsForTerminals(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "log"))
	require.NoError(t, err)
	defer file.Close()
	var b bytes.Buffer
	for _, p := range []*Progress{NewProgress(file), NewProgress(&b)} {
		p.start = time.Time{} // begun long ago
		for i := range 1000 {
			p.last = time.Time{}
			p.Say("%d of 1000", i)
		}
		p.Clear()
	}
	log, err := os.ReadFile(file.Name())
	require.NoError(t, err)
	assert.Empty(t, log)
	assert.Empty(t, b.String())
}

// TestProgressOnATerminal: one line that overwrites itself, and is taken away.
func TestProgressOnATerminal(t *testing.T) {
	var b bytes.Buffer
	p := NewProgress(&b)
	p.live = true
	p.Say("too early")
	p.start = time.Time{}
	p.Say("1 of %d", 2)
	p.Say("too soon")
	p.Clear()
	p.Clear()
	assert.Equal(t, "\r\x1b[K1 of 2\r\x1b[K", b.String())
}

func TestATerminalIsKnown(t *testing.T) {
	tty, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("there is no terminal to open here: %v", err)
	}
	defer tty.Close()
	assert.True(t, terminal(tty))
}
