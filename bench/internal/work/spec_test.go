package work

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestReadSpecs(t *testing.T) {
	list, err := ReadSpecs(strings.NewReader(`[{"name":"a","facts":2},{"name":"b","given":1,"things":["depth"],"names":["North"]}]`))
	require.NoError(t, err)
	assert.Len(t, list, 2)
	for _, s := range []string{`{}`, `{"name":"a"}`, `{"name":"a","facts":-1}`, `{"name":"a","facts":1,"values":[1,2]}`, `{"name":"a","facts":1,"rule":"x"}`, `[`} {
		_, err := ReadSpecs(strings.NewReader(s))
		assert.ErrorIs(t, err, errSpec, s)
	}
}

func TestFamiliesMakeSense(t *testing.T) {
	for _, s := range Families() {
		f := s.filled()
		assert.NoError(t, f.valid())
		assert.NotEmpty(t, f.About, f.Name)
	}
}

// TestAThirdSharesNoWord: and no fact is told after its job, nor any word twice.
func TestAThirdSharesNoWord(t *testing.T) {
	s := family(t, "old-fact").filled()
	unworded, all := 0, 0
	for i := range 20 {
		l := weave(&s, 1, i, 10)
		var seen strings.Builder
		for _, e := range l.Events {
			for _, m := range e.Mail {
				if j := readJob(m.Body); j != nil && m.From == owner {
					all++
					assert.Regexp(t, `(?i)the (`+j.needs[0].thing+`|`+mirror(j.needs[0].thing)+`) is \d+`, seen.String())
					if !strings.Contains(strings.ToLower(seen.String()), "the "+j.needs[0].thing+" is ") {
						unworded++
						assert.NotEmpty(t, j.needs[0].from)
					}
				}
				seen.WriteString(m.Body + "\n")
			}
		}
	}
	assert.Equal(t, 200, all)
	assert.InDelta(t, all/3, unworded, 20)
}

func TestCommand(t *testing.T) {
	world := filepath.Join(t.TempDir(), "world.json")
	require.NoError(t, os.WriteFile(world, []byte(`{"name":"mine","facts":1,"before":[2,4],"between":2,"jobs":4}`), 0o600))
	var out, errs bytes.Buffer
	o, err := Parse([]string{"-world", world, "-budget", "3000", "-recall", "both", "-json"}, &errs)
	require.NoError(t, err, errs.String())
	ok, err := Run(t.Context(), o, &out, &errs)
	require.NoError(t, err)
	assert.True(t, ok)
	assert.Empty(t, errs.String(), "progress is for terminals")
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	require.Len(t, lines, 2)
	var row map[string]any
	require.NoError(t, json.Unmarshal([]byte(lines[0]), &row))
	for _, key := range strings.Fields("family budget strategy tools recall jobs right wrong unknown limited steps_ratio tokens_ratio price") {
		assert.Contains(t, row, key)
	}
	assert.Len(t, row, 13)
	out.Reset()
	o, err = Parse([]string{"-world", world, "-smallest", "-strategy", "quire,slide", "-json"}, &errs)
	require.NoError(t, err, errs.String())
	o.Jobs = 2
	_, err = Run(t.Context(), o, &out, &errs)
	require.NoError(t, err)
	assert.Regexp(t, `^\{"family":"mine","strategy":"quire","tools":true,"recall":false,"jobs":2,"right":2,"fixed":\d+,"room":\d+,"of_best":[\d.]+\}\n\{"family":"mine","strategy":"slide"`, out.String())
	for _, bad := range [][]string{{"-family", "x"}, {"-budget", "x"}, {"-strategy", "x"}, {"-recall", "x"}, {"-api", "x"}, {"more"}, {"-world", "/none"}, {"-jobs", "-1"}, {"-budget", "0%"}, {"-budget", "101%"}, {"-strategy", "quire@20"}} {
		_, err := Parse(bad, &errs)
		assert.ErrorIs(t, err, errFlags, bad)
	}
}
