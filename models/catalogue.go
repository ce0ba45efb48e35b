package models

import (
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/tokenizer"
)

//go:embed catalogue.json
var catalogueText []byte

// shipped is the catalogue that is linked in: read once, never changed.
var shipped = sync.OnceValue(func() *Catalogue {
	c, err := load(catalogueText)
	if err != nil {
		panic(err) // a test reads every line of it
	}
	return c
})

// Catalogue finds profiles by name. It is immutable and safe for concurrent use.
type Catalogue struct {
	vendors  []vendor
	paths    map[string]string // what stands before "/" in names → engine
	dialects []Dialect
	framings []tokenizer.Framing
	lines    []line
	byName   map[string]int // canonical name or alias → index in lines
	own      map[string]Profile
}

// vendor is a maker of models, or an engine.
type vendor struct {
	Name   string    `json:"name"`
	API    quire.API `json:"api"`
	Names  []string  `json:"names"`  // how its models' names begin
	Newest string    `json:"newest"` // the line that unknown names are taken for
	Paths  []string  `json:"paths"`
}

// Shipped returns the catalogue that comes with this version of quire.
func Shipped() *Catalogue { return shipped() }

// Find is [Catalogue.Find] of the shipped catalogue.
func Find(name string) (p Profile, known bool) { return shipped().Find(name) }

// FindOver returns the profile of a model behind an API that need not be its vendor's own:
// that of [Find], with the dialect and the framing of the API. Behind Ollama's API every
// model is one that Ollama runs.
func FindOver(api quire.API, name string) Profile {
	c, asked := shipped(), name
	if engine, _ := c.split(name); api == quire.APIOllama && engine == "" {
		asked = "ollama/" + name
	}
	p, at, _ := c.find(asked)
	p.Name = name
	return c.served(c.over(p, api, at), at)
}

// cacheKeyField is what Groq, Cerebras and NVIDIA refuse.
const cacheKeyField = "prompt_cache_key"

// served takes that field from models whose name has a path, as where open weights are served
// by others than their vendor: "moonshotai/kimi-k2-instruct" is Groq's and NVIDIA's. Of
// OpenAI's models only gateways have one, which take what OpenAI takes.
func (c *Catalogue) served(p Profile, at int) Profile {
	path, _, cut := strings.Cut(strings.ToLower(p.Name), "/")
	own := path == "models" || at >= 0 && (c.lines[at].Vendor == "openai" || c.lines[at].Vendor == path)
	if cut && !own && p.Dialect.CacheKey == cacheKeyField {
		p.Dialect.CacheKey = ""
	}
	return p
}

// With returns a catalogue that has these profiles too. They come before those of the
// same name. A profile without a dialect gets what the catalogue knows of the name, and
// one without a framing that of its API.
func (c *Catalogue) With(profiles ...Profile) *Catalogue {
	d := *c
	d.own = maps.Clone(c.own)
	if d.own == nil {
		d.own = map[string]Profile{}
	}
	for _, p := range profiles {
		if p.Dialect.API == "" {
			known, _ := c.Find(p.Name)
			p.Dialect = known.Dialect
		}
		if p.Framing.Name == "" {
			p.Framing = c.framing(p.Dialect.API)
		}
		d.own[strings.ToLower(p.Name)] = p.clone()
	}
	return &d
}

// Profiles returns all profiles: the ones of [Catalogue.With] by name, then the others in
// the order in which they are written.
func (c *Catalogue) Profiles() []Profile {
	var out []Profile
	for _, name := range slices.Sorted(maps.Keys(c.own)) {
		out = append(out, c.own[name].clone())
	}
	for i := range c.lines {
		if _, ok := c.own[c.lines[i].Name]; !ok {
			out = append(out, c.profile(i))
		}
	}
	return out
}

// Find returns the profile of a model. The name may have a date, a path, a region and
// what else gateways put around a model's own name; "ollama/", "vllm/" and "llama.cpp/"
// before it are the engines that run it. known is false when the catalogue has neither
// the name nor an alias of it; the profile is then that of its family or, of a version
// that is unknown, that of its vendor's newest family, without window and prices. A name
// of no known vendor gets what any server of OpenAI's chat format takes.
func (c *Catalogue) Find(name string) (p Profile, known bool) {
	p, at, known := c.find(name)
	p.Name = name
	if _, own := c.own[strings.ToLower(name)]; !own {
		p = c.served(p, at)
	}
	return p, known
}

// find also says which line the name was taken for; -1: none.
func (c *Catalogue) find(name string) (p Profile, at int, known bool) {
	engine, model := c.split(name)
	for _, spelled := range []string{strings.ToLower(name), model} {
		if own, ok := c.own[spelled]; ok {
			at, _ = c.place(model)
			return own.clone(), at, true
		}
	}
	if engine != "" {
		p = c.profile(c.byName[engine])
		at, _ = c.place(canonical(model))
		p.Dialect = c.dialect(p.Dialect.API, at)
		return p, at, true
	}
	at, note := c.place(model)
	switch {
	case at < 0:
		p = Profile{}.guess(fmt.Sprintf("the catalogue knows no vendor of %q: taken for any server of OpenAI's chat format", name))
		return c.over(p, quire.APIOpenAIChat, at), at, false
	case note != "":
		return c.profile(at).guess(fmt.Sprintf("the catalogue does not have %q: taken for %s", name, note)), at, false
	}
	return c.profile(at), at, true
}

// place finds the line of a canonical name: its own, that of its family, or that of its
// vendor's newest family; -1 when there is no vendor. note says which, unless it is its
// own.
func (c *Catalogue) place(model string) (at int, note string) {
	if i, ok := c.byName[model]; ok {
		return i, ""
	}
	if model == "" {
		return -1, ""
	}
	best := ""
	for spelled := range c.byName {
		if len(spelled) > len(best) && variant(spelled, model) {
			best = spelled
		}
	}
	if best != "" {
		return c.byName[best], "a variant of " + best
	}
	for _, v := range c.vendors {
		if slices.ContainsFunc(v.Names, func(pattern string) bool { return begins(pattern, model) }) {
			return c.byName[v.Newest], "the newest family of " + v.Name + ", that of " + v.Newest
		}
	}
	return -1, ""
}

// over gives the profile of a line the dialect and the framing of an API.
func (c *Catalogue) over(p Profile, api quire.API, at int) Profile {
	if p.Dialect.API != api {
		p.Dialect, p.Framing = c.dialect(api, at), c.framing(api)
	}
	return p
}

// dialect is that of a line behind an API: the one that it names, or else the last one of
// the API, which is for any model.
func (c *Catalogue) dialect(api quire.API, at int) Dialect {
	var names []string
	if at >= 0 {
		names = c.lines[at].Dialects
	}
	out := Dialect{Name: "unknown", API: api, LoopEvict: LoopNone, Reasoning: ReasoningNotTaken}
	for _, d := range c.dialects {
		if d.API == api {
			if out = d; slices.Contains(names, d.Name) {
				break
			}
		}
	}
	return out
}

// framing is that of an API; for one that the catalogue does not have, the one that adds
// most.
func (c *Catalogue) framing(api quire.API) tokenizer.Framing {
	for _, f := range c.framings {
		if f.Name == string(api) {
			return f
		}
	}
	return c.framings[len(c.framings)-1]
}
