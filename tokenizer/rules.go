package tokenizer

import "github.com/quire-dev/quire"

// Rules say what a part counts whose tokens are not those of a text. They are
// data: each provider's are in its [Framing].
type Rules struct {
	Image ImageRule
	// RefBytes is how many bytes of a range count as one token when only a
	// [quire.Ref] to it is there. A Ref without an end counts 0: its size is
	// not known, so count what it shows instead.
	RefBytes int
}

// ImageRule says what an image counts. It is scaled down, never up, to fit
// MaxSide and then until its shorter side is ShortSide; it then counts Base,
// PerTile for each begun square of Tile pixels a side, and one for each begun
// PixelsPerToken pixels; at most Max. Zero fields take no part.
type ImageRule struct {
	Base, PerTile, Tile, PixelsPerToken int
	MaxSide, ShortSide                  int
	Max                                 int
	Unknown                             int // tokens when the size in pixels is not known
}

// defaultRules are those of [CountParts]: an upper estimate over the providers, for
// sums that have no [Framing] yet.
func defaultRules() Rules {
	return Rules{Image: ImageRule{PixelsPerToken: 750, MaxSide: 1568, Max: 1600, Unknown: 1600}, RefBytes: 3}
}

// Tokens returns what an image of that size in pixels counts.
func (r ImageRule) Tokens(width, height int) int {
	if width <= 0 || height <= 0 {
		return r.Unknown
	}
	if long := max(width, height); r.MaxSide > 0 && long > r.MaxSide {
		width, height = scale(width, r.MaxSide, long), scale(height, r.MaxSide, long)
	}
	if short := min(width, height); r.ShortSide > 0 && short > r.ShortSide {
		width, height = scale(width, r.ShortSide, short), scale(height, r.ShortSide, short)
	}
	n := r.Base
	if r.Tile > 0 {
		n += r.PerTile * ceil(width, r.Tile) * ceil(height, r.Tile)
	}
	if r.PixelsPerToken > 0 {
		n += ceil(width*height, r.PixelsPerToken)
	}
	if r.Max > 0 {
		n = min(n, r.Max)
	}
	return n
}

// scale returns x·num/den, rounded up, at least 1.
func scale(x, num, den int) int {
	return int(max(1, (int64(x)*int64(num)+int64(den)-1)/int64(den)))
}

func ceil(a, b int) int { return (a + b - 1) / b }

// CountParts returns the tokens of the parts' content by c: texts; a call's name and
// arguments; what is in a result; a blob's head and tail; all that a Reasoning or an
// Opaque part carries, as text. Pictures count by an upper estimate over the providers;
// a [Framing] has the rules of one.
func CountParts(c Counter, parts []quire.Part) int { return countParts(c, defaultRules(), parts) }

func countParts(c Counter, r Rules, parts []quire.Part) int {
	n := 0
	for _, p := range parts {
		switch p := p.(type) {
		case quire.Text:
			n += c.CountText(p.Text)
		case quire.ToolCall:
			n += c.CountText(p.Name) + c.CountText(p.Args)
		case quire.ToolResult:
			n += countParts(c, r, p.Parts)
		case quire.Image:
			n += r.Image.Tokens(p.Width, p.Height)
		case quire.Blob:
			n += c.CountText(p.Head) + c.CountText(p.Tail)
		case quire.Ref:
			if r.RefBytes > 0 && p.To > p.From {
				n += ceil(int(p.To-p.From), r.RefBytes)
			}
		case quire.Reasoning:
			n += c.CountText(p.Text) + c.CountText(p.Signature) + c.CountText(p.Data)
		case quire.Opaque:
			n += countBytes(c, p.Raw)
		}
	}
	return n
}

// countBytes spares the copy where c can count bytes.
func countBytes(c Counter, b []byte) int {
	if c, ok := c.(interface{ countBytes([]byte) int }); ok {
		return c.countBytes(b)
	}
	return c.CountText(string(b))
}
