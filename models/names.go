package models

import (
	"strings"
)

// gateways are words before a dot that say where a model is served, not which it is.
const gateways = " us eu apac global au jp ca us-gov anthropic amazon meta mistral cohere deepseek qwen openai moonshotai moonshot minimax zai writer google nvidia "

// split takes a name apart: the engine that runs the model, when a path before the name
// says so, and the model's own name, without what gateways put around it.
func (c *Catalogue) split(name string) (engine, model string) {
	name = strings.ToLower(strings.TrimSpace(name))
	path, rest, cut := strings.Cut(name, "/")
	if v, ok := c.paths[path]; ok {
		if !cut {
			return v, v
		}
		return v, rest
	}
	return "", canonical(name)
}

// canonical is a model's own name in lower case: without path, region, version of a
// gateway, date and "-latest". Anthropic's names have dashes where some gateways have
// dots.
func canonical(name string) string {
	own, tuned := dated(name)
	return undated(own) + tuned
}

// dated is canonical with its date; tuned is "-tuned" for a model that somebody trained on.
func dated(name string) (own, tuned string) {
	if base, ok := strings.CutPrefix(name[strings.LastIndexByte(name, '/')+1:], "ft:"); ok { // OpenAI: "ft:gpt-4o-2024-08-06:who::id", with other prices
		name, _, _ = strings.Cut(base, ":")
		tuned = "-tuned"
	}
	name = name[strings.LastIndexByte(name, '/')+1:]
	name, _, _ = strings.Cut(name, "[") // "claude-opus-5[1m]"
	name, _, _ = strings.Cut(name, "@") // Vertex: "@20260205", "@default"
	for {
		word, rest, ok := strings.Cut(name, ".")
		if !ok || !strings.Contains(gateways, " "+word+" ") {
			break
		}
		name = rest
	}
	if i := strings.Index(name, "claude-"); i > 0 {
		name = name[i:]
	}
	name, _, _ = strings.Cut(name, ":") // "-v1:0", ":free", a size
	name = withoutVersion(name)
	if strings.HasPrefix(name, "claude-") {
		name = strings.ReplaceAll(name, ".", "-")
	}
	return strings.TrimSuffix(name, "-latest"), tuned
}

// withoutVersion cuts Bedrock's "-v1".
func withoutVersion(name string) string {
	i := strings.LastIndex(name, "-v")
	if i < 0 || i+2 == len(name) || strings.Trim(name[i+2:], "0123456789") != "" || strings.HasPrefix(name, "deepseek") || strings.HasPrefix(name, "mimo") {
		return name
	}
	return name[:i]
}

// undated cuts a date of six digits or more, with dashes or without.
func undated(name string) string {
	digits, end := 0, len(name)
	for end > 0 && (digit(name[end-1]) || name[end-1] == '-') {
		end--
		if digit(name[end]) {
			digits++
		}
		if digits >= 8 || digits == 6 && (end == 0 || name[end-1] == '-') {
			break
		}
	}
	if digits < 6 || end == 0 || name[end-1] != '-' && name[end] != '-' {
		return name
	}
	return strings.TrimSuffix(name[:end], "-")
}

// variant says whether name is a member of the family that a line names: the line's name
// and more words, but no further number of a version, unless the line has none.
func variant(line, name string) bool {
	rest, ok := strings.CutPrefix(name, line)
	if !ok || rest == "" {
		return ok
	}
	if digit(rest[0]) && digit(line[len(line)-1]) {
		return false
	}
	if rest[0] != '.' && rest[0] != '-' || !strings.ContainsAny(line, "0123456789") {
		return true
	}
	n := 1
	for n < len(rest) && digit(rest[n]) {
		n++
	}
	number := n > 1 && n < 4 && (n == len(rest) || rest[n] == '-' || rest[n] == '.')
	return !number
}

// begins says whether a vendor's pattern fits the name; "#" stands for a digit.
func begins(pattern, name string) bool {
	if len(name) < len(pattern) {
		return false
	}
	for i := range len(pattern) {
		if pattern[i] != name[i] && (pattern[i] != '#' || !digit(name[i])) {
			return false
		}
	}
	return true
}

func digit(b byte) bool { return b >= '0' && b <= '9' }
