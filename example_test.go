package quire_test

import (
	"fmt"
	"strings"

	"github.com/quire-dev/quire"
)

// A part of a kind that this version does not know survives the way through it
// byte for byte.
func ExampleDecodeParts() {
	parts, err := quire.DecodeParts([]byte(`[{"kind":"text","text":"see this"}, {"kind":"hologram",  "depth":3.0}]`))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%T %T\n", parts[0], parts[1])
	b, err := quire.EncodeParts(parts)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s\n", b)
	// Output:
	// quire.Text quire.Opaque
	// [{"kind":"text","text":"see this"},{"kind":"hologram",  "depth":3.0}]
}

// A long text leaves its message; what stays tells what it is.
func ExampleDetach() {
	log := strings.Repeat("building…\n", 10_000) + "FAIL: 1 error\n"
	inline, blobs := quire.Detach([]quire.Part{quire.Text{Text: log}})
	b := inline[0].(quire.Blob)
	fmt.Println(b.Size, len(b.Head), len(b.Tail), strings.HasSuffix(b.Tail, "1 error\n"))

	chunks := quire.SplitChunks(blobs[0].Data)
	again, err := quire.JoinChunks(b.Digest, chunks)
	fmt.Println(len(chunks), again == log, err)

	_, err = quire.JoinChunks(b.Digest, chunks[:0])
	fmt.Println(err)
	// Output:
	// 120014 2048 1023 true
	// 1 true <nil>
	// quire: content e41eead09b0f is corrupt: 0 bytes with digest e3b0c44298fc
}

// Big integers stay what they are.
func ExampleCanonicalJSON() {
	b, err := quire.CanonicalJSON([]byte(`{ "n": 12345678901234567890, "a": "\u00e9" }`))
	fmt.Printf("%s %v\n", b, err)
	_, err = quire.CanonicalJSON([]byte(`{"a":1,"a":2}`))
	fmt.Println(err)
	// Output:
	// {"a":"é","n":12345678901234567890} <nil>
	// quire: canonical JSON: at byte 13: a name stands twice in one object
}
