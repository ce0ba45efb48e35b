package promptcheck

import (
	"bytes"
	"encoding/base64"
	"fmt"
	stdimage "image"
	"slices"
	"strings"

	"github.com/quire-dev/quire"
)

// pictures are what providers take of one picture: types, bytes of its base64, and
// pixels a side; 0 for what is not known.
type pictures struct {
	api           quire.API
	types         string
	encoded, side int
}

// pictureFigures are of the pages on vision of each vendor, read 2026-11-28, and for
// Ollama of what its server (v0.17.4) decodes.
func pictureFigures() []pictures {
	const web = "image/jpeg image/png image/gif image/webp"
	return []pictures{
		{quire.APIAnthropic, web, 5 << 20, 8000},
		{quire.APIOpenAIChat, web, 20 << 20, 0},
		{quire.APIOpenAIResponses, web, 20 << 20, 0},
		{quire.APIGemini, "image/png image/jpeg image/webp image/heic image/heif", 7 << 20 * 4 / 3, 0},
		{quire.APIOllama, "image/png image/jpeg image/webp", 0, 0},
	}
}

func pictured() []quire.API {
	var apis []quire.API
	for _, p := range pictureFigures() {
		apis = append(apis, p.api)
	}
	return apis
}

func checkPictures(r *request) []finding {
	figures := pictureFigures()
	limits := figures[slices.IndexFunc(figures, func(p pictures) bool { return p.api == r.api })]
	var out []finding
	r.blocks(func(_ *message, b *block) {
		if b.kind != image || b.data == "" && b.media == "" {
			return // by URL
		}
		if what := limits.wrong(b); what != "" {
			out = append(out, finding{b.path, what})
		}
	})
	return out
}

// wrong says what is wrong with a picture; "" for nothing.
func (p pictures) wrong(b *block) string {
	raw, err := base64.StdEncoding.DecodeString(b.data)
	if err != nil {
		return "its data is no base64"
	}
	typ := pictureType(raw)
	switch {
	case typ == "" || !slices.Contains(strings.Fields(p.types), typ):
		return fmt.Sprintf("its bytes are no picture of %s", p.types)
	case b.media != "" && b.media != typ:
		return fmt.Sprintf("it says %s, its bytes say %s", b.media, typ)
	case p.encoded > 0 && len(b.data) > p.encoded:
		return fmt.Sprintf("%d bytes of base64", len(b.data))
	}
	c, _, err := stdimage.DecodeConfig(bytes.NewReader(raw))
	if err == nil && p.side > 0 && max(c.Width, c.Height) > p.side {
		return fmt.Sprintf("%dx%d pixels", c.Width, c.Height)
	}
	return ""
}

// pictureType tells a type by the first bytes.
func pictureType(b []byte) string {
	for _, m := range []struct{ start, typ string }{
		{"\x89PNG\r\n\x1a\n", "image/png"}, {"\xff\xd8\xff", "image/jpeg"}, {"GIF8", "image/gif"},
		{"RIFF????WEBP", "image/webp"}, {"????ftyphe", "image/heic"}, {"????ftypmif1", "image/heif"}, {"????ftypmsf1", "image/heif"},
	} {
		if len(b) >= len(m.start) && matches(b, m.start) {
			return m.typ
		}
	}
	return ""
}

func matches(b []byte, pattern string) bool {
	for i, c := range []byte(pattern) {
		if c != '?' && b[i] != c {
			return false
		}
	}
	return true
}
