package models

import (
	"slices"
	"strings"
)

// variants are words behind a colon that say how a gateway is to serve a model, not
// which it is: "deepseek/deepseek-v4-pro:free".
const variants = " free nitro floor online exacto extended thinking beta latest "

// Same says whether two names mean one model: spelled as gateways do, with its date or
// without, or by another of its names. Two dates are two models, and so are two sizes.
func Same(a, b string) bool {
	if dateA, dateB := dateOf(a), dateOf(b); dateA != "" && dateB != "" && dateA != dateB || tagOf(a) != tagOf(b) {
		return false
	}
	c := shipped()
	modelA, modelB := c.model(a), c.model(b)
	if modelA == modelB {
		return modelA != ""
	}
	line, known := c.itself(modelA)
	other, too := c.itself(modelB)
	return known && too && line == other
}

// model is the canonical name of what a name means, whatever runs it.
func (c *Catalogue) model(name string) string {
	engine, model := c.split(name)
	if engine != "" {
		return canonical(model)
	}
	return model
}

// itself is the line that a canonical name is a name of, and not only like.
func (c *Catalogue) itself(model string) (at int, ok bool) {
	at, ok = c.byName[model]
	return at, ok && !slices.Contains(c.lines[at].Like, model)
}

// maker is who made a model of that name; "" when nobody knows.
func (c *Catalogue) maker(name string) string {
	at, _ := c.place(c.model(name))
	if at < 0 {
		return ""
	}
	return c.lines[at].Vendor
}

// dateOf is the date in a name, without dashes; "" when it has none.
func dateOf(name string) string {
	if _, date, ok := strings.Cut(name, "@"); ok && strings.Trim(date, "0123456789") == "" { // Vertex AI
		return date
	}
	own, _ := dated(strings.ToLower(strings.TrimSpace(name)))
	return strings.ReplaceAll(own[len(undated(own)):], "-", "")
}

// tagOf is what stands behind a colon, where it tells models apart: Ollama's "qwen3:8b",
// and who tuned one of OpenAI's.
func tagOf(name string) string {
	name = strings.ToLower(name[strings.LastIndexByte(name, '/')+1:])
	tuned, isTuned := strings.CutPrefix(name, "ft:")
	_, tag, _ := strings.Cut(tuned, ":")
	if !isTuned && (strings.Trim(tag, "0123456789") == "" || strings.Contains(variants, " "+tag+" ")) {
		return ""
	}
	return tag
}
