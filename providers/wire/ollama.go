package wire

import (
	"encoding/base64"
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/models"
)

// buildOllama makes the body of /api/chat. Its models have the templates that
// the strict format is for, so messages alternate as there; what differs is the
// envelope, arguments, which are an object, and pictures, which are a field.
func buildOllama(p *quire.Prompt, d *models.Dialect, opts *Options) *request {
	r := &request{}
	ollamaParams(&r.params, p, d, opts)
	r.list("tools", chatTools(p))
	r.list("messages", strictMessages(p, d, ollamaForm()))
	return r
}

func ollamaParams(o *object, p *quire.Prompt, d *models.Dialect, opts *Options) {
	o.str("model", p.Model).truth("stream", opts.Stream)
	switch {
	case p.Thinking <= 0:
		o.truth("think", false) // models that can think do so unless told not to
	case d.Thinks == thinkEffort:
		o.str("think", effort(p.Thinking)) // the one family that takes words
	default:
		o.truth("think", true)
	}
	// A prompt that does not fit is refused; by default Ollama drops its oldest
	// messages and says nothing, also while it answers.
	o.truth("truncate", false).truth("shift", false)
	var settings object
	if opts.Window > 0 {
		settings.num("num_ctx", opts.Window)
	}
	if p.MaxOutput > 0 {
		settings.num("num_predict", p.MaxOutput+max(p.Thinking, 0))
	}
	opts.sample(quire.APIOllama, &settings)
	o.raw("options", settings.done())
	if opts.Format != nil {
		o.raw("format", mended(opts.Format.Schema))
	}
	switch {
	case opts.KeepAlive > 0:
		o.str("keep_alive", opts.KeepAlive.String())
	case opts.KeepAlive < 0:
		o.num("keep_alive", -1)
	}
}

// validateOllama finds what the request could not say.
func validateOllama(o *Options) error {
	if o.Choice != ToolsAuto || o.OneCall {
		return broken(quire.APIOllama, "", "no field for Choice or OneCall")
	}
	return nil
}

func ollamaForm() form {
	return form{
		api: quire.APIOllama, calls: ollamaCalls, pictures: true,
		result: func(res quire.ToolResult, id string) *object {
			return new(object).str("role", "tool").opt("tool_name", toolName(res.Name)).str("tool_call_id", id)
		},
		thinks: func(o *object, m quire.PromptMessage, _ bool) { o.opt("thinking", thoughts(m)) },
	}
}

func ollamaCalls(calls []quire.ToolCall, _ [][]byte, id func(string) string) []byte {
	b := []byte{'['}
	for k, c := range calls {
		if k > 0 {
			b = append(b, ',')
		}
		fn := new(object).str("name", safeName(c.Name)).raw("arguments", safeArgs(c.Args)).done()
		b = append(b, new(object).str("id", id(c.ID)).raw("function", fn).done()...)
	}
	return append(b, ']')
}

// thoughts joins the readable reasoning that a message holds.
func thoughts(m quire.PromptMessage) string {
	var b strings.Builder
	for _, part := range m.Parts {
		if r, ok := part.(quire.Reasoning); ok {
			b.WriteString(r.Text)
		}
	}
	return b.String()
}

// pictures returns the data of the pictures among parts as a JSON list of
// base64 strings, or nil. A picture by URL is none: the server fetches nothing.
func pictures(parts []quire.Part) []byte {
	var b []byte
	for _, part := range parts {
		img, ok := part.(quire.Image)
		if !ok || !attached(img) {
			continue
		}
		b = append(b, map[bool]byte{true: '[', false: ','}[len(b) == 0], '"')
		b = base64.StdEncoding.AppendEncode(b, img.Data)
		b = append(b, '"')
	}
	if b == nil {
		return nil
	}
	return append(b, ']')
}

// attached says whether a picture can go along as data.
func attached(img quire.Image) bool {
	return img.URL == "" && len(img.Data) > 0 && img.MediaType != ""
}

// captioned returns parts with a short text where each picture stood that goes
// apart from them.
func captioned(parts []quire.Part) []quire.Part {
	out := make([]quire.Part, len(parts))
	for i, part := range parts {
		if img, ok := part.(quire.Image); ok && attached(img) {
			part = quire.Text{Text: "[" + imageName(img) + ": attached]"}
		}
		out[i] = part
	}
	return out
}
