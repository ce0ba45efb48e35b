package quire

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func genSpan() *rapid.Generator[Span] {
	return rapid.Custom(func(t *rapid.T) Span {
		s := func(name string) string { return genText().Draw(t, name) }
		n := func(name string) int { return rapid.Int().Draw(t, name) }
		u := func(name string) uint64 { return rapid.Uint64().Draw(t, name) }
		sp := Span{
			Message: MessageID(s("message")), UID: UID(u("uid")), Class: ClassRecent, Digest: genDigest().Draw(t, "digest"),
			Kind: rapid.SampledFrom([]Kind{KindMail, KindTurn, "with \"quotes\"", ""}).Draw(t, "kind"),
			From: rapid.SampledFrom([]Address{"mia", "ada", "", "mi"}).Draw(t, "from"), Role: RoleUser, Tokens: n("tokens"),
			Entered: u("entered"), LastUse: u("last"),
		}
		if rapid.Bool().Draw(t, "seldom") {
			sp.Says, sp.Pinned = rapid.Bool().Draw(t, "says"), rapid.Bool().Draw(t, "pinned")
			sp.Tool, sp.Call, sp.Key, sp.Mark = s("tool"), s("call"), s("key"), Mark(s("mark"))
			sp.Form, sp.Keep, sp.Stub = Form(rapid.Byte().Draw(t, "form")), n("keep"), n("stub")
			sp.Turn, sp.Refaults, sp.Priority = u("turn"), n("refaults"), n("priority")
			sp.Uses, sp.Names = n("uses"), n("names")
			sp.Rent = rapid.Float64().Draw(t, "rent")
			sp.Until = time.Unix(rapid.Int64Range(0, 1<<37).Draw(t, "until"), rapid.Int64Range(0, 999_999_999).Draw(t, "ns")).UTC()
			for range rapid.IntRange(0, 3).Draw(t, "shows") {
				sp.Shows = append(sp.Shows, UID(u("shown")))
			}
		}
		return sp
	})
}

func genEntries() *rapid.Generator[[]Entry] {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Entry {
		e := Entry{Seq: rapid.Uint64().Draw(t, "seq"), Open: rapid.Bool().Draw(t, "open"), Render: rapid.Int().Draw(t, "render")}
		e.Spans = rapid.SliceOfN(genSpan(), 0, 3).Draw(t, "spans")
		if rapid.Bool().Draw(t, "calls") {
			e.CallIDs = rapid.SliceOfN(genText(), 0, 3).Draw(t, "ids")
		}
		if rapid.Bool().Draw(t, "stone") {
			e.Tombstone = &Tombstone{First: 1, Last: UID(rapid.Uint64().Draw(t, "last")), Messages: rapid.Int().Draw(t, "n"), Tokens: -1}
		}
		return e
	}), 0, 4)
}

// TestWorkingSetsAsEncodingJSONHasThem: what we write encoding/json reads, and the other
// way round, to the same value.
func TestWorkingSetsAsEncodingJSONHasThem(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		set := WorkingSet{Rev: rapid.Uint64().Draw(t, "rev"), Through: UID(rapid.Uint64().Draw(t, "through")), Seen: State(genText().Draw(t, "seen"))}
		set.Log = genEntries().Draw(t, "log")
		if rapid.Bool().Draw(t, "head") {
			set.Head = genEntries().Draw(t, "entries")
		}
		ours, err := EncodeWorkingSet(&set)
		require.NoError(t, err)
		theirs, err := json.Marshal(set)
		require.NoError(t, err)
		var read WorkingSet
		require.NoError(t, json.Unmarshal(ours, &read))
		require.Equal(t, set, read)
		for _, b := range [][]byte{ours, theirs} {
			got, err := DecodeWorkingSet(b)
			require.NoError(t, err, string(b))
			require.Equal(t, set, got)
		}
	})
}

// TestWorkingSetsHaveNoOtherField: who adds one has to encode it.
func TestWorkingSetsHaveNoOtherField(t *testing.T) {
	for typ, want := range map[reflect.Type]int{
		reflect.TypeFor[WorkingSet](): 5, reflect.TypeFor[Entry](): 6, reflect.TypeFor[Tombstone](): 4, reflect.TypeFor[Span](): 27,
	} {
		require.Equal(t, want, typ.NumField(), "%s has another field: encode and decode it, and draw it in the test above", typ)
	}
}

