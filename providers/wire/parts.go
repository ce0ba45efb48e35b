package wire

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/quire-dev/quire"
)

// Empty stands where a message or a result has nothing left to say: providers
// refuse empty content.
const Empty = "(empty)"

// continued stands as the user's message where a format wants one before an
// assistant's, because what began the conversation is no longer in the prompt, or
// behind it, because the model takes no prompt that ends on its own words.
const continued = "(the conversation goes on)"

// seen stands as the assistant's message where a strict template wants one
// between tool results and a user's message.
const seen = "(seen)"

// blank says whether providers take s for empty text.
func blank(s string) bool { return strings.TrimSpace(s) == "" }

// partText returns the readable form of a part that has one. ok is false for
// empty text and for what is not content.
func partText(api quire.API, part quire.Part) (text string, ok bool) {
	switch p := part.(type) {
	case quire.Text:
		return p.Text, !blank(p.Text)
	case quire.Image:
		return imageNote(p), true
	case quire.Blob:
		return blobText(p), true
	case quire.Ref:
		return fmt.Sprintf("[%s: not shown]", refName(p)), true
	case quire.Opaque:
		if isBeside(p) {
			return "", false
		}
		return fmt.Sprintf("[%s: not shown]", note(p.Kind, "content of an unknown kind")), true
	case nil, quire.Reasoning, quire.ToolCall, quire.ToolResult:
		return "", false
	}
	return fmt.Sprintf("[%T: not shown]", part), true
}

func kindOf(part quire.Part) string {
	return strings.TrimPrefix(fmt.Sprintf("%T", part), "quire.")
}

func note(s, otherwise string) string {
	if blank(s) {
		return otherwise
	}
	return strings.ToValidUTF8(strings.Join(strings.Fields(s), " "), "\uFFFD")
}

func refName(r quire.Ref) string {
	if r.UID != 0 {
		return r.UID.String()
	}
	return note(string(r.Message), "a message")
}

func imageNote(p quire.Image) string { return "[" + imageName(p) + ": not shown]" }

func imageName(p quire.Image) string {
	s := note(p.MediaType, "image")
	if p.Width > 0 && p.Height > 0 {
		s += fmt.Sprintf(", %dx%d", p.Width, p.Height)
	}
	if len(p.Data) > 0 {
		s += fmt.Sprintf(", %d bytes", len(p.Data))
	}
	return s
}

func blobText(p quire.Blob) string {
	left := p.Size - int64(len(p.Head)) - int64(len(p.Tail))
	if left <= 0 {
		return p.Head + p.Tail + map[bool]string{true: Empty}[blank(p.Head+p.Tail)]
	}
	gap := fmt.Sprintf("[… %d bytes not shown …]", left)
	return strings.Trim(p.Head+"\n"+gap+"\n"+p.Tail, "\n")
}

// texts returns the readable forms of parts; never none, and none empty.
func texts(api quire.API, parts []quire.Part) []string {
	var out []string
	for _, part := range parts {
		if t, ok := partText(api, part); ok {
			out = append(out, t)
		}
	}
	if len(out) == 0 {
		out = []string{Empty}
	}
	return out
}

// safeArgs returns the arguments of a call as a JSON object.
func safeArgs(args string) []byte {
	switch {
	case isObject(args):
		return mended([]byte(args))
	case blank(args):
		return []byte("{}")
	}
	return new(object).str("_raw", args).done()
}

// safeName returns a name that every provider takes for a tool: itself, or with
// what is not a letter, digit, _ or - replaced, cut to 64.
func safeName(name string) string {
	b := []byte(name)
	for i, c := range b {
		if !isWord(c) {
			b[i] = '_'
		}
	}
	if len(b) == 0 {
		return "_"
	}
	return string(b[:min(len(b), 64)])
}

// toolName is safeName for a result, which need not say its tool.
func toolName(name string) string {
	if name == "" {
		return ""
	}
	return safeName(name)
}

// safeID returns a call id that every provider takes: itself, or a digest.
func safeID(id string) string {
	ok := len(id) <= 64
	for i := 0; ok && i < len(id); i++ {
		ok = isWord(id[i])
	}
	if ok {
		return id
	}
	sum := sha256.Sum256([]byte(id))
	return "call_" + hex.EncodeToString(sum[:12])
}

func isWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-'
}

// imageURL returns where an image can be read: its URL or its data as one.
func imageURL(p quire.Image) (url string, ok bool) {
	if p.URL != "" {
		return p.URL, true
	}
	if len(p.Data) == 0 || p.MediaType == "" {
		return "", false
	}
	return "data:" + p.MediaType + ";base64," + base64.StdEncoding.EncodeToString(p.Data), true
}

// opaqueField holds a provider's own block inside an Opaque part.
const opaqueField = "block"

// carry wraps a block that only this provider understands.
func carry(api quire.API, typ string, raw []byte) quire.Opaque {
	kind := string(api) + "/" + note(typ, "unknown")
	return quire.Opaque{
		Kind: kind,
		Raw:  new(object).str("kind", kind).raw(opaqueField, raw).done(),
	}
}

// carried returns the block that carry wrapped, if it is one of this API.
func carried(api quire.API, o quire.Opaque) (raw []byte, ok bool) {
	if isBeside(o) {
		return nil, false
	}
	return ownBlock(api, o)
}

func ownBlock(api quire.API, o quire.Opaque) (raw []byte, ok bool) {
	if !strings.HasPrefix(o.Kind, string(api)+"/") {
		return nil, false
	}
	var in struct {
		Block json.RawMessage `json:"block"`
	}
	if json.Unmarshal(o.Raw, &in) != nil || !isObject([]byte(in.Block)) {
		return nil, false
	}
	return mended(in.Block), true
}
