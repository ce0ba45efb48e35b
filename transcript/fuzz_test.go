package transcript

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzRead holds that no input makes Read panic, hang or give a record that is
// not one, and that reading twice gives the same.
func FuzzRead(f *testing.F) {
	files, err := filepath.Glob("testdata/*")
	require.NoError(f, err)
	for _, name := range files {
		if info, err := os.Stat(name); err != nil || info.IsDir() || strings.HasSuffix(name, ".want") {
			continue
		}
		b, err := os.ReadFile(name)
		require.NoError(f, err)
		f.Add(b)
		z := zip(f, string(b))
		f.Add(z[:len(z)*2/3])
	}
	f.Add([]byte("From 0\nCC:0")) // a copy is for somebody, too
	// A result within an answer is a message of its own.
	f.Add([]byte(`{"role":"assistant","content":[{"type":"tool_use","id":"a","name":"f"},{"type":"tool_result","tool_use_id":"a","content":"1"}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		o := &Options{MaxLine: 1 << 20, MaxBytes: 1 << 22}
		rec, err := Read(context.Background(), bytes.NewReader(b), "fuzz", o)
		if err != nil {
			require.Nil(t, rec)
			return
		}
		checkRecord(t, rec)
		again, err := Read(context.Background(), bytes.NewReader(b), "fuzz", o)
		require.NoError(t, err)
		require.Equal(t, dump(rec), dump(again))
	})
}
