package replaying

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/policy"
	"github.com/quire-dev/quire/price"
	"github.com/quire-dev/quire/tokenizer"
)

// Choice says under what other rules an agent's calls are composed and paid. What is zero
// stays as it was. Errors begin with the name of the field, in lower case, and its value.
type Choice struct {
	Budget           int
	Policy, Schedule string // by the names of [Policies] and [Schedules]
	Model            string
	API              quire.API         // "": the one that the model is likely spoken to in
	Price            string            // the rules of a cache, or a model that they hold for
	TTL              time.Duration     // how long the provider is asked to keep what it caches
	Tariff           string            // a model whose prices in money are taken, or five amounts
	Counter          tokenizer.Counter // nil: as tokens were counted then
	// Vocabularies are the ways of counting that are at hand.
	Vocabularies []tokenizer.Counter
}

// Was are the rules of that time, as far as they are known, and what is not.
func (c *Choice) Was(then *Then) (r Rules, problems []string) {
	o, ok := c.usual(then)
	if !ok {
		problems = append(problems, fmt.Sprintf("how tokens were counted (%q) is not known here: they are estimated", then.Setup.Counting))
	}
	if then.Setup.Model == "" {
		problems = append(problems, "the receipts are of before 2026-11-29 and do not say how calls were configured: text of about the same size stands for the system prompt and the tools, and no price of that time is known")
	}
	r.Composer = compose.New(&o)
	r.Aim = func(was compose.Setup) Aim { return usual(was, then) }
	return r, problems
}

// usual are the options of that time; ok: its way of counting is known.
func (c *Choice) usual(then *Then) (o compose.Options, ok bool) {
	o.Policy, o.Schedule = byName(Policies, then.Last.Policy), byName(Schedules, then.Last.Schedule)
	o.Counter, o.Framing, ok = CounterOf(then.Setup.Counting, c.Vocabularies...)
	return o, ok
}

// Would are the rules that are asked for.
func (c *Choice) Would(then *Then) (r Rules, err error) {
	o, _ := c.usual(then)
	var ok bool
	if c.Policy != "" {
		if o.Policy, ok = Find(Policies, c.Policy); !ok {
			return r, fmt.Errorf("policy %s: there are %s", c.Policy, strings.Join(Names(Policies), ", "))
		}
	}
	if c.Schedule != "" {
		if o.Schedule, ok = Find(Schedules, c.Schedule); !ok {
			return r, fmt.Errorf("schedule %s: there are %s", c.Schedule, strings.Join(Names(Schedules), ", "))
		}
	}
	if c.Counter != nil {
		o.Counter = c.Counter
	}
	r.Composer = compose.New(&o)
	var own price.CostModel
	if c.Price != "" {
		if own, err = CostModel(c.Price, "", ""); err != nil {
			return r, err
		}
	}
	if _, err = c.aim(then.Setup, then, own); err != nil { // once, to say what is wrong
		return r, err
	}
	r.Aim = func(was compose.Setup) Aim {
		a, err := c.aim(was, then, own)
		if err != nil { // of a fallback that has no such life: it stays as it was
			return usual(was, then)
		}
		return a
	}
	return r, nil
}

// usual is what a call was aimed at.
func usual(was compose.Setup, then *Then) Aim {
	if was.Model == "" {
		was.Model, was.API = then.Answers, apiOf(then.Answers)
		was.Cost = models.FindOver(was.API, was.Model).Cache
	}
	a := Aim{Model: models.FindOver(was.API, was.Model), Price: was.Cost}
	a.pay(provider(&was), was.Model)
	return a
}

// aim is what a call would be aimed at.
func (c *Choice) aim(was compose.Setup, then *Then, own price.CostModel) (Aim, error) {
	a := usual(was, then)
	vendor := provider(&was)
	if c.Model != "" || c.API != "" {
		var ok bool
		if vendor, ok = c.another(&a); !ok && own.Name == "" {
			return a, fmt.Errorf("model %s: no cost model is known for it at %q; name one by price", a.Model.Name, vendor)
		}
	}
	if own.Name != "" {
		a.Price, vendor = own, own.Provider
	}
	a.Budget = c.Budget
	if c.TTL > 0 {
		lasting, err := lasting(a.Price, a.Model.Name, c.TTL)
		if err != nil {
			return a, err
		}
		a.Price = lasting
	}
	a.pay(vendor, a.Model.Name)
	if c.Tariff != "" {
		t, err := tariff(c.Tariff)
		if err != nil {
			return a, err
		}
		a.Tariff = t
	}
	return a, nil
}

