package resident

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/policy"
)

func genSpan() *rapid.Generator[Span] {
	return rapid.Custom(func(t *rapid.T) Span {
		s := func(name string) string {
			return rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "mia", "ada", "0a1b2c3d4e5f"})).Draw(t, name)
		}
		n := func(name string) int { return rapid.Int().Draw(t, name) }
		u := func(name string) uint64 { return rapid.Uint64().Draw(t, name) }
		sp := Span{Message: quire.MessageID(rapid.OneOf(rapid.String(), rapid.StringMatching(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)).Draw(t, "message")),
			UID: quire.UID(u("uid")), Class: policy.ClassRecent, Digest: quire.DigestOf([]byte(s("digest"))),
			Kind: quire.Kind(s("kind")), From: quire.Address(s("from")), Role: quire.RoleUser, Tokens: n("tokens"), Entered: u("entered"), LastUse: u("last")}
		if rapid.Bool().Draw(t, "short") {
			sp.Digest = Short(sp.Digest)
		}
		if rapid.Bool().Draw(t, "seldom") {
			sp.Says, sp.Pinned = rapid.Bool().Draw(t, "says"), rapid.Bool().Draw(t, "pinned")
			sp.Tool, sp.Call, sp.Key, sp.Mark = s("tool"), s("call"), s("key"), policy.Mark(s("mark"))
			sp.Form, sp.Keep, sp.Stub = Form(rapid.Byte().Draw(t, "form")), n("keep"), n("stub")
			sp.Turn, sp.Refaults, sp.Priority = u("turn"), n("refaults"), n("priority")
			sp.Uses, sp.Names, sp.Rent = n("uses"), n("names"), rapid.Float64().Draw(t, "rent")
			sp.Until = time.Unix(rapid.Int64Range(0, 1<<37).Draw(t, "until"), rapid.Int64Range(0, 999_999_999).Draw(t, "ns")).UTC()
			for range rapid.IntRange(0, 3).Draw(t, "shows") {
				sp.Shows = append(sp.Shows, quire.UID(u("shown")))
			}
		}
		return sp
	})
}

// genEntries makes entries with at least so many spans, or else a tombstone.
func genEntries(spans int) *rapid.Generator[[]Entry] {
	return rapid.Custom(func(t *rapid.T) (list []Entry) {
		for range rapid.IntRange(0, 4).Draw(t, "entries") {
			e := Entry{Seq: rapid.Uint64().Draw(t, "seq"), Open: rapid.Bool().Draw(t, "open"), Render: rapid.Int().Draw(t, "render")}
			for range rapid.IntRange(spans, 3).Draw(t, "spans") {
				e.Spans = append(e.Spans, genSpan().Draw(t, "span"))
			}
			for range rapid.IntRange(0, 3).Draw(t, "calls") {
				e.CallIDs = append(e.CallIDs, rapid.String().Draw(t, "id"))
			}
			if rapid.Bool().Draw(t, "stone") || len(e.Spans) == 0 {
				e.Tombstone = &Tombstone{First: 1, Last: quire.UID(rapid.Uint64().Draw(t, "last")), Messages: rapid.Int().Draw(t, "n"), Tokens: -1}
			}
			list = append(list, e)
		}
		return list
	})
}

func TestASetComesBackAsItWas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		set := Set{Through: quire.UID(rapid.Uint64().Draw(t, "through")), Head: genEntries(1).Draw(t, "head"), Log: genEntries(0).Draw(t, "log")}
		b := Append([]byte("before"), &set)
		require.Equal(t, b, Append([]byte("before"), &set), "the same bytes each time")
		got, err := Decode(b[len("before"):])
		require.NoError(t, err)
		require.Equal(t, set, got)
		for n := range len(b) - len("before") {
			_, err := Decode(b[len("before") : len("before")+n])
			require.Error(t, err, "cut off after %d bytes", n)
		}
	})
}

func TestASetInJSONIsRead(t *testing.T) {
	digest := quire.DigestOf([]byte("x"))
	set, err := DecodeJSON([]byte(`{"rev":3,"through":41,"seen":"e:7","new":[1],"head":[{"seq":1,"spans":[{"message":"h","uid":1,"kind":"note","role":"user","class":"pinned","tokens":3,"digest":"` + digest.String() + `","entered":0,"lastUse":0}]}],` +
		`"log":[{"seq":2,"tombstone":{"first":2,"last":9,"messages":4,"tokens":12}},{"seq":3,"open":true,"callIDs":["c1"],"render":1,"spans":[{"message":"m2","uid":10,"kind":"result","role":"tool","from":"ada","class":"pulled",` +
		`"shows":[4],"tool":"t","call":"c1","key":"k","form":1,"keep":100,"mark":"stale","tokens":5,"stub":2,"digest":"` + digest.String() + `","entered":1,"lastUse":2,"turn":3,"refaults":4,"rent":0.1,"priority":-1,"until":"1970-01-01T00:00:01.000000005Z"}]}]}`))
	require.NoError(t, err)
	assert.Equal(t, Set{Through: 41,
		Head: []Entry{{Seq: 1, Spans: []Span{{Message: "h", UID: 1, Kind: quire.KindNote, Role: quire.RoleUser, Class: policy.ClassPinned, Tokens: 3, Digest: digest}}}},
		Log: []Entry{{Seq: 2, Tombstone: &Tombstone{First: 2, Last: 9, Messages: 4, Tokens: 12}},
			{Seq: 3, Open: true, CallIDs: []string{"c1"}, Render: 1, Spans: []Span{{Message: "m2", UID: 10, Kind: quire.KindResult, Role: quire.RoleTool, From: "ada", Class: policy.ClassPulled,
				Shows: []quire.UID{4}, Tool: "t", Call: "c1", Key: "k", Form: FormExcerpt, Keep: 100, Mark: policy.MarkStale, Tokens: 5, Stub: 2, Digest: Short(digest), Entered: 1, LastUse: 2,
				Turn: 3, Refaults: 4, Rent: 0.1, Priority: -1, Until: time.Unix(1, 5).UTC()}}}}}, set)
	_, err = DecodeJSON([]byte("["))
	assert.Error(t, err)
}

