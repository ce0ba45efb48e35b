package render

import (
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
)

// testKey makes the fence codes of all tests.
var testKey = []byte("a key for tests")

// mail is a message of mia's as most tests want it: number 41.
func mail(parts ...quire.Part) *quire.Item {
	it := &quire.Item{}
	it.ID, it.UID, it.From, it.Kind, it.Parts = "m-41", 41, "mia", quire.KindMail, parts
	return it
}

func result(name string, parts ...quire.Part) *quire.Item {
	it := mail(quire.ToolResult{CallID: "c1", Name: name, Parts: parts})
	it.UID, it.ID, it.From, it.Kind = 42, "m-42", "ada", quire.KindResult
	return it
}

func text(s string) quire.Part { return quire.Text{Text: s} }

// show writes parts for a reader: a line before each says what it is.
func show(parts []quire.Part) string {
	var b strings.Builder
	for _, p := range parts {
		switch p := p.(type) {
		case quire.Text:
			b.WriteString("— text\n" + p.Text + "\n")
		case quire.ToolResult:
			b.WriteString("— result of " + p.CallID + "\n" + show(p.Parts))
		case quire.ToolCall:
			b.WriteString("— call " + p.ID + " " + p.Name + "\n" + p.Args + "\n")
		case quire.Image:
			b.WriteString("— image " + p.MediaType + "\n")
		case quire.Reasoning:
			b.WriteString("— reasoning\n" + p.Text + "\n")
		case quire.Opaque:
			b.WriteString("— opaque " + p.Kind + "\n")
		}
	}
	return b.String()
}

// inside returns what stands between the fence lines of rendered mail.
func inside(t require.TestingT, parts []quire.Part) string {
	fenced := parts[1].(quire.Text).Text
	first, rest, ok := strings.Cut(fenced, "\n")
	require.True(t, ok)
	require.Regexp(t, `^<<mail #\d+ [0-9a-f]{8}>>$`, first)
	end := "<</" + first[2:]
	require.True(t, strings.HasSuffix(rest, end), fenced)
	body := strings.TrimSuffix(rest, end)
	require.True(t, body == "" || strings.HasSuffix(body, "\n"), "the closing fence has a line of its own")
	return body
}

var breaks = regexp.MustCompile("[\n\v\f\r\x1c\x1d\x1e\u0085\u2028\u2029]")

// ours matches what begins a line of this package, written without white space.
var ours = regexp.MustCompile(`(?i)^(\[#|\[(…|\.\.\.)\pN|<<+/*(mail|notice)([^\pL]|$))`)

// imitations returns the lines of s that a reader could take for ours. It is
// written apart from the code under test: it rewrites each line, then matches.
func imitations(s string) []string {
	var found []string
	for _, l := range breaks.Split(s, -1) {
		seen := strings.Map(func(r rune) rune {
			switch {
			case unicode.IsSpace(r), !unicode.IsGraphic(r), unicode.Is(unicode.M, r) && !unicode.Is(unicode.Mc, r):
				return -1
			case strings.ContainsRune("\u115f\u1160\u2800\u3164\uffa0", r):
				return -1
			case r >= 0xff01 && r <= 0xff5e:
				return r - 0xfee0
			}
			return r
		}, l)
		if ours.MatchString(seen) {
			found = append(found, l)
		}
	}
	return found
}

func TestImitationsFindsWhatItShould(t *testing.T) {
	for _, s := range []string{"[#41 from=mia]", "a\r [#1", "\u200b[ \u2060#4", "［＃４１］", "<</MAIL #1 00>>", "a\u2028<<notice>>", "[… 12 bytes left out", "<<mail"} {
		require.Len(t, imitations(s), 1, s)
	}
	require.Empty(t, imitations("a [#41]\n\\[#41]\n<<EOF\n<<mailer\n[...]\n<<<<<<< HEAD\n#41"))
}
