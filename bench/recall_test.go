package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire/internal/raced"
)

type recallRow struct {
	File     string  `json:"file"`
	Sample   string  `json:"sample"`
	Category string  `json:"category"`
	Budget   int     `json:"budget"`
	K        int     `json:"k"`
	Method   string  `json:"method"`
	All      float64 `json:"all"`
	Mean     float64 `json:"mean"`
	N        int     `json:"n"`
}

// conversation is a file in the shape of LoCoMo, made here: what the first session
// says is asked for after 400 turns about nothing.
func conversation(t *testing.T) string {
	t.Helper()
	talk := []string{`{"speaker":"Mia","dia_id":"D1:1","text":"Which colour did we paint the boat?"}`,
		`{"speaker":"Ben","dia_id":"D1:2","text":"Green, of course.","blip_caption":"a boat"}`}
	for i := range 400 {
		talk = append(talk, fmt.Sprintf(`{"speaker":"Mia","dia_id":"D1:%d","text":"Soup number %d was as good as all the other soups that we had this week."}`, i+3, i))
	}
	file := filepath.Join(t.TempDir(), "made.json")
	require.NoError(t, os.WriteFile(file, []byte(`[{"conversation":{"speaker_a":"Mia","speaker_b":"Ben","session_1_date_time":"1:56 pm on 8 May, 2023","session_1":[`+
		strings.Join(talk, ",")+`]},"qa":[
		{"question":"What colour is the painted boat?","evidence":["D1:1; D1:2"],"category":1},
		{"question":"Is it red?","evidence":["D1:2"],"category":5},
		{"question":"Nothing?","evidence":[],"category":2},
		{"question":"Not there?","evidence":["D9:9"],"category":2}]}]`), 0o600))
	return file
}

func TestRecallOnAMadeConversation(t *testing.T) {
	list := rows[recallRow](t, "recall", "-data", conversation(t))
	find := func(sample, category, method string, budget, k int) recallRow {
		for _, r := range list {
			if r.Sample == sample && r.Category == category && r.Method == method && r.Budget == budget && r.K == k {
				return r
			}
		}
		t.Fatalf("no row %s %s %s %d %d", sample, category, method, budget, k)
		return recallRow{}
	}
	want := recallRow{"made.json", "*", "no-adversarial", 1000, 0, "quire", 100, 100, 1}
	assert.Equal(t, want, find("*", "no-adversarial", "quire", 1000, 0))
	assert.Equal(t, 2, find("1", "*", "quire", 0, 5).N, "questions whose evidence does not exist are left out")
	assert.Zero(t, find("*", "no-adversarial", "newest", 1000, 0).Mean)
	assert.InDelta(t, 100, find("*", "no-adversarial", "newest", 32_000, 0).All, 0)
	for _, r := range list {
		assert.NotEqual(t, "held-out", r.Sample)
	}
}

// packed compresses a file, and changes its text first.
func packed(t *testing.T, file string, change func(string) string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	require.NoError(t, err)
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	_, err = z.Write([]byte(change(string(b))))
	require.NoError(t, err)
	require.NoError(t, z.Close())
	name := filepath.Join(t.TempDir(), "made.json") // what it is called says nothing
	require.NoError(t, os.WriteFile(name, out.Bytes(), 0o600))
	return name
}

// TestRecallReadsWhatIsPackedOrHasNoDates: the same figures, in whichever way the same
// conversation was written down.
func TestRecallReadsWhatIsPackedOrHasNoDates(t *testing.T) {
	raced.Skip(t)
	plain := conversation(t)
	want := rows[recallRow](t, "recall", "-data", plain)
	const dated = `"session_1_date_time":"1:56 pm on 8 May, 2023",`
	for name, change := range map[string]string{"packed": dated, "no date": "", "an empty date": `"session_1_date_time":"",`, "null": `"session_1_date_time":null,`} {
		file := packed(t, plain, func(s string) string {
			require.Contains(t, s, dated)
			return strings.Replace(s, dated, change, 1)
		})
		assert.Equal(t, want, rows[recallRow](t, "recall", "-data", file), name)
	}
	var errs bytes.Buffer
	odd := packed(t, plain, func(s string) string { return strings.Replace(s, dated, `"session_1_date_time":"yesterday",`, 1) })
	assert.Equal(t, 1, run(t.Context(), []string{"recall", "-data", odd}, nil, &errs))
	assert.Contains(t, errs.String(), "conversation 1: date of session 1")
	require.NoError(t, os.WriteFile(odd, []byte{0x1f, 0x8b, 8, 0}, 0o600))
	assert.Equal(t, 1, run(t.Context(), []string{"recall", "-data", odd}, nil, &errs))
	assert.Contains(t, errs.String(), odd+": unexpected EOF")
}

func TestRecallOfAFileThatIsNone(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.json")
	require.NoError(t, os.WriteFile(file, []byte(`{}`), 0o600))
	var errs bytes.Buffer
	assert.Equal(t, 1, run(t.Context(), []string{"recall", "-data", file}, nil, &errs))
	assert.Contains(t, errs.String(), "not in the shape of LoCoMo")
	assert.Equal(t, 2, run(t.Context(), []string{"recall"}, nil, &errs))
}