// another aims at the model that is chosen. ok: its prices are known.
func (c *Choice) another(a *Aim) (vendor string, ok bool) {
	name, api := a.Model.Name, a.Model.Dialect.API
	if c.Model != "" {
		name, api = c.Model, apiOf(c.Model)
	}
	if c.API != "" {
		api = c.API
	}
	a.Model = models.FindOver(api, name)
	a.Price = a.Model.Cache
	return providersOf[api], a.Price.Name != ""
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
		return c, fmt.Errorf("ttl %s: nothing is known of how long %s is kept", ttl, model)
	}
	return c, fmt.Errorf("ttl %s: for %s there are %s", ttl, model, strings.Join(there, ", "))
}

// pay finds the prices in money, and whether what is written is paid as for long.
func (a *Aim) pay(vendor, model string) {
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

// tariff reads a tariff: that of a model, or five amounts.
func tariff(s string) (price.Tariff, error) {
	fields := strings.Split(s, ",")
	if len(fields) == 1 {
		if p, _ := models.Find(s); p.Tariff.Known() {
			return p.Tariff, nil
		}
		return price.Tariff{}, fmt.Errorf("tariff %s: its prices are not known; give five amounts, as in 3,0.3,3.75,6,15", s)
	}
	var m [5]price.Money
	if len(fields) != len(m) {
		return price.Tariff{}, fmt.Errorf("tariff %s: give five amounts in dollars for a million tokens: input, read, written, written for long, output", s)
	}
	for i, f := range fields {
		n, err := strconv.ParseFloat(strings.TrimSpace(f), 64)
		if err != nil || !(n >= 0 && n <= 1e6) {
			return price.Tariff{}, fmt.Errorf("tariff %s: %q is no amount in dollars", s, f)
		}
		m[i] = price.Money(n*float64(price.Dollar) + 0.5)
	}
	return price.Tariff{Tiers: []price.Tier{{Input: m[0], Read: m[1], Write: m[2], WriteLong: m[3], Output: m[4]}}}, nil
}

// Named is one thing that can be chosen by its name.
type Named[T any] struct {
	Name string
	Make T
}

// Policies are those that can be chosen.
var Policies = []Named[policy.Policy]{
	{"value", policy.Value{}},
	{"default", policy.Default{}},
	{"oldest", policy.OldestFirst},
	{"lru", policy.LRU},
	{"largest", policy.LargestFirst},
	{"tools", policy.ToolResultsFirst},
	{"priority", policy.ByPriority},
}

// Schedules are those that can be chosen.
var Schedules = []Named[policy.Schedule]{
	{"value", policy.Value{}},
	{"rent-or-buy", policy.RentOrBuy{}},
	{"watermark", policy.Watermark{}},
	{"strict", policy.Strict{}},
}

// Find finds what has a name.
func Find[T any](list []Named[T], name string) (T, bool) {
	for _, n := range list {
		if n.Name == name {
			return n.Make, true
		}
	}
	var none T
	return none, false
}

// Names lists what can be chosen.
func Names[T any](list []Named[T]) []string {
	var s []string
	for _, n := range list {
		s = append(s, n.Name)
	}
	return s
}

// byName finds a policy or schedule by what it calls itself; none is the composer's own.
func byName[T any](list []Named[T], name string) (none T) {
	for _, n := range list {
		if policy.Name(n.Make) == name {
			return n.Make
		}
	}
	return none
}

// providersOf names who serves each wire format, to choose a cost model when
// none is named.
var providersOf = map[quire.API]string{
	quire.APIAnthropic: "anthropic", quire.APIOpenAIChat: "openai", quire.APIOpenAIResponses: "openai", quire.APIGemini: "google",
}

// CostModel finds the rules of a cache by their name or by that of a model; with no name,
// those of the model that is replayed, or the first ones of the API's vendor.
func CostModel(name, model string, api quire.API) (price.CostModel, error) {
	if name == "free" {
		return price.CostModel{Name: name, Provider: name}, nil
	}
	vendor := providersOf[api]
	if p := models.FindOver(api, model); name == "" && p.Vendor == vendor && p.Cache.Name != "" {
		return p.Cache, nil
	}
	for _, c := range Caches() {
		if c.Name == name || name == "" && (vendor == "" || c.Provider == vendor) {
			return c.CostModel, nil
		}
	}
	if p, _ := models.Find(name); name != "" && p.Cache.Name != "" {
		return p.Cache, nil
	}
	return price.CostModel{}, fmt.Errorf("price %s: no cost model or model is called so", name)
}

// Cache are the rules of a cache, and the models that they hold for.
type Cache struct {
	price.CostModel
	Models []string
}

// Caches are all that the catalogue has, in its order.
func Caches() []Cache {
	var out []Cache
	for _, p := range models.Shipped().Profiles() {
		for _, c := range []price.CostModel{p.Cache, p.Lasting} {
			at := slices.IndexFunc(out, func(o Cache) bool { return o.Name == c.Name })
			switch {
			case c.Name == "":
			case at < 0:
				out = append(out, Cache{c, []string{p.Name}})
			default:
				out[at].Models = append(out[at].Models, p.Name)
			}
		}
	}
	return out
}
