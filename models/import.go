package models

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/quire-dev/quire/price"
)

// makers are the names that public catalogues have for the vendors' own APIs. The names
// of their models stand without a path.
const makers = " openai anthropic google gemini xai mistral moonshot moonshotai deepseek zai minimax dashscope alibaba xiaomi "

// What is above these is no figure of a model but a slip, or meant to do harm: it is left
// out.
const (
	mostTokens = 1_000_000_000 // of a window
	mostPrice  = 1_000_000     // dollars for a million tokens
)

// ReadLiteLLM reads the JSON that litellm publishes as
// model_prices_and_context_window.json. Models that don't chat are left out. What the
// file does not say (dialect, framing, rules of the cache) is that of the shipped
// catalogue.
func ReadLiteLLM(r io.Reader) ([]Profile, error) {
	var file map[string]map[string]json.RawMessage
	if err := json.NewDecoder(r).Decode(&file); err != nil {
		return nil, fmt.Errorf("models: litellm's catalogue: %w", err)
	}
	var out []Profile
	for _, name := range slices.Sorted(maps.Keys(file)) {
		entry := file[name]
		if mode := word(entry["mode"]); name == "sample_spec" || mode != "chat" && mode != "responses" {
			continue
		}
		costs := prices{}
		for key := range entry {
			kind, above := litellmPrice(key)
			if x, ok := number(entry[key]); ok && kind != "" {
				costs.put(above, kind, x*1e6)
			}
		}
		window := tokens(entry["max_input_tokens"]) // of some models it is less than the window, never more
		most := tokens(entry["max_output_tokens"])
		source := "litellm: model_prices_and_context_window.json"
		if s := word(entry["source"]); s != "" {
			source += "; " + s
		}
		out = append(out, imported(ownName(name), window, most, costs, source, ""))
	}
	return out, nil
}

// litellmPrice says which price a key holds, and for requests above how many tokens.
func litellmPrice(key string) (kind string, above int) {
	key, size, tiered := strings.Cut(key, "_above_")
	if key == "cache_creation_input_token_cost" && size == "1hr" {
		return "writeLong", 0
	}
	if tiered {
		k, ok := strings.CutSuffix(size, "k_tokens")
		n, err := strconv.Atoi(k)
		if !ok || err != nil || n <= 0 || n > mostTokens/1000 {
			return "", 0
		}
		above = n * 1000
	}
	return map[string]string{"input_cost_per_token": "input", "output_cost_per_token": "output",
		"cache_read_input_token_cost": "read", "cache_creation_input_token_cost": "write"}[key], above
}

// ReadModelsDev reads the JSON that models.dev publishes as api.json. Models that have no
// window are left out. What the file does not say is that of the shipped catalogue.
func ReadModelsDev(r io.Reader) ([]Profile, error) {
	type cost map[string]json.RawMessage
	var file map[string]struct {
		Models map[string]struct {
			Updated string `json:"last_updated"`
			Limit   struct {
				Context json.RawMessage `json:"context"`
				Output  json.RawMessage `json:"output"`
			} `json:"limit"`
			Cost json.RawMessage `json:"cost"`
		} `json:"models"`
	}
	if err := json.NewDecoder(r).Decode(&file); err != nil {
		return nil, fmt.Errorf("models: models.dev's catalogue: %w", err)
	}
	var out []Profile
	for _, provider := range slices.Sorted(maps.Keys(file)) {
		for _, id := range slices.Sorted(maps.Keys(file[provider].Models)) {
			m := file[provider].Models[id]
			window := tokens(m.Limit.Context)
			if window == 0 {
				continue
			}
			var base cost
			_ = json.Unmarshal(m.Cost, &base) // none, or of another shape
			costs := prices{}
			add := func(above int, c cost) {
				for key, kind := range map[string]string{"input": "input", "output": "output", "cache_read": "read", "cache_write": "write"} {
					if x, ok := number(c[key]); ok {
						costs.put(above, kind, x)
					}
				}
			}
			add(0, base)
			var over cost
			if json.Unmarshal(base["context_over_200k"], &over) == nil {
				add(200_000, over)
			}
			var tiers []cost
			_ = json.Unmarshal(base["tiers"], &tiers) // none, or of another shape
			for _, t := range tiers {
				var size struct{ Size int }
				if json.Unmarshal(t["tier"], &size) == nil && size.Size > 0 && size.Size <= mostTokens {
					add(size.Size, t)
				}
			}
			out = append(out, imported(ownName(provider+"/"+id), window, tokens(m.Limit.Output), costs, "models.dev: api.json", m.Updated))
		}
	}
	return out, nil
}

// ownName is a model's name without the path that says it is its maker's own API.
func ownName(name string) string {
	path, rest, ok := strings.Cut(name, "/")
	if ok && strings.Contains(makers, " "+path+" ") {
		return rest
	}
	return name
}

// prices are in dollars for a million tokens, by the size of the request that they begin
// above, and by kind.
type prices map[int]map[string]float64

// put notes a price that can be one.
func (p prices) put(above int, kind string, dollars float64) {
	if dollars > mostPrice {
		return
	}
	if p[above] == nil {
		p[above] = map[string]float64{}
	}
	p[above][kind] = dollars
}

// imported is a profile with the figures of a public catalogue.
func imported(name string, window, most int, costs prices, source, date string) Profile {
	p, known := Find(name)
	p.Window, p.Output, p.Source, p.Date = window, most, source, date
	p.Tariff = price.Tariff{}
	for _, above := range slices.Sorted(maps.Keys(costs)) {
		t, ok := importedTier(above, costs[above])
		if ok {
			p.Tariff.Tiers = append(p.Tariff.Tiers, t)
		}
	}
	if base := costs[0]; len(p.Tariff.Tiers) == 0 || p.Tariff.Tiers[0].Above > 0 {
		p.Tariff = price.Tariff{}
	} else if read, ok := base["read"]; ok && !known && base["input"] > 0 {
		p.Cache.Read = read / base["input"]
	}
	p.Unknown = p.lacks()
	return p
}

// importedTier makes a tier; a price that is not given is that of input. false when there
// is none for input and output.
func importedTier(above int, of map[string]float64) (price.Tier, bool) {
	_, in := of["input"]
	_, out := of["output"]
	get := func(kind, or string) float64 {
		if x, ok := of[kind]; ok {
			return x
		}
		return of[or]
	}
	t := tier{Above: above, Input: of["input"], Output: of["output"], Read: get("read", "input"), Write: get("write", "input")}
	t.WriteLong = t.Write
	if x, ok := of["writeLong"]; ok {
		t.WriteLong = x
	}
	return t.tier(), in && out
}

func number(raw json.RawMessage) (x float64, ok bool) {
	return x, len(raw) > 0 && raw[0] != '"' && json.Unmarshal(raw, &x) == nil && x >= 0
}

// tokens is a number of tokens; 0: none is given.
func tokens(raw json.RawMessage) int {
	x, ok := number(raw)
	if !ok || x > mostTokens {
		return 0
	}
	return int(x)
}

func word(raw json.RawMessage) (s string) {
	_ = json.Unmarshal(raw, &s) // not a word: none
	return s
}
