package emulate_test

import (
	"fmt"
	"time"

	"github.com/quire-dev/quire/internal/emulate"
	"github.com/quire-dev/quire/models"
)

// Two calls of an agent, the second with one more message, each with a mark at
// the end of its messages.
func Example() {
	p, _ := models.Find("claude-opus-5")
	cache := emulate.New(emulate.For(p.Cache))
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	system := emulate.Segment{Level: emulate.LevelSystem, Bytes: []byte("You are ada."), Tokens: 3000}
	hello := emulate.Segment{Level: emulate.LevelMessages, Kind: emulate.KindUser, Bytes: []byte("Hello"), Tokens: 50}
	more := emulate.Segment{Level: emulate.LevelMessages, Kind: emulate.KindUser, Bytes: []byte("And?"), Tokens: 40, Mark: true}

	first := hello
	first.Mark = true
	for _, r := range []*emulate.Request{
		{At: now, Segments: []emulate.Segment{system, first}},
		{At: now.Add(time.Minute), Segments: []emulate.Segment{system, hello, more}},
		{At: now.Add(time.Hour), Segments: []emulate.Segment{system, hello, more}},
	} {
		out, err := cache.Send(r)
		fmt.Println(out.Bill, err)
	}
	// Output:
	// input 3050: read 0, write 3050, uncached 0; cost 3812.5 <nil>
	// input 3090: read 3050, write 40, uncached 0; cost 355.0 <nil>
	// input 3090: read 0, write 3090, uncached 0; cost 3862.5 <nil>
}
