package mailbox

import (
	"math"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox/driver"
	"github.com/quire-dev/quire/mailbox/internal/words"
	"github.com/quire-dev/quire/tokenizer"
)

// bodySize is the bytes of content in parts, names included. Blobs count in full, or
// with what they show when nobody has seen yet whether they say the truth.
func bodySize(parts []quire.Part, full bool) int64 {
	var n int64
	for _, p := range parts {
		switch p := p.(type) {
		case quire.Text:
			n = plus(n, int64(len(p.Text)+len(p.Phase)))
		case quire.ToolCall:
			n = plus(n, int64(len(p.ID)+len(p.Name)+len(p.Args)+len(p.Signature)))
		case quire.ToolResult:
			n = plus(n, plus(int64(len(p.CallID)+len(p.Name)), bodySize(p.Parts, full)))
		case quire.Image:
			n = plus(n, int64(len(p.MediaType)+len(p.Data)+len(p.URL)))
		case quire.Blob:
			shown := int64(len(p.Head) + len(p.Tail))
			if full {
				shown = max(p.Size, 0)
			}
			n = plus(n, plus(int64(len(p.MediaType)), shown))
		case quire.Ref:
			n = plus(n, int64(len(p.Message)))
		case quire.Reasoning:
			n = plus(n, int64(len(p.Model)+len(p.Asked)+len(p.ID)+len(p.Text)+len(p.Signature)+len(p.Data)))
		case quire.Opaque:
			n = plus(n, int64(len(p.Kind)+len(p.Raw)))
		}
	}
	return n
}

// plus adds sizes, and stays at the largest when the sum would be larger.
func plus(a, b int64) int64 {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}

// measure estimates the tokens of a draft's body, and makes its snippet and what it is
// found by.
func measure(d *quire.Draft) (tokens int, snippet string, found driver.Words) {
	body := quire.PlainText(d.Parts)
	return tokenizer.CountParts(tokenizer.Approx{}, d.Parts), words.Line(body, snippetBytes), words.Of(d.Subject, body)
}

// sizeOf is what a message counts in a quota.
func sizeOf(m *driver.Message) int64 { return plus(m.Bytes, int64(len(m.Head))) }

// blobsOf lists the digests of blobs in parts, each once.
func blobsOf(parts []quire.Part, list []quire.Digest) []quire.Digest {
	for _, p := range parts {
		switch p := p.(type) {
		case quire.Blob:
			found := false
			for _, d := range list {
				found = found || d == p.Digest
			}
			if !found {
				list = append(list, p.Digest)
			}
		case quire.ToolResult:
			list = blobsOf(p.Parts, list)
		}
	}
	return list
}
