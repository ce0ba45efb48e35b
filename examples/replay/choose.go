package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/quire-dev/quire"
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
	{"oldest", policy.OldestFirst{}},
	{"lru", policy.LRU{}},
	{"largest", policy.LargestFirst{}},
	{"tools", policy.ToolResultsFirst{}},
	{"priority", policy.ByPriority{}},
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

// costModel finds a cost model by its name or by that of a model; with no name,
// the one for the model that is replayed, or the first of the API's provider.
func costModel(name, model string, api quire.API) (price.CostModel, error) {
	provider := providersOf[api]
	if name == "" {
		if m, ok := price.For(provider, model); ok {
			return m, nil
		}
	}
	for _, m := range price.Table() {
		if m.Name == name || name == "" && (provider == "" || m.Provider == provider) {
			return m, nil
		}
	}
	for _, m := range price.Table() {
		// A provider's row for all models says nothing about a name.
		if c, ok := price.For(m.Provider, name); ok && name != "" && !slices.Contains(c.Models, "") {
			return c, nil
		}
	}
	return price.CostModel{}, fmt.Errorf("-price %s: no cost model or model is called so; see -price list", name)
}

// listPrices prints the cost models that are known; with sources, where each
// was read.
func listPrices(w io.Writer, sources bool) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "NAME\tREAD\tWRITE\tFROM TOKENS\tLIVES\tPROVIDER\tMODELS")
	for _, m := range price.Table() {
		lives := "unknown"
		if m.TTL > 0 {
			lives = m.TTL.String()
		}
		names := strings.Join(m.Models, " ")
		if len(names) > 60 {
			names = names[:60] + "…"
		}
		fmt.Fprintf(t, "%s\t%g\t%g\t%d\t%s\t%s\t%s\n", m.Name, m.Read, m.Write, m.MinPrefix, lives, m.Provider, names)
	}
	t.Flush()
	if sources {
		fmt.Fprintln(w)
		for _, m := range price.Table() {
			fmt.Fprintf(w, "%s: %s (%s)\n", m.Name, m.Source, m.Date)
		}
	}
	fmt.Fprintln(w, "\nPrices are in units of one uncached input token. -price takes a name or a model; -price list -v adds the sources.")
}
