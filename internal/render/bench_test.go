package render_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/render"
	"github.com/quire-dev/quire/internal/resident"
)

func BenchmarkMail(b *testing.B) {
	prose := "A line of prose, as mail has it; with [brackets] and a < b here and there.\n"
	for _, body := range []struct {
		name, line string
	}{{"prose", prose}, {"cjk", "漢字かな交じりの文「引用」である。\n"}, {"lookalikes", "[#41 from=mia]\n"}} {
		for _, size := range []int{1 << 10, 100 << 10} {
			it := &quire.Item{}
			it.ID, it.UID, it.From, it.Subject = "01890a5d-ac96-774b-bcce-b302099a8057", 41, "mia@example.org", "About the build"
			it.Parts = []quire.Part{quire.Text{Text: strings.Repeat(body.line, size/len(body.line)+1)[:size]}}
			for _, keep := range []int{0, 600} {
				b.Run(fmt.Sprintf("%s/%dkB/keep=%d", body.name, size>>10, keep), func(b *testing.B) {
					r := render.New([]byte("the key of this store"), nil)
					b.SetBytes(int64(size))
					b.ReportAllocs()
					for b.Loop() {
						r.Mail(it, 250, keep)
					}
				})
			}
		}
	}
}

func BenchmarkTurnExcerpt(b *testing.B) {
	it := &quire.Item{}
	it.UID = 43
	it.Parts = []quire.Part{quire.ToolCall{Name: "write", Args: `{"path":"a.go","text":"` + strings.Repeat(`a line\n`, 14<<10) + `"}`}}
	sp := &resident.Span{Form: resident.FormExcerpt, Keep: 2000}
	b.SetBytes(100 << 10)
	b.ReportAllocs()
	for b.Loop() {
		render.Turn(it, nil, "", sp)
	}
}
