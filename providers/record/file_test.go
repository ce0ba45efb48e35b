package record

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/scripted"
)

// sample has two calls and one request.
func sample(t *testing.T) *taping {
	rec := recordOf(t, nil)
	m := rec.Model(scripted.New(scripted.Text("one"), scripted.Text("two")))
	other := hello()
	other.Messages[0].Parts = []quire.Part{quire.Text{Text: "Bye"}}
	for _, p := range []*quire.Prompt{hello(), other} {
		_, err := m.Generate(bg, p)
		require.NoError(t, err)
	}
	_, _, err := do(t, rec.Transport(answer(200, nil, strings.NewReader("hi"))), post(t, "http://a/b", "x"))
	require.NoError(t, err)
	return rec
}

// TestCutOffAnywhere: whatever of a file a crash leaves, the whole exchanges of it
// are read, the rest is noted, and a recording that goes on appends behind them.
func TestCutOffAnywhere(t *testing.T) {
	full := sample(t).text(t)
	var ends []int // of the exchanges
	at := 0
	for line := range strings.Lines(full) {
		at += len(line)
		if strings.HasPrefix(line, `{"reply"`) || strings.HasPrefix(line, `{"end"`) || strings.HasPrefix(line, `{"quire`) {
			ends = append(ends, at)
		}
	}
	require.Len(t, ends, 4)
	path := filepath.Join(t.TempDir(), "cut.jsonl")
	for cut := range len(full) + 1 {
		require.NoError(t, os.WriteFile(path, []byte(full[:cut]), 0o600))
		rec, err := Open(path, nil)
		require.NoError(t, err, "cut at byte %d", cut)
		whole, clean := -1, cut == 0
		for _, end := range ends {
			if cut >= end-1 { // the line's end may be missing
				whole++
			}
			clean = clean || cut == end || cut == end-1
		}
		whole = max(whole, 0)
		require.Len(t, rec.Unused(), whole, "cut at byte %d", cut)
		require.Equal(t, clean, len(rec.Notes()) == 0, "cut at byte %d: %q", cut, rec.Notes())

		if cut%5 != 0 && !clean { // it takes a while
			continue
		}
		rec, err = Open(path, &Options{Mode: ReplayOrRecord})
		require.NoError(t, err)
		_, _, err = do(t, rec.Transport(answer(200, nil, strings.NewReader("new"))), post(t, "http://a/new", ""))
		require.NoError(t, err)
		require.NoError(t, rec.Close())
		rec, err = Open(path, nil)
		require.NoError(t, err)
		require.Empty(t, rec.Notes())
		require.Len(t, rec.Unused(), whole+1)
	}
}

func TestNotesSayWhatIsLost(t *testing.T) {
	rec := sample(t)
	full := rec.text(t)
	for cut, want := range map[int]string{
		strings.Index(full, `{"response"`):      "the file ends at line 8: the exchange that begins at line 8 (POST /b) is ignored",
		strings.Index(full, `{"response"`) + 20: "line 9 was cut off: the exchange that begins at line 8 (POST /b) is ignored",
		5:                                       "line 1 was cut off: the recording holds nothing",
	} {
		require.NoError(t, os.WriteFile(rec.path, []byte(full[:cut]), 0o600))
		again, err := Open(rec.path, nil)
		require.NoError(t, err)
		assert.Equal(t, []string{want}, again.Notes())
	}
}

func TestOtherFilesAreLeftAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notes.txt")
	for text, want := range map[string]string{
		"hello":                           "line 1: this is no recording",
		"{}":                              "line 1: this is no recording",
		"hello\nworld\n":                  "line 1: this is no recording",
		`{"quireRecording":2}`:            "line 1: version 2; this program reads version 1",
		firstLine + "{}\n":                "line 2: such a line can't stand here",
		firstLine + "{\"x\":1}\n":         `line 2: this is no recording: json: unknown field "x"`,
		firstLine + `{"reply":{}}` + "\n": "line 2: such a line can't stand here",
		firstLine + `{"prompt":{}}` + "\n" + `{"chunk":{}}` + "\n":              "line 3: such a line can't stand here",
		firstLine + `{"request":{}}` + "\n" + `{"message":{}}` + "\n":           "line 3: such a line can't stand here",
		firstLine + `{"request":{}}` + "\n" + `{"end":"sometime"}` + "\n":       "line 3: such a line can't stand here",
		firstLine + `{"prompt":{"marks":[{"ttl":"x"}]}}` + "\n":                 `line 2: time: invalid duration "x"`,
		firstLine + `{"prompt":{}}` + "\n" + `{"message":{"parts":[7]}}` + "\n": "line 3: quire: parts: ",
		firstLine + `{"prompt":{}}` + "\n" + `{"delta":{"toolCall":[]}}` + "\n": "line 3: toolCall is not a list of one call",
		firstLine + `{"prompt":{}} {"reply":{}}` + "\n":                         "line 2: this is no recording: more than one value",
	} {
		for _, mode := range []Mode{Replay, Record, ReplayOrRecord} {
			require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
			_, err := Open(path, &Options{Mode: mode})
			var fe *formatError
			require.ErrorAs(t, err, &fe, text)
			assert.ErrorContains(t, err, want, text)
			left, err := os.ReadFile(path)
			require.NoError(t, err)
			assert.Equal(t, text, string(left))
		}
	}
	_, err := Open(filepath.Join(t.TempDir(), "none"), nil)
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestFileOfAModel(t *testing.T) {
	at := time.Date(2026, 11, 28, 12, 0, 0, 0, time.FixedZone("x", 3600))
	rec := recordOf(t, &Options{Mode: Record, Now: func() time.Time { return at }})
	p := hello()
	p.Tools = []quire.Tool{{Name: "ls", Schema: []byte(`{"type": "object"}`)}}
	p.Marks = []quire.CacheMark{{After: 1, TTL: time.Hour}}
	_, err := drain(rec.Model(answers{reply: &quire.Reply{Model: "m-1", Parts: []quire.Part{quire.Text{Text: "<hi>"}}, Usage: quire.Usage{Input: 3, Output: 1}}}), p)
	require.NoError(t, err)
	_, err = rec.Model(answers{err: &providers.Error{Provider: "p", Code: providers.CodeRateLimited, Status: 429, RetryAfter: 7 * time.Second}}).Generate(bg, p)
	require.Error(t, err)
	assert.Equal(t, `{"quireRecording":1}
{"prompt":{"at":"2026-11-28T11:00:00Z","model":"m","system":"You are Ada.","marks":[{"after":1,"ttl":"1h0m0s"}]}}
{"tool":{"name":"ls","json":{"type": "object"}}}
{"message":{"role":"user","parts":[{"kind":"text","text":"Hello"}],"seq":1}}
{"delta":{"text":"provi"}}
{"delta":{"text":"sional","reasoning":"hm"}}
{"delta":{"reply":{"model":"m-1","parts":[{"kind":"text","text":"<hi>"}],"usage":{"input":3,"output":1}}}}
{"end":"whole"}
{"prompt":{"at":"2026-11-28T11:00:00Z","model":"m","system":"You are Ada.","marks":[{"after":1,"ttl":"1h0m0s"}]}}
{"tool":{"name":"ls","json":{"type": "object"}}}
{"message":{"role":"user","parts":[{"kind":"text","text":"Hello"}],"seq":1}}
{"error":{"provider":"p","code":"rate-limited","status":429,"retryAfter":"7s"}}
`, rec.text(t))
}

// TestModes: what is in the file, what is sent, and what the file holds afterwards.
func TestModes(t *testing.T) {
	rec := sample(t)
	require.NoError(t, rec.Close())
	before := rec.text(t)

	both, err := Open(rec.path, &Options{Mode: ReplayOrRecord})
	require.NoError(t, err)
	live := scripted.New(scripted.Text("three"))
	m := both.Model(live)
	known, err := m.Generate(bg, hello())
	require.NoError(t, err)
	assert.Equal(t, []quire.Part{quire.Text{Text: "one"}}, known.Parts)
	assert.Empty(t, live.Prompts())
	once, err := m.Generate(bg, hello())
	require.NoError(t, err)
	assert.Equal(t, []quire.Part{quire.Text{Text: "three"}}, once.Parts)
	assert.Len(t, live.Prompts(), 1)
	assert.Equal(t, []Exchange{{5, "prompt for m, 1 messages"}, {8, "POST /b"}}, both.Unused())
	require.NoError(t, both.Close())
	assert.Greater(t, len(rec.text(t)), len(before))
	assert.True(t, strings.HasPrefix(rec.text(t), before))

	anew, err := Open(rec.path, &Options{Mode: Record})
	require.NoError(t, err)
	assert.Empty(t, anew.Unused())
	assert.Equal(t, firstLine, rec.text(t))
	_, err = anew.Model(nil).Generate(bg, hello())
	assert.ErrorContains(t, err, "there is no model to ask")
	require.NoError(t, anew.Close())
	_, err = anew.Model(live).Generate(bg, hello())
	require.ErrorIs(t, err, os.ErrClosed)
	assert.Len(t, live.Prompts(), 1, "nothing is sent that can't be kept")
}

// TestFailingDisk: once an exchange could not be kept nothing more is sent.
func TestFailingDisk(t *testing.T) {
	rec := recordOf(t, nil)
	live := scripted.New(scripted.Text("one"), scripted.Text("two"))
	require.NoError(t, rec.file.Close())
	r, err := rec.Model(live).Generate(bg, hello())
	require.NoError(t, err, "the answer was paid for")
	assert.Equal(t, []quire.Part{quire.Text{Text: "one"}}, r.Parts)
	_, err = rec.Model(live).Generate(bg, hello())
	require.ErrorIs(t, err, os.ErrClosed)
	_, _, err = do(t, rec.Transport(nil), post(t, "http://a/b", ""))
	require.ErrorIs(t, err, os.ErrClosed)
	assert.Len(t, live.Prompts(), 1)
	require.Error(t, rec.Close())
}
