package compose

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/resident"
)

// What is counted on from call to call is what would be counted anew, whatever comes,
// leaves, becomes a stub or comes back, and whatever a quote showed where something else
// came then.
func TestWhatIsLatestDoesNotDependOnTheMemo(t *testing.T) {
	counted, onward := 0, 0
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 4))
		items := map[quire.MessageID]quire.Item{}
		body := func(id quire.MessageID) (quire.Item, bool) { it, ok := items[id]; return it, ok }
		var st State
		seq := uint64(0)
		last := quire.UID(0)
		put := func(uid quire.UID, id quire.MessageID) {
			if _, ok := items[id]; !ok {
				words := []string{uid.String()}
				for range r.IntN(6) {
					words = append(words, fmt.Sprintf("pkg/file_%d.go", r.IntN(12)), fmt.Sprintf("#%d", r.IntN(12)))
				}
				items[id] = quire.Item{Message: quire.Message{Draft: quire.Draft{ID: id, Parts: []quire.Part{quire.Text{Text: strings.Join(words, " ")}}}}, Delivery: quire.Delivery{UID: uid}}
			}
			seq++
			role := []quire.Role{quire.RoleUser, quire.RoleAssistant}[int(uid)%2]
			st.set.Log = append(st.set.Log, resident.Entry{Seq: seq, Spans: []resident.Span{{UID: uid, Message: id, Role: role, Form: resident.FormWhole}}})
		}
		enter := func(uid quire.UID) { last = max(last, uid); put(uid, quire.MessageID(uid.String())) }
		memo := &Scratch{}
		memo.begin("m")
		for call := range 40 {
			if r.IntN(4) == 0 {
				before, at := st, seq
				st.set.Log = slices.Clip(st.set.Log)
				put(last+1, quire.MessageID(fmt.Sprintf("quote %d of call %d", last+1, call)))
				(&work{st: st, memo: memo, in: &Input{Body: body}}).rankNames()
				st, seq = before, at
			}
			for range r.IntN(3) {
				enter(last + 1)
			}
			if n := len(st.set.Log); n > 0 && r.IntN(4) == 0 {
				i := r.IntN(n)
				switch sp := &st.set.Log[i].Spans[0]; r.IntN(3) {
				case 0:
					uid := sp.UID
					st.set.Log = append(st.set.Log[:i:i], st.set.Log[i+1:]...)
					if r.IntN(2) == 0 {
						enter(uid)
					}
				case 1:
					sp.Form = resident.FormStub
				default:
					enter(sp.UID) // it stands twice
				}
			}
			fresh := &Scratch{}
			fresh.begin("m")
			warm, cold := &work{st: st, memo: memo, in: &Input{Body: body}}, &work{st: st, memo: fresh, in: &Input{Body: body}}
			u := &warm.memo.uses
			tops := u.tops != nil
			warm.indexResident()
			if tops && u.tops != nil {
				onward++
			}
			warm.rankNames()
			cold.rankNames()
			for _, h := range cold.stands() {
				require.Equal(t, cold.memo.uses.latest[h.uid], warm.memo.uses.latest[h.uid], "seed %d, call %d, %s: %v, %v", seed, call, h.uid, maps.Clone(u.latest), fresh.uses.latest)
				counted += cold.memo.uses.latest[h.uid]
			}
		}
	}
	assert.Greater(t, counted, 1000)
	assert.Greater(t, onward, 500, "most calls are counted on")
}
