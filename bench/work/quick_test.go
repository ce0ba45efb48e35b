package work

import (
	"fmt"
	"os"
	"testing"
	"time"
)

func TestQuick(t *testing.T) {
	fam := os.Getenv("FAM")
	for _, s := range Families() {
		if fam != "" && s.Name != fam {
			continue
		}
		jobs := 0
		fmt.Sscan(os.Getenv("JOBS"), &jobs)
		budget := Unlimited
		fmt.Sscan(os.Getenv("BUDGET"), &budget)
		c := Cell{Spec: s, Strategy: Strategies()[0], Setting: Setting{Budget: budget, API: "openai-chat"}, Seed: 1, Jobs: jobs}
		start := time.Now()
		r, err := c.Run(t.Context())
		t.Logf("%s %v %.1fs %+v", s.Name, err, time.Since(start).Seconds(), r)
	}
}

func TestTrace(t *testing.T) {
	fam := os.Getenv("FAM")
	for _, s := range Families() {
		if s.Name != fam {
			continue
		}
		s = s.filled()
		budget, life, jobs := Unlimited, 0, 3
		fmt.Sscan(os.Getenv("BUDGET"), &budget)
		fmt.Sscan(os.Getenv("LIFE"), &life)
		fmt.Sscan(os.Getenv("JOBS"), &jobs)
		l := weave(&s, 1, life, jobs)
		from := 0
		fmt.Sscan(os.Getenv("FROM"), &from)
		n := 0
		out, err := Strategies()[0].live(t.Context(), l, &Setting{Budget: budget, API: "openai-chat", Careful: os.Getenv("CAREFUL") != "", Recall: os.Getenv("RECALL") != ""}, func(b []byte, a Act) {
			n++
			if n < from || n > from+60 {
				return
			}
			k := 1500
			fmt.Sscan(os.Getenv("TAIL"), &k)
			if len(a.Calls) > 0 || os.Getenv("ALL") != "" {
				fmt.Printf("#%d %d bytes … %s\n", n, len(b), b[max(0, len(b)-k):])
				fmt.Printf("   => %s %v %s\n\n", a.Text, a.Calls, a.Slipped)
			}
		})
		t.Log(err, l.Jobs, out.Answers)
	}
}
