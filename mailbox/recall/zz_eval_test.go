package recall_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/memstore"
	"github.com/quire-dev/quire/mailbox/recall"
	"github.com/quire-dev/quire/tokenizer/tiktoken"
)

func TestZZEval(t *testing.T) {
	mode := os.Getenv("EVAL")
	if mode == "" {
		t.Skip()
	}
	count := func(s string) int { return tiktoken.O200k().CountText(s) }
	ev := regexp.MustCompile(`D\d+:\d+`)
	dir := "/work/shared/data/"
	for _, set := range []struct {
		name, path string
		fit        int
		budgets    []int
	}{{"locomo", "locomo/locomo10.json", 3, []int{1000, 2000, 4000, 8000}}, {"beam", "beam100k/beam100k.json.gz", 6, []int{1000, 2000, 4000, 8000, 16000, 32000}}, {"memdaily", "memdaily/zh-dev.json.gz", 2, []int{1000, 2000, 4000, 8000}}} {
		if only := os.Getenv("ONLY"); only != "" && only != set.name {
			continue
		}
		b, _ := os.ReadFile(dir + set.path)
		if b[0] == 0x1f {
			z, _ := gzip.NewReader(bytes.NewReader(b))
			b, _ = io.ReadAll(z)
		}
		var raw []struct {
			QA []struct {
				Question string
				Evidence []string
				Category int
			}
			Conversation map[string]json.RawMessage
		}
		if err := json.Unmarshal(b, &raw); err != nil {
			t.Fatal(err)
		}
		hits, n := make([]int, len(set.budgets)), 0
		var took time.Duration
		for i, r := range raw {
			if (mode == "fit") != (i < set.fit) {
				continue
			}
			store := memstore.New(nil)
			at := map[string]int{}
			k := 0
			last := time.Date(1999, 12, 31, 12, 0, 0, 0, time.UTC)
			prev := ""
			for s := 1; s <= len(r.Conversation); s++ {
				rt, ok := r.Conversation[fmt.Sprintf("session_%d", s)]
				if !ok {
					continue
				}
				var turns []struct {
					Speaker string
					ID      string `json:"dia_id"`
					Text    string
					Caption string `json:"blip_caption"`
				}
				json.Unmarshal(rt, &turns)
				var ds string
				json.Unmarshal(r.Conversation[fmt.Sprintf("session_%d_date_time", s)], &ds)
				begun, err := time.Parse("3:04 pm on 2 January, 2006", ds)
				if err != nil {
					begun = last.AddDate(0, 0, 1)
				}
				last = begun
				prev = ""
				for x, tn := range turns {
					if tn.Caption != "" {
						tn.Text = strings.TrimSpace(tn.Text + " [shares image: " + tn.Caption + "]")
					}
					at[tn.ID] = k
					k++
					d := quire.Draft{ID: quire.MessageID(tn.ID), To: []quire.Address{"memory"}, Kind: quire.KindMail, Parts: []quire.Part{quire.Text{Text: tn.Text}}, InReplyTo: quire.MessageID(prev)}
					prev = tn.ID
					from := quire.Address(strings.ToLower(strings.Join(strings.Fields(tn.Speaker), "-")))
					if _, err := store.Commit(t.Context(), mailbox.Commit{Address: from, Sends: []quire.Draft{d}, Now: begun.Add(time.Duration(x) * time.Second)}); err != nil {
						t.Fatal(err)
					}
				}
			}
			rec := &recall.Recaller{Store: store, Address: "memory", Count: count}
		qa:
			for _, qa := range r.QA {
				var e []int
				for _, s := range qa.Evidence {
					for _, id := range ev.FindAllString(s, -1) {
						x, ok := at[id]
						if !ok {
							continue qa
						}
						e = append(e, x)
					}
				}
				if len(e) == 0 || qa.Category == 5 {
					continue
				}
				n++
				for bi, b := range set.budgets {
					begun := time.Now()
					f, err := rec.Recall(t.Context(), recall.Query{Text: qa.Question, Budget: b - 60})
					if err != nil {
						t.Fatal(err)
					}
					if b == 4000 {
						took += time.Since(begun)
					}
					all := true
					for _, x := range e {
						all = all && slices.Contains(f.UIDs, quire.UID(x+1))
					}
					if all {
						hits[bi]++
					}
				}
			}
			store.Close()
		}
		fmt.Printf("%-9s %s %4d", set.name, mode, n)
		for i, b := range set.budgets {
			fmt.Printf("  %dk %.1f", b/1000, 100*float64(hits[i])/float64(n))
		}
		fmt.Printf("  %.2f ms at 4k\n", float64(took.Microseconds())/1000/float64(n))
	}
}
