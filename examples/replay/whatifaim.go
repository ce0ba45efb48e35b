package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/examples/internal/replaying"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/price"
)

// asItWouldBe are the rules that the flags ask for; what they do not name is as it was.
func (o *options) asItWouldBe(then *replaying.Then) (replaying.Rules, error) {
	r, _, err := o.asItWas(then)
	if err != nil {
		return r, err
	}
	if r.Composer, err = o.composer(then); err != nil {
		return r, err
	}
	var own price.CostModel
	if o.whatIf.set["price"] {
		if own, err = costModel(o.priceName, "", ""); err != nil {
			return r, err
		}
	}
	if _, err = o.aim(then.Setup, then, own); err != nil { // once, to say what is wrong
		return r, err
	}
	r.Aim = func(was compose.Setup) replaying.Aim {
		a, err := o.aim(was, then, own)
		if err != nil { // of a fallback that has no such life: it stays as it was
			return o.usual(was, then)
		}
		return a
	}
	return r, nil
}

// aim is what a call would be aimed at.
func (o *options) aim(was compose.Setup, then *replaying.Then, own price.CostModel) (replaying.Aim, error) {
	a := o.usual(was, then)
	vendor := provider(&was)
	if o.whatIf.set["model"] || o.whatIf.set["api"] {
		var ok bool
		if vendor, ok = o.another(&a); !ok && own.Name == "" {
			return a, fmt.Errorf("-model %s: no cost model is known for it at %q; name one with -price (-price list shows them)", a.Model.Name, vendor)
		}
	}
	if own.Name != "" {
		a.Price, vendor = own, own.Provider
	}
	if o.whatIf.set["budget"] {
		a.Budget = o.budget
	}
	if o.whatIf.ttl > 0 {
		c, err := lasting(a.Price, a.Model.Name, o.whatIf.ttl)
		if err != nil {
			return a, err
		}
		a.Price = c
	}
	pay(&a, vendor, a.Model.Name)
	if o.whatIf.tariff != "" {
		t, err := tariff(o.whatIf.tariff)
		if err != nil {
			return a, err
		}
		a.Tariff = t
	}
	return a, nil
}

// another aims at the model that the flags name. ok: its prices are known.
func (o *options) another(a *replaying.Aim) (vendor string, ok bool) {
	name, api := a.Model.Name, a.Model.Dialect.API
	if o.whatIf.set["model"] {
		name, api = o.model, apiOf(o.model)
	}
	if o.whatIf.set["api"] {
		api = o.apiName
	}
	vendor = providersOf[api]
	a.Model = models.FindOver(api, name)
	a.Price = a.Model.Cache
	return vendor, a.Price.Name != ""
}

// lasting are the rules of the same cache whose entries live so long.
func lasting(c price.CostModel, model string, ttl time.Duration) (price.CostModel, error) {
	p, _ := models.Find(model)
	var there []string
	for _, row := range []price.CostModel{p.Cache, p.Lasting} {
		if row.Name == "" || row.Provider != c.Provider {
			continue
		}
		if row.TTL == ttl {
			return row, nil
		}
		there = append(there, row.TTL.String())
	}
	if len(there) == 0 {
		return c, fmt.Errorf("-ttl %s: nothing is known of how long %s is kept", ttl, model)
	}
	return c, fmt.Errorf("-ttl %s: for %s there are %s", ttl, model, strings.Join(there, ", "))
}

// pay finds the prices in money, and whether what is written is paid as for long.
func pay(a *replaying.Aim, vendor, model string) {
	p, _ := models.Find(model)
	if a.Tariff = p.Tariff; p.Vendor != vendor {
		a.Tariff = price.Tariff{}
	}
	a.Long = p.Cache.TTL > 0 && a.Price.TTL > p.Cache.TTL
}

// provider is who served a call.
func provider(s *compose.Setup) string {
	if s.Cost.Provider != "" {
		return s.Cost.Provider
	}
	return providersOf[s.API]
}

// apiOf is the format that a model is likely spoken to in.
func apiOf(model string) quire.API {
	switch {
	case strings.Contains(model, "claude"):
		return quire.APIAnthropic
	case strings.Contains(model, "gemini"):
		return quire.APIGemini
	case strings.HasPrefix(model, "gpt-"), strings.HasPrefix(model, "o"):
		return quire.APIOpenAIResponses
	}
	return quire.APIOpenAIChat
}

// tariff reads -tariff: a model, or five amounts.
func tariff(s string) (price.Tariff, error) {
	fields := strings.Split(s, ",")
	if len(fields) == 1 {
		if p, _ := models.Find(s); p.Tariff.Known() {
			return p.Tariff, nil
		}
		return price.Tariff{}, fmt.Errorf("-tariff %s: its prices are not known; give five amounts, as in 3,0.3,3.75,6,15", s)
	}
	var m [5]price.Money
	if len(fields) != len(m) {
		return price.Tariff{}, fmt.Errorf("-tariff %s: give five amounts in dollars for a million tokens: input, read, written, written for long, output", s)
	}
	for i, f := range fields {
		n, err := strconv.ParseFloat(strings.TrimSpace(f), 64)
		if err != nil || n < 0 || n > 1e6 {
			return price.Tariff{}, fmt.Errorf("-tariff %s: %q is no amount in dollars", s, f)
		}
		m[i] = price.Money(n*float64(price.Dollar) + 0.5)
	}
	return price.Tariff{Tiers: []price.Tier{{Input: m[0], Read: m[1], Write: m[2], WriteLong: m[3], Output: m[4]}}}, nil
}
