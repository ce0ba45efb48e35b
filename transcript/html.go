package transcript

import (
	"html"
	"strings"
)

// plainHTML returns the readable text of a page: without tags, scripts and
// styles, with a line for each block. It reads what it can of anything, in one
// pass.
func plainHTML(s string) string {
	var b strings.Builder
	for s != "" {
		i := strings.IndexByte(s, '<')
		if i < 0 {
			b.WriteString(s)
			break
		}
		b.WriteString(s[:i])
		s = s[i:]
		if rest, ok := strings.CutPrefix(s, "<!--"); ok {
			_, s, _ = strings.Cut(rest, "-->")
			continue
		}
		tag, rest, ok := strings.Cut(s[1:], ">")
		if !ok {
			break
		}
		s = rest
		name := strings.ToLower(strings.TrimLeft(tag, "/"))
		if j := strings.IndexAny(name, " \t\r\n/"); j >= 0 {
			name = name[:j]
		}
		switch name {
		case "script", "style", "head", "title":
			if tag[0] != '/' {
				s = afterTag(s, "</"+name)
			}
		case "br", "p", "div", "tr", "li", "h1", "h2", "h3", "h4", "table", "ul", "ol", "blockquote", "pre":
			b.WriteByte('\n')
		case "td", "th":
			b.WriteByte(' ')
		}
	}
	return tidyLines(html.UnescapeString(b.String()))
}

// afterTag returns what follows the tag that begins with end, or nothing.
func afterTag(s, end string) string {
	for i := 0; i+len(end) <= len(s); i++ {
		if s[i] == '<' && strings.EqualFold(s[i:i+len(end)], end) {
			_, rest, _ := strings.Cut(s[i:], ">")
			return rest
		}
	}
	return ""
}

// tidyLines joins white space inside lines and drops empty lines.
func tidyLines(s string) string {
	var lines []string
	for l := range strings.SplitSeq(s, "\n") {
		if f := strings.Join(strings.Fields(l), " "); f != "" {
			lines = append(lines, f)
		}
	}
	return strings.Join(lines, "\n")
}
