package codec

import (
	"github.com/quire-dev/quire"
	"strings"
	"testing"
)

// benchParts is a turn as agents have them: some text, calls, a long result.
func benchParts() []quire.Part {
	return []quire.Part{
		quire.Reasoning{Model: "m", Text: strings.Repeat("so ", 200), Signature: strings.Repeat("A", 300)},
		quire.Text{Text: strings.Repeat("I read the file \"a.go\".\n", 20)},
		quire.ToolCall{ID: "call_1", Name: "read_file", Args: `{"path":"internal/jsontext/scan.go","from":10}`},
		quire.ToolResult{CallID: "call_1", Name: "read_file", Parts: []quire.Part{quire.Text{Text: strings.Repeat("\tif err != nil {\n\t\treturn err\n\t}\n", 500)}}},
	}
}

func BenchmarkEncodeParts(b *testing.B) {
	parts := benchParts()
	data, err := EncodeParts(parts)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := EncodeParts(parts); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeParts(b *testing.B) {
	data, err := EncodeParts(benchParts())
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := DecodeParts(data); err != nil {
			b.Fatal(err)
		}
	}
}
