package transcript

import (
	"bytes"
	"context"
	"encoding/binary"
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
	for _, in := range seeds() {
		f.Add([]byte(in))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		o := &Options{MaxLine: 1 << 20, MaxBytes: 1 << 22, MaxMessages: 1000}
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

// seeds are small files of each form, and damaged ones.
func seeds() []string {
	u, a := said("S", "user", "u", "", "q", ""), said("S", "assistant", "a", "u", use("1"), "")
	boundary := `{"type":"system","subtype":"compact_boundary","uuid":"c","parentUuid":null,"logicalParentUuid":"a","compactMetadata":{"preservedSegment":{"tailUuid":"a"}}}` + "\n"
	claude := u + a + said("S", "user", "r", "a", result("1"), "") + boundary + said("S", "user", "s", "c", "sum", `,"isCompactSummary":true`) +
		said("T", "user", "v", "a", "more", "") + said("T", "assistant", "w", "v", "B", `,"requestId":"p"`)
	codex := rolled("session_meta", meta) + spoke("user", "q") + thought("t") + did("1") + spent(10, 19) + got("1") + spoke("assistant", "A") +
		rolled("compacted", `{"message":"sum","replacement_history":[{"type":"compaction","encrypted_content":"E"}]}`) +
		rolled("event_msg", `{"type":"thread_rolled_back","num_turns":1}`) + spoke("user", "r")
	cli := geminiHead + gem("user", "1", "one", "") + gem("gemini", "2", "A", gemCall) + `{"$rewindTo":"2"}` + "\n" +
		`{"$set":{"messages":[{"id":"5","type":"user","content":"sum"}]}}` + "\n"
	log := `{"request":{"model":"x","messages":[{"role":"user","content":"q"}]},"response":{"choices":[{"message":{"role":"assistant","content":"A"}}],"usage":{"prompt_tokens":"7"}}}` + "\n" +
		`{"contents":[{"role":"user","parts":[{"text":"q"},{"functionResponse":{"name":"f","response":{"output":"r"}}}]}]}` + "\n"
	all := []string{claude, codex, cli, log, claude + codex + cli + log}
	for _, s := range all[:4] {
		cut := len(s) / 2
		all = append(all, wideOf(s, binary.LittleEndian, false), s[:cut]+s, s[:cut]+"\x00\x00\x00"+s[cut-20:], strings.ReplaceAll(s, "\n", ""))
	}
	return all
}
