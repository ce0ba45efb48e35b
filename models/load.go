package models

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/quire-dev/quire/price"
	"github.com/quire-dev/quire/tokenizer"
)

// The catalogue's file names dialects and caches, and has times as "5m" and prices in
// dollars for a million tokens, so that people can read it beside its sources.

// line is a model.
type line struct {
	Name      string   `json:"name"`
	Vendor    string   `json:"vendor"`
	Aliases   []string `json:"aliases"`  // of the same model
	Like      []string `json:"like"`     // other models of which the line says all
	Dialects  []string `json:"dialects"` // that of its vendor's API first
	Window    int      `json:"window"`
	Output    int      `json:"output"`
	Cache     string   `json:"cache"`
	Lasting   string   `json:"lasting"`
	Tokenizer string   `json:"tokenizer"`
	Tiers     []tier   `json:"tiers"`
	Source    string   `json:"source"`
	Date      string   `json:"date"`

	profile Profile // what all of it says
}

// tier is a [price.Tier] in dollars.
type tier struct {
	Above     int     `json:"above"`
	Input     float64 `json:"input"`
	Read      float64 `json:"read"`
	Write     float64 `json:"write"`
	WriteLong float64 `json:"writeLong"`
	Output    float64 `json:"output"`
}

func (t tier) tier() price.Tier {
	return price.Tier{Above: t.Above, Input: dollars(t.Input), Read: dollars(t.Read), Write: dollars(t.Write),
		WriteLong: dollars(t.WriteLong), Output: dollars(t.Output)}
}

func dollars(x float64) price.Money { return price.Money(math.Round(x * float64(price.Dollar))) }

// rules are a [price.CostModel] with its lives in words.
type rules struct {
	price.CostModel
	Life string `json:"ttl"`
	Long string `json:"longTTL"`
}

func (r *rules) costModel() (price.CostModel, error) {
	c := r.CostModel
	for _, x := range []struct {
		words string
		to    *time.Duration
	}{{r.Life, &c.TTL}, {r.Long, &c.LongTTL}} {
		if x.words == "" {
			continue
		}
		d, err := time.ParseDuration(x.words)
		if err != nil {
			return c, fmt.Errorf("models: cache %s: %w", c.Name, err)
		}
		*x.to = d
	}
	return c, nil
}

// load reads a catalogue's file.
func load(text []byte) (*Catalogue, error) {
	var file struct {
		Vendors  []vendor            `json:"vendors"`
		Dialects []Dialect           `json:"dialects"`
		Framings []tokenizer.Framing `json:"framings"`
		Caches   []rules             `json:"caches"`
		Models   []line              `json:"models"`
	}
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, fmt.Errorf("models: catalogue: %w", err)
	}
	c := &Catalogue{vendors: file.Vendors, dialects: file.Dialects, framings: file.Framings, lines: file.Models,
		paths: map[string]string{}, byName: map[string]int{}}
	for _, v := range c.vendors {
		for _, path := range v.Paths {
			c.paths[path] = v.Name
		}
	}
	caches := map[string]price.CostModel{"": {}}
	for i := range file.Caches {
		cost, err := file.Caches[i].costModel()
		if err != nil {
			return nil, err
		}
		caches[cost.Name] = cost
	}
	for i := range c.lines {
		if err := c.resolve(i, caches); err != nil {
			return nil, err
		}
	}
	for _, v := range c.vendors {
		if _, ok := c.byName[v.Newest]; !ok && v.Newest != "" {
			return nil, fmt.Errorf("models: catalogue: vendor %s has no model %q", v.Name, v.Newest)
		}
	}
	return c, nil
}

// resolve finds what a line names.
func (c *Catalogue) resolve(i int, caches map[string]price.CostModel) error {
	l := &c.lines[i]
	for _, name := range slices.Concat([]string{l.Name}, l.Aliases, l.Like) {
		if _, ok := c.byName[name]; ok {
			return fmt.Errorf("models: catalogue: two models %q", name)
		}
		c.byName[name] = i
	}
	p := Profile{Name: l.Name, Vendor: l.Vendor, Window: l.Window, Output: l.Output, Tokenizer: l.Tokenizer, Source: l.Source, Date: l.Date}
	for n, name := range l.Dialects {
		at := slices.IndexFunc(c.dialects, func(d Dialect) bool { return d.Name == name })
		if at < 0 {
			return fmt.Errorf("models: catalogue: %s: no dialect %q", l.Name, name)
		}
		if n == 0 {
			p.Dialect = c.dialects[at]
		}
	}
	var known [2]bool
	p.Cache, known[0] = caches[l.Cache]
	p.Lasting, known[1] = caches[l.Lasting]
	if !known[0] || !known[1] {
		return fmt.Errorf("models: catalogue: %s: no cache %q or %q", l.Name, l.Cache, l.Lasting)
	}
	p.Framing = c.framing(p.Dialect.API)
	for _, t := range l.Tiers {
		p.Tariff.Tiers = append(p.Tariff.Tiers, t.tier())
	}
	p.Unknown = p.lacks()
	l.profile = p
	return nil
}

// profile is a fresh copy of a line.
func (c *Catalogue) profile(i int) Profile { return c.lines[i].profile.clone() }

// lacks names the fields that no source says.
func (p *Profile) lacks() []string {
	var fields []string
	for _, x := range []struct {
		field string
		known bool
	}{{"window", p.Window > 0}, {"output", p.Output > 0}, {"cache", p.Cache.Name != ""}, {"tokenizer", p.Tokenizer != ""}, {"tariff", p.Tariff.Known()}} {
		if !x.known {
			fields = append(fields, x.field)
		}
	}
	return fields
}

// clone shares nothing with p.
func (p Profile) clone() Profile {
	p.Unknown = slices.Clone(p.Unknown)
	p.Tariff.Tiers = slices.Clone(p.Tariff.Tiers)
	for _, c := range []*price.CostModel{&p.Cache, &p.Lasting} {
		c.Steps = slices.Clone(c.Steps)
	}
	return p
}

// guess takes from a profile what another model of the family need not share.
func (p Profile) guess(note string) Profile {
	p.Window, p.Output, p.Tariff, p.Note = 0, 0, price.Tariff{}, note
	p.Unknown = p.lacks()
	return p
}
