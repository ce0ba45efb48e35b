package trace

import "github.com/quire-dev/quire/internal/names"

// name fills in what each answer names. answers[t] is the item that call t was
// answered with; -1 when the record does not have it.
func (l *Life) name(answers []int) {
	holders := map[string][]int32{}
	system := map[string]bool{}
	for n := range names.In(l.System) {
		system[n] = true
	}
	read := 0
	for t := range l.Calls {
		for ; read < l.Calls[t].Upto; read++ {
			for n := range names.In(names.Written(l.Items[read].Parts)) {
				holders[n] = append(holders[n], int32(read))
			}
		}
		if answers[t] < 0 {
			continue
		}
		for n := range names.In(names.Written(l.Items[answers[t]].Parts)) {
			if in := holders[n]; len(in) > 0 || system[n] {
				l.Calls[t].Named = append(l.Calls[t].Named, Name{n, system[n], in[:len(in):len(in)]})
			}
		}
	}
}
