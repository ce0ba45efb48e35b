package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/policy"
	"github.com/quire-dev/quire/price"
)

// named is one thing that can be chosen by its name.
type named[T any] struct {
	name string
	make T
}

var policies = []named[policy.Policy]{
	{"value", policy.Value{}},
	{"default", policy.Default{}},
	{"oldest", policy.OldestFirst},
	{"lru", policy.LRU},
	{"largest", policy.LargestFirst},
	{"tools", policy.ToolResultsFirst},
	{"priority", policy.ByPriority},
}

var schedules = []named[policy.Schedule]{
	{"value", policy.Value{}},
	{"rent-or-buy", policy.RentOrBuy{}},
	{"watermark", policy.Watermark{}},
	{"strict", policy.Strict{}},
}

func find[T any](list []named[T], name string) (T, bool) {
	for _, n := range list {
		if n.name == name {
			return n.make, true
		}
	}
	var none T
	return none, false
}

func names[T any](list []named[T]) []string {
	var s []string
	for _, n := range list {
		s = append(s, n.name)
	}
	return s
}

// providersOf names who serves each wire format, to choose a cost model when
// none is named.
var providersOf = map[quire.API]string{
	quire.APIAnthropic: "anthropic", quire.APIOpenAIChat: "openai", quire.APIOpenAIResponses: "openai", quire.APIGemini: "google",
}

// costModel finds the rules of a cache by their name or by that of a model; with no name,
// those of the model that is replayed, or the first ones of the API's vendor.
func costModel(name, model string, api quire.API) (price.CostModel, error) {
	if name == "free" {
		return price.CostModel{Name: name, Provider: name}, nil
	}
	vendor := providersOf[api]
	if p := models.FindOver(api, model); name == "" && p.Vendor == vendor && p.Cache.Name != "" {
		return p.Cache, nil
	}
	for _, c := range caches() {
		if c.Name == name || name == "" && (vendor == "" || c.Provider == vendor) {
			return c.CostModel, nil
		}
	}
	if p, _ := models.Find(name); name != "" && p.Cache.Name != "" {
		return p.Cache, nil
	}
	return price.CostModel{}, fmt.Errorf("-price %s: no cost model or model is called so; see -price list", name)
}

// cache are the rules of a cache, and the models that they hold for.
type cache struct {
	price.CostModel
	models []string
}

// caches are all that the catalogue has, in its order.
func caches() []cache {
	var out []cache
	for _, p := range models.Shipped().Profiles() {
		for _, c := range []price.CostModel{p.Cache, p.Lasting} {
			at := slices.IndexFunc(out, func(o cache) bool { return o.Name == c.Name })
			switch {
			case c.Name == "":
			case at < 0:
				out = append(out, cache{c, []string{p.Name}})
			default:
				out[at].models = append(out[at].models, p.Name)
			}
		}
	}
	return out
}

// listPrices prints the cost models that are known; with sources, where each
// was read.
func listPrices(w io.Writer, sources bool) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "NAME\tREAD\tWRITE\tFROM TOKENS\tLIVES\tPROVIDER\tMODELS")
	for _, m := range caches() {
		lives := "unknown"
		if m.TTL > 0 {
			lives = m.TTL.String()
		}
		names := strings.Join(m.models, " ")
		if len(names) > 60 {
			names = names[:60] + "…"
		}
		fmt.Fprintf(t, "%s\t%g\t%g\t%d\t%s\t%s\t%s\n", m.Name, m.Read, m.Write, m.MinPrefix, lives, m.Provider, names)
	}
	t.Flush()
	if sources {
		fmt.Fprintln(w)
		for _, m := range caches() {
			fmt.Fprintf(w, "%s: %s (%s)\n", m.Name, m.Source, m.Date)
		}
	}
	fmt.Fprintln(w, "\nPrices are in units of one uncached input token. -price takes a name or a model; -price list -v adds the sources.")
}