// What holds nothing is damage, in either form, and not an entry that the composer trips
// over later.
func TestAnEntryThatHoldsNothingIsDamage(t *testing.T) {
	whole := Entry{Seq: 1, Spans: []Span{{Message: "m"}}}
	for name, s := range map[string]Set{
		"in the log":              {Log: []Entry{whole, {Seq: 2}}},
		"in the head":             {Head: []Entry{{Seq: 2}}, Log: []Entry{whole}},
		"a tombstone in the head": {Head: []Entry{{Seq: 2, Tombstone: &Tombstone{First: 1, Last: 1}}}},
	} {
		_, err := Decode(Append(nil, &s))
		assert.Error(t, err, name)
		b, err := json.Marshal(s)
		require.NoError(t, err)
		_, err = DecodeJSON(b)
		assert.Error(t, err, "JSON, "+name)
	}
	_, err := Decode(Append(nil, &Set{Head: []Entry{whole}, Log: []Entry{{Seq: 2, Tombstone: &Tombstone{First: 1, Last: 1}}}}))
	assert.NoError(t, err)
}

// fiveHundred is a set as agents have it: turns with the results of their calls, and mail.
func fiveHundred() *Set {
	set := &Set{Through: 900}
	id := func(n int) quire.MessageID {
		return quire.MessageID(fmt.Sprintf("0198c0de-%04x-7%03x-8%03x-%012x", n, n*7%4096, n*13%4096, n*2654435761))
	}
	for i := range 500 {
		sp := Span{Message: id(i), UID: quire.UID(2*i + 1), Kind: quire.KindMail, Role: quire.RoleUser, From: "mia", Class: policy.ClassRecent, Tokens: 120 + i%300,
			Digest: Short(quire.DigestOf([]byte{byte(i), byte(i >> 8)})), Entered: uint64(i / 2), LastUse: uint64(i/2 + i%3), Turn: uint64(i / 9), Names: i % 20, Uses: i % 3}
		if i%2 == 1 {
			sp.Kind, sp.Role, sp.From, sp.Says = quire.KindTurn, quire.RoleAssistant, "ada", true
		}
		set.Log = append(set.Log, Entry{Seq: uint64(i + 1), Render: 1, Spans: []Span{sp}})
	}
	return set
}

func TestAnEntryTakesFortyBytesAtMost(t *testing.T) {
	assert.LessOrEqual(t, len(Append(nil, fiveHundred())), 500*40)
}

func FuzzDecode(f *testing.F) {
	f.Add(Append(nil, &Set{}))
	small := fiveHundred()
	small.Log = small.Log[:4]
	small.Log[1].CallIDs, small.Log[2].Tombstone = []string{"c"}, &Tombstone{First: 1, Last: 4}
	f.Add(Append(nil, small))
	// It says that there are ids of calls, and has none.
	f.Add([]byte("\x010\x00\x04A0\x87\x80!!0000000000000000\xf0000000000\x00\x040000\x00\x040000\x00\x03000\x00\x06000000B0\x01\x00\x010\x971\x0500000000000\xf2000000000\x00\x040000\x00\t000000000\x00\x0300000\x02\x020A00 000000000000000\xf400000000000B0\x00\x97B\x0500000000000\xf6000000000\x06\a\b00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		set, err := Decode(b)
		if err != nil {
			return
		}
		again, err := Decode(Append(nil, &set))
		if err != nil {
			t.Fatal(err)
		}
		assert.Equal(t, set, again)
	})
}

// BenchmarkSet writes and reads a set of 500 entries; JSON is what was before.
func BenchmarkSet(b *testing.B) {
	set := fiveHundred()
	binary := Append(nil, set)
	text, err := json.Marshal(set)
	require.NoError(b, err)
	for name, run := range map[string]func() error{
		"encode":      func() error { Append(nil, set); return nil },
		"decode":      func() error { _, err := Decode(binary); return err },
		"decode-json": func() error { _, err := DecodeJSON(text); return err },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.ReportMetric(float64(len(binary)), "bytes")
			for b.Loop() {
				if err := run(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
