package compose_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/providers/promptcheck"
	"github.com/quire-dev/quire/providers/wire"
)

var update = flag.Bool("update", false, "write what the scenarios in testdata give now")

// TestScenarios plays testdata/*.txtar. Each file tells, in prose, what it
// shows; then comes a script of what happens to one agent (see script.run for
// its words), and what each of its calls would send.
func TestScenarios(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			b, err := os.ReadFile(file)
			require.NoError(t, err)
			prose, rest, ok := strings.Cut(string(b), "-- script --\n")
			require.True(t, ok, "no script")
			words, want, _ := strings.Cut(rest, "-- want --\n")
			s := newScript(t)
			for i, line := range strings.Split(strings.TrimSpace(words), "\n") {
				if err := s.run(line); err != nil {
					t.Fatalf("%s: script line %d: %s: %v", file, i+1, line, err)
				}
			}
			got := s.out.String()
			if *update {
				require.NoError(t, os.WriteFile(file, []byte(prose+"-- script --\n"+words+"-- want --\n"+got), 0o600))
				return
			}
			require.Equal(t, want, got, "run with -update if this is right")
		})
	}
}

// call composes and shows what would be sent; with how "fails", the provider
// then fails.
func (s *script) call(how string) error {
	in := s.in
	in.State, in.Now = s.state, s.now
	in.Arrived, in.Offered = s.arrived, s.offered
	in.Body, in.Scratch = s.body, &s.memo
	s.calls++
	fmt.Fprintf(&s.out, "> call %s\n", how)
	plan, err := s.composer().Plan(in)
	if plan != nil {
		s.show(plan)
	}
	if err != nil {
		fmt.Fprintf(&s.out, "error: %v\n\n", err)
		return nil // what arrived waits for the next call
	}
	if how == "fails" {
		s.state = plan.Failed("", 0)
		return nil
	}
	body, err := wire.Encode(in.Model.Dialect.API, &plan.Prompt, nil)
	require.NoError(s.t, err)
	require.Empty(s.t, promptcheck.Check(in.Model.Dialect.API, body))
	s.state, s.last = plan.Next, plan
	s.arrived, s.offered = nil, nil
	return nil
}

// show writes the plan's lines and the prompt, of which what the call before
// sent too is only counted. "~~~" is where a cache mark stands.
func (s *script) show(plan *compose.Plan) {
	if _, err := plan.WriteTo(&s.out); err != nil {
		s.t.Fatal(err)
	}
	p := &plan.Prompt
	same := 0
	if s.last != nil && s.last.Next.Stable() == plan.Next.Stable() {
		for same < len(s.last.Prompt.Messages) && same < len(p.Messages) && reflect.DeepEqual(s.last.Prompt.Messages[same], p.Messages[same]) {
			same++
		}
	}
	marked := map[int]bool{}
	for _, m := range p.Marks {
		marked[m.After] = true
	}
	var b strings.Builder
	b.WriteString("prompt:\n")
	if same > 0 {
		fmt.Fprintf(&b, "(%d messages as before)\n", same)
	}
	for i := range p.Messages {
		if i >= same {
			writeMessage(&b, &p.Messages[i])
		}
		if marked[i+1] && i+1 >= same {
			b.WriteString("~~~\n")
		}
	}
	if p.Notice != "" {
		b.WriteString("notice:\n  " + strings.ReplaceAll(p.Notice, "\n", "\n  ") + "\n")
	}
	s.out.WriteString(shortened(b.String()) + "\n")
}

var manyWords = regexp.MustCompile(`(word ){4,}(word)?`)

// shortened counts the words that a script made.
func shortened(s string) string {
	return manyWords.ReplaceAllStringFunc(s, func(m string) string {
		return fmt.Sprintf("{%d words}", strings.Count(m, "word"))
	})
}