func TestWorkingSetsThatCantBe(t *testing.T) {
	for _, s := range []Span{{Rent: math.NaN()}, {Rent: math.Inf(1)}, {Until: time.Date(12000, 1, 1, 0, 0, 0, 0, time.UTC)}} {
		_, err := EncodeWorkingSet(&WorkingSet{Log: []Entry{{Spans: []Span{s}}}})
		var de *DecodeError
		require.ErrorAs(t, err, &de)
	}
	for _, b := range []string{
		"", "null", "[]", `{"rev":-1}`, `{"rev":"1"}`, `{"seen":1}`, `{"log":{}}`, `{"log":[{"spans":[{"uid":1.5}]}]}`, `{"log":[{"spans":[{"form":256}]}]}`,
		`{"log":[{"spans":[{"digest":"ab"}]}]}`, `{"log":[{"spans":[{"until":"soon"}]}]}`, `{"log":[{"spans":[{"says":1}]}]}`, `{"rev":1}x`, `{"log":[{"spans":[{"rent":"1"}]}]}`,
	} {
		_, err := DecodeWorkingSet([]byte(b))
		var de *DecodeError
		require.ErrorAs(t, err, &de, b)
	}
	set, err := DecodeWorkingSet([]byte(`{"later":{"x":[1]},"rev":null,"log":[{"seq":2,"color":"red","spans":[{"uid":3,"kind":null}]}]}`))
	require.NoError(t, err)
	assert.Equal(t, WorkingSet{Log: []Entry{{Seq: 2, Spans: []Span{{UID: 3}}}}}, set)
}

// FuzzWorkingSet: what is read is read as encoding/json reads it.
func FuzzWorkingSet(f *testing.F) {
	f.Add([]byte(`{"rev":1,"through":2,"seen":"a:1","log":[{"seq":1,"spans":[{"message":"m","uid":1,"kind":"mail","role":"user","from":"mia","tokens":5,"rent":1.5}]}]}`))
	f.Add([]byte(`{"log":[{"tombstone":{"first":1},"callIDs":["a"]}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := DecodeWorkingSet(b)
		if err != nil || strings.ContainsAny(string(b), "nN\\") { // null, names in capitals, escaped names: theirs to guess
			return
		}
		var want WorkingSet
		if json.Unmarshal(b, &want) != nil {
			return
		}
		again, err := EncodeWorkingSet(&got)
		require.NoError(t, err)
		back, err := DecodeWorkingSet(again)
		require.NoError(t, err)
		require.Equal(t, got, back)
	})
}

func benchSet() *WorkingSet {
	set := &WorkingSet{Rev: 7, Seen: "e:12"}
	for i := range 500 {
		from, kind, role := Address("mia"), KindMail, RoleUser
		if i%2 == 1 {
			from, kind, role = "ada", KindTurn, RoleAssistant
		}
		set.Log = append(set.Log, Entry{Seq: uint64(i), Render: 1, Spans: []Span{{
			Message: MessageID("01890000-0000-7000-8000-000000000001"), UID: UID(i + 1), Kind: kind, Role: role, From: from, Class: ClassRecent,
			Tokens: 128, Digest: DigestOf([]byte{byte(i)}), Entered: uint64(i), LastUse: uint64(i), Turn: uint64(i),
		}}})
	}
	return set
}

func BenchmarkWorkingSet(b *testing.B) {
	set := benchSet()
	text, err := EncodeWorkingSet(set)
	require.NoError(b, err)
	b.Run("encode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, _ = EncodeWorkingSet(set)
		}
	})
	b.Run("decode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, _ = DecodeWorkingSet(text)
		}
	})
	b.Run("encode, encoding/json", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, _ = json.Marshal(set)
		}
	})
	b.Run("decode, encoding/json", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var set WorkingSet
			_ = json.Unmarshal(text, &set)
		}
	})
}
