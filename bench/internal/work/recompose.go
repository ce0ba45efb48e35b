package work

import (
	"cmp"
	"slices"
	"strings"

	"github.com/quire-dev/quire"
)

// recompose makes each prompt anew: the turn that goes on, then the mail that shares
// most words with the turn's, then what is newest. Nothing that left is forgotten, and
// no cache can be read.
func recompose(_, _ int) window { return remake }

func remake(o *one, room int) {
	all := append(o.gone, o.groups...)
	slices.SortFunc(all, func(a, b group) int { return a.seq - b.seq })
	start := 0
	for i := range all {
		if m := &all[i].msgs[0]; m.Role == quire.RoleAssistant && len(all[i].msgs) == 1 {
			start = i + 1
		}
	}
	asked := map[string]bool{}
	for i := max(start-1, 0); i < len(all); i++ { // the last answer shows where the turn begins
		room -= all[i].tokens
		if i < start {
			continue
		}
		for _, w := range longWords(all[i].text()) {
			asked[w] = true
		}
	}
	order := make([]int, start)
	score := make([]int, start)
	for i := range order {
		order[i] = i
		for _, w := range longWords(all[i].text()) {
			if asked[w] {
				score[i]++
			}
		}
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(cmp.Compare(score[b], score[a]), cmp.Compare(b, a)) })
	kept := make([]bool, start)
	for _, i := range order {
		if i < start-1 && all[i].head != "" && all[i].tokens <= room {
			room -= all[i].tokens
			kept[i] = true
		}
	}
	o.gone, o.groups = nil, nil
	for i := range all {
		switch {
		case i >= start-1 || kept[i]:
			o.groups = append(o.groups, all[i])
		case all[i].head != "":
			o.gone = append(o.gone, all[i])
		}
	}
}

// text is that of a mail; "" for other groups.
func (g *group) text() string {
	if g.head == "" {
		return ""
	}
	return strings.ToLower(quire.PlainText(g.msgs[0].Parts))
}

// longWords lists the words of a text that are no small ones, each once.
func longWords(text string) []string {
	words := strings.FieldsFunc(text, func(r rune) bool { return r < 'a' || r > 'z' })
	words = slices.DeleteFunc(words, func(w string) bool { return len(w) < 5 || strings.Contains(common, " "+w+" ") })
	slices.Sort(words)
	return slices.Compact(words)
}

// common are words that everybody uses.
const common = " which answer there about needs after before please nobody minds looked other moved inside stayed rained nothing helps issue again "
