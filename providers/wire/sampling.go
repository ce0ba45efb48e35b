package wire

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/models"
)

// sampling are the names that a format has for what chooses among words; "" is no field.
type sampling struct{ temperature, topP, topK, seed, stop string }

func samplingOf(api quire.API) sampling {
	switch api {
	case quire.APIAnthropic:
		return sampling{"temperature", "top_p", "top_k", "", "stop_sequences"}
	case quire.APIGemini:
		return sampling{"temperature", "topP", "topK", "seed", "stopSequences"}
	case quire.APIOllama:
		return sampling{"temperature", "top_p", "top_k", "seed", "stop"}
	case quire.APIOpenAIResponses:
		return sampling{temperature: "temperature", topP: "top_p"}
	}
	return sampling{"temperature", "top_p", "", "seed", "stop"}
}

// sample writes the fields that are set.
func (o *Options) sample(api quire.API, to *object) {
	names := samplingOf(api)
	for _, x := range []struct {
		name  string
		value *float64
	}{{names.temperature, o.Temperature}, {names.topP, o.TopP}} {
		if x.value != nil {
			to.raw(x.name, strconv.AppendFloat(nil, *x.value, 'f', -1, 64))
		}
	}
	if o.TopK > 0 {
		to.num(names.topK, o.TopK)
	}
	if o.Seed != nil {
		to.raw(names.seed, strconv.AppendInt(nil, *o.Seed, 10))
	}
	if len(o.Stop) > 0 {
		words := make([]json.RawMessage, len(o.Stop))
		for i, w := range o.Stop {
			words[i] = quoted(w)
		}
		to.raw(names.stop, listed(words))
	}
}

// validateSampling finds what the format, or the model, has no field for.
func (o *Options) validateSampling(api quire.API, p *quire.Prompt, d *models.Dialect) error {
	names := samplingOf(api)
	for _, x := range []struct {
		what string
		set  bool
		name string
	}{
		{"Temperature", o.Temperature != nil, names.temperature}, {"TopP", o.TopP != nil, names.topP}, {"TopK", o.TopK != 0, names.topK},
		{"Seed", o.Seed != nil, names.seed}, {"Stop", len(o.Stop) > 0, names.stop},
	} {
		refused := d.NoSampling && x.what != "Stop" && x.what != "Seed" || d.NoStop && x.what == "Stop"
		switch {
		case !x.set:
		case x.name == "":
			return broken(api, "", "no field for %s; a server that has one takes it in Extra", x.what)
		case refused:
			return broken(api, "A10", "model %q takes no %s: leave it out", p.Model, x.what)
		}
	}
	for _, v := range []*float64{o.Temperature, o.TopP} {
		if v != nil && (math.IsNaN(*v) || math.IsInf(*v, 0) || *v < 0) {
			return broken(api, "", "a temperature or a TopP of %v", *v)
		}
	}
	switch {
	case o.TopK < 0:
		return broken(api, "", "a TopK of %d", o.TopK)
	case slices.Contains(o.Stop, ""):
		return broken(api, "", "an empty word in Stop")
	case api == quire.APIAnthropic && slices.ContainsFunc(o.Stop, blank):
		return broken(api, "", "a word of white space alone in Stop")
	case api == quire.APIAnthropic && o.Temperature != nil && *o.Temperature > 1:
		return broken(api, "", "a temperature of %v: it goes to 1", *o.Temperature)
	}
	return nil
}

// addExtra adds the fields that only the caller knows; one that the request has already is
// an error.
func (r *request) addExtra(api quire.API, o *Options) error {
	if len(o.Extra) == 0 || o.Count {
		return nil
	}
	var has map[string]json.RawMessage
	if err := json.Unmarshal(r.bytes(), &has); err != nil {
		return broken(api, "A6", "the request can't be read: %v", err)
	}
	for _, f := range o.Extra {
		if _, ok := has[f.Name]; ok || f.Name == "" {
			return broken(api, "", "extra field %q: the request has it already, or it has no name", f.Name)
		}
		if !json.Valid(f.Value) {
			return broken(api, "A6", "extra field %q is no JSON", f.Name)
		}
		has[f.Name] = f.Value
		r.params.raw(f.Name, mended(f.Value))
	}
	return nil
}
