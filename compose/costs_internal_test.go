package compose

import (
	"slices"

	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/price"
)

// Costs are the rules of caches that differ in more than a price: each that ships for the
// vendors whose documents say how theirs works, and one of those that only have a price.
func Costs() []price.CostModel {
	var out []price.CostModel
	for _, p := range models.Shipped().Profiles() {
		for _, c := range []price.CostModel{p.Cache, p.Lasting} {
			priceOnly := c.MinPrefix == 0 && !c.InTime && !c.Units && c.Name != "kimi"
			if c.Name != "" && !priceOnly && !slices.ContainsFunc(out, func(o price.CostModel) bool { return o.Name == c.Name }) {
				out = append(out, c)
			}
		}
	}
	return out
}

// CostOf are the rules of a model's cache.
func CostOf(model string) price.CostModel {
	p, known := models.Find(model)
	if !known {
		panic("no model " + model)
	}
	return p.Cache
}

// ModelWith is the first model that has these rules.
func ModelWith(c price.CostModel) string {
	for _, p := range models.Shipped().Profiles() {
		if p.Cache.Name == c.Name || p.Lasting.Name == c.Name {
			return p.Name
		}
	}
	panic("no model with " + c.Name)
}
