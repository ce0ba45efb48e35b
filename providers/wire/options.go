package wire

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/models"
)

// Options are the settings of a request that are not part of its prompt. The
// zero value asks for a whole reply at once and leaves the rest to the provider.
// What a format or a model has no field for is an [*Error], never left out.
type Options struct {
	Stream bool // the reply is to come in pieces
	// Count makes the request for the provider's counting endpoint: the same
	// content, without limits, marks and what else that endpoint refuses.
	Count bool
	// Choice says whether the model may, must or must not call tools.
	Choice ToolChoice
	// OneCall asks for at most one call in a reply. It says nothing where the
	// prompt has no tools.
	OneCall bool
	// Format is the shape that the reply's text must have; nil: any.
	Format *Format
	// Temperature, TopP, TopK and Seed choose among what the model may say; nil and 0 leave
	// each to the provider. Models that always think take none of them.
	Temperature, TopP *float64
	TopK              int
	Seed              *int64
	// Stop are words that end the reply where the model writes one.
	Stop []string
	// Extra are fields of the request that nothing here has a name for, such as
	// chat_template_kwargs of vLLM and llama.cpp, in their order. One that the request has
	// already is an error.
	Extra []Field
	// NoImages is for models that read text only: images go out as notes.
	NoImages bool
	// CacheLife is how long a cache that needs no marks is asked to keep prefixes;
	// 0 leaves it to the provider. OpenAI's models before GPT-5.6 are asked for 24
	// hours when it is more than one. Where a model takes marks, the marks say it.
	CacheLife time.Duration
	// Window is how many tokens of input and output Ollama is to hold, and
	// KeepAlive how long it keeps the model loaded (< 0: for ever); 0 leaves each
	// to the server. Its models are loaded on demand.
	Window    int
	KeepAlive time.Duration
	// Dialect is what the model takes; the zero Dialect is what the shipped catalogue
	// says of Prompt.Model behind the API. See [models.FindOver].
	Dialect models.Dialect
}

// Field is a member of a request's object.
type Field struct {
	Name  string
	Value json.RawMessage // sent as it is
}

// The words of [models.Dialect] for how a request asks for reasoning.
const (
	thinkBudget   = "budget"
	thinkLevel    = "level"
	thinkAdaptive = "adaptive"
	thinkEffort   = "effort"
)

// dialect is what a request for p goes by.
func (o *Options) dialect(api quire.API, p *quire.Prompt) *models.Dialect {
	if o != nil && o.Dialect.API == api {
		return &o.Dialect
	}
	d := models.FindOver(api, p.Model).Dialect
	return &d
}

// ToolChoice says what a model may do about its tools: one of the constants, or
// what [ToolNamed] returns.
type ToolChoice string

// The choices.
const (
	ToolsAuto ToolChoice = ""     // call some or none
	ToolsAny  ToolChoice = "any"  // call at least one
	ToolsNone ToolChoice = "none" // call none, though they stay in the prompt
)

// ToolNamed is the choice of one tool that must be called.
func ToolNamed(name string) ToolChoice { return ToolChoice(namedTool + name) }

const namedTool = "tool:" // no name of a tool has a colon

// Format is a JSON Schema that the text of a reply keeps to.
type Format struct {
	Name   string // of at most 64 letters, digits, _ and -
	Schema []byte // sent as it is
	// Strict: the provider enforces the schema, of which it takes a subset only.
	Strict bool
}

// params writes the fields that OpenAI's formats have in common.
func (f *Format) params(o *object) *object {
	o.str("name", f.Name).raw("schema", mended(f.Schema))
	if f.Strict {
		o.yes("strict")
	}
	return o
}

// params writes OpenAI's field; named makes the form that names a tool.
func (c ToolChoice) params(o *object, named func(name string) []byte) {
	switch c {
	case ToolsAuto:
	case ToolsAny:
		o.str("tool_choice", "required")
	case ToolsNone:
		o.str("tool_choice", "none")
	default:
		o.raw("tool_choice", named(strings.TrimPrefix(string(c), namedTool)))
	}
}

// validate finds what the request could not say.
func (o *Options) validate(api quire.API, p *quire.Prompt, d *models.Dialect) error {
	if err := o.supported(api, p, d); err != nil {
		return err
	}
	if err := o.Choice.validate(api, p); err != nil {
		return err
	}
	if d.NoForce && o.Choice != ToolsAuto && o.Choice != ToolsNone {
		return broken(api, "A11", "the choice of tools is %q, which goes with no thinking; model %q thinks", string(o.Choice), p.Model)
	}
	if err := o.validateSampling(api, p, d); err != nil {
		return err
	}
	if f := o.Format; f != nil && (f.Name == "" || safeName(f.Name) != f.Name) {
		return broken(api, "", "format name %q: use at most 64 letters, digits, _ and -", f.Name)
	}
	if f := o.Format; f != nil && !isObject(f.Schema) {
		return broken(api, "A6", "the schema of format %q is no JSON object", f.Name)
	}
	if o.CacheLife > 0 && !d.LongCache {
		return broken(api, "", "the cache of model %q can't be asked to live for a given time; marks may", p.Model)
	}
	return nil
}

// supported finds what a format has no field for.
func (o *Options) supported(api quire.API, p *quire.Prompt, d *models.Dialect) error {
	if o.Count && api != quire.APIAnthropic && api != quire.APIOpenAIResponses && api != quire.APIGemini {
		return broken(api, "", "the format has no counting endpoint")
	}
	if api != quire.APIOllama && (o.Window != 0 || o.KeepAlive != 0) {
		return broken(api, "", "no field for Window or KeepAlive")
	}
	switch api {
	case quire.APIOpenAIChat:
		return validateChat(p, d)
	case quire.APIOpenAIResponses, quire.APIStrict:
		return nil
	case quire.APIGemini:
		return validateGemini(o, p, d)
	case quire.APIOllama:
		return validateOllama(o)
	}
	return validateAnthropic(o, p, d)
}

func (c ToolChoice) validate(api quire.API, p *quire.Prompt) error {
	name, named := strings.CutPrefix(string(c), namedTool)
	switch {
	case c == ToolsAuto:
		return nil
	case !named && c != ToolsAny && c != ToolsNone:
		return broken(api, "", "no tool choice %q", string(c))
	case len(p.Tools) == 0 && c != ToolsNone:
		return broken(api, "A3", "the choice of tools is %q, but there are none", string(c))
	case named && !slices.ContainsFunc(p.Tools, func(t quire.Tool) bool { return t.Name == name }):
		return broken(api, "A3", "the choice of tools is %q, which is not among them", name)
	}
	return nil
}
