package wire

import (
	"slices"
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/models"
)

// Encode returns the body of the request for p. A nil opts is the zero value.
// Every error is an [*Error] and names the rule that p breaks. Encode keeps
// nothing of p and does not modify it.
func Encode(api quire.API, p *quire.Prompt, opts *Options) ([]byte, error) {
	body, _, err := encode(api, p, opts, sentSchema)
	return body, err
}

// encode returns a body, and the marks that it carries.
func encode(api quire.API, p *quire.Prompt, opts *Options, schema schemaOf) ([]byte, []quire.CacheMark, error) {
	if opts == nil {
		opts = &Options{}
	}
	r, err := build(api, p, opts, schema)
	if err != nil {
		return nil, nil, err
	}
	return r.bytes(), r.sentMarks(), nil
}

// build checks p and makes its request.
func build(api quire.API, p *quire.Prompt, opts *Options, schema schemaOf) (*request, error) {
	encoders := map[quire.API]func(*quire.Prompt, *models.Dialect, *Options) *request{
		quire.APIAnthropic:       buildAnthropic,
		quire.APIOpenAIChat:      buildChat,
		quire.APIOpenAIResponses: buildResponses,
		quire.APIGemini:          buildGemini,
		quire.APIStrict:          buildStrict,
		quire.APIOllama:          buildOllama,
	}
	of, ok := encoders[api]
	if !ok {
		return nil, broken(api, "", "no such format")
	}
	p, err := validate(api, p, schema)
	if err != nil {
		return nil, err
	}
	d := opts.dialect(api, p)
	if err := opts.validate(api, p, d); err != nil {
		return nil, err
	}
	if opts.NoImages {
		p = withoutImages(p)
	} else {
		p = fitPictures(api, p)
	}
	r := of(ours(p, d), d, opts)
	if err := r.addExtra(api, opts); err != nil {
		return nil, err
	}
	if !opts.Count {
		r.placeMarks(p, d)
	}
	return r, nil
}

// Headers returns the headers, beyond the content type and the key, that the
// request for p needs. A nil opts is the zero value.
func Headers(api quire.API, p *quire.Prompt, opts *Options) []quire.Header {
	if api != quire.APIAnthropic {
		if d := opts.dialect(api, p); p.CacheKey != "" && d.CacheKey != "" && d.CacheKey != cacheKeyField {
			return []quire.Header{{Name: d.CacheKey, Value: safeID(p.CacheKey)}}
		}
		return nil
	}
	h := []quire.Header{{Name: "anthropic-version", Value: "2023-06-01"}}
	d := opts.dialect(api, p)
	var betas []string
	if d.ReasoningBound {
		betas = append(betas, "thinking-binding-controls-2026-08-01")
	}
	if d.NoticeClears && (notice(p, d) != "" || slices.ContainsFunc(p.Messages, func(m quire.PromptMessage) bool { return m.Notice != "" })) {
		betas = append(betas, "mid-conversation-system-clear-at-2026-08-21")
	}
	if len(betas) > 0 {
		h = append(h, quire.Header{Name: "anthropic-beta", Value: strings.Join(betas, ",")})
	}
	return h
}

// list makes a section that holds a JSON array; none when it has no items.
func (r *request) list(name string, items []item) {
	if len(items) > 0 {
		r.sections = append(r.sections, section{name: name, open: "[", close: "]", items: items})
	}
}

// array makes an item whose blocks stand in a JSON array.
func array(open string, level Level, msg int) item {
	return item{open: open, close: "]}", level: level, msg: msg}
}

// object block with a comma before it.
func jsonBlock(raw []byte, msg int, canMark bool) block {
	return textBlockOf(body{raw: raw}, msg, canMark)
}

func textBlockOf(b body, msg int, canMark bool) block {
	return block{lead: ",", body: b, msg: msg, canMark: canMark}
}

// stringItem makes an item whose content is one JSON string, joined of texts by
// line breaks. after is what follows the string: `}` or more fields.
func stringItem(open string, texts []string, after string, msg int) item {
	it := item{open: open + `"`, close: `"` + after, level: LevelMessages, msg: msg, blocks: make([]block, 0, len(texts))}
	for _, t := range texts {
		it.blocks = append(it.blocks, block{lead: `\n`, body: body{text: t}, msg: msg})
	}
	return it
}
