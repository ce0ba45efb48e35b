package engine

import (
	"fmt"
	"io"
	"math"
	"math/rand/v2"
)

// The model's size: one layer, and as small as the format lets it be.
const (
	width   = 128
	heads   = 4
	inner   = 256   // of the feed-forward part
	trained = 32768 // the longest context
)

// Said and Called are what the model answers: a call where the newest message is none of
// a tool's, else a sentence. See package engine.
const (
	Said   = "Thank you, that is noted and nothing else remains open."
	Called = `<tool_call>{"name":"mail_find","arguments":{"words":"invoice"}}</tool_call>`
)

// template is the model's, for Ollama: ChatML, with tools as JSON and some hundred tokens
// that say how to call them, as templates of models that were trained have it. What stands last says
// which of the two chains begins: one line break or two, each one token.
const template = `{{- if or .System .Tools }}<|im_start|>system
{{ .System }}
{{- if .Tools }}

# Tools

These functions are there for you, one on each line, with what they take as a JSON schema:
<tools>
{{- range .Tools }}
{"type": "function", "function": {{ .Function }}}
{{- end }}
</tools>

Whoever wants to call one says so with a JSON object of its name and its arguments, between two tags, and adds nothing else:
<tool_call>
{"name": <the name of a function>, "arguments": <an object that fits its schema>}
</tool_call>
{{- end }}<|im_end|>
{{ end }}
{{- range $i, $_ := .Messages }}
{{- $last := eq (len (slice $.Messages $i)) 1 }}
{{- if eq .Role "user" }}<|im_start|>user
{{ .Content }}<|im_end|>
{{ else if eq .Role "assistant" }}<|im_start|>assistant
{{ .Content }}
{{- if .ToolCalls }}{{- range .ToolCalls }}<tool_call>{"name":"{{ .Function.Name }}","arguments":{{ .Function.Arguments }}}</tool_call>{{- end }}{{- end }}<|im_end|>
{{ else if eq .Role "tool" }}<|im_start|>tool
{{ .Content }}<|im_end|>
{{ end }}
{{- if and $last (eq .Role "tool") }}<|im_start|>assistant

{{ else if and $last (ne .Role "assistant") }}<|im_start|>assistant
{{ end }}
{{- end }}`

// writeModel writes the model's file: the same bytes for the same vocabulary.
func writeModel(to io.Writer, v *vocabulary) error {
	next, err := programmed(v)
	if err != nil {
		return err
	}
	g := &gguf{values: settings(v)}
	embedding := func(i int) []float32 { return random(uint64(i), width, 1) }
	output := func(i int) []float32 {
		row := make([]float32, width)
		for this, then := range next {
			if then != i {
				continue
			}
			e := embedding(this)
			length := 0.0
			for _, x := range e {
				length += float64(x) * float64(x)
			}
			for k, x := range e {
				row[k] += float32(float64(x) / math.Sqrt(length) * 40 / math.Sqrt(width))
			}
		}
		return row
	}
	ones := func(int) []float32 {
		row := make([]float32, width)
		for i := range row {
			row[i] = 1
		}
		return row
	}
	add := func(name string, cols, rows int, half bool, row func(int) []float32) {
		if row == nil {
			seed := uint64(len(g.tensors)+1) << 40
			row = func(i int) []float32 { return random(seed+uint64(i), cols, 0.02) }
		}
		g.tensors = append(g.tensors, tensor{name: name, cols: cols, rows: rows, half: half, row: row})
	}
	add("token_embd.weight", width, len(v.tokens), true, embedding)
	add("blk.0.attn_norm.weight", width, 1, false, ones)
	for _, name := range []string{"q", "k", "v", "output"} {
		add("blk.0.attn_"+name+".weight", width, width, true, nil)
	}
	add("blk.0.ffn_norm.weight", width, 1, false, ones)
	add("blk.0.ffn_gate.weight", width, inner, true, nil)
	add("blk.0.ffn_up.weight", width, inner, true, nil)
	add("blk.0.ffn_down.weight", inner, width, true, nil)
	add("output_norm.weight", width, 1, false, ones)
	add("output.weight", width, len(v.tokens), true, output)
	return g.write(to)
}

// programmed says which token follows which: both answers, each to its end.
func programmed(v *vocabulary) (map[int]int, error) {
	end, ok := v.special["<|im_end|>"]
	if !ok {
		return nil, fmt.Errorf("the vocabulary has no <|im_end|>")
	}
	next, taken := map[int]int{}, map[int]bool{end: true}
	for _, c := range [][2]string{{"\n", Called}, {"\n\n", Said}} {
		from, ok := v.ids[spelled(c[0])]
		if !ok {
			return nil, fmt.Errorf("the vocabulary has no %q", c[0])
		}
		taken[from] = true
		tokens, err := v.chain(c[1], taken)
		if err != nil {
			return nil, err
		}
		for _, t := range append(tokens, end) {
			next[from], from = t, t
		}
	}
	return next, nil
}

// settings are those of a model of Llama's architecture.
func settings(v *vocabulary) []value {
	return []value{
		{"general.architecture", "llama"}, {"general.name", "quire random"}, {"general.file_type", uint32(1)},
		{"llama.block_count", uint32(1)}, {"llama.context_length", uint32(trained)}, {"llama.embedding_length", uint32(width)},
		{"llama.feed_forward_length", uint32(inner)}, {"llama.attention.head_count", uint32(heads)}, {"llama.attention.head_count_kv", uint32(heads)},
		{"llama.attention.layer_norm_rms_epsilon", float32(1e-5)}, {"llama.rope.dimension_count", uint32(width / heads)}, {"llama.vocab_size", uint32(len(v.tokens))},
		{"tokenizer.ggml.model", "gpt2"}, {"tokenizer.ggml.pre", "qwen2"}, {"tokenizer.ggml.tokens", v.tokens}, {"tokenizer.ggml.token_type", v.kinds},
		{"tokenizer.ggml.merges", v.merges}, {"tokenizer.ggml.eos_token_id", uint32(v.special["<|im_end|>"])}, {"tokenizer.ggml.add_bos_token", false},
	}
}

// random is a row of normal numbers, always the same for its seed.
func random(seed uint64, n int, sigma float64) []float32 {
	r := rand.New(rand.NewPCG(20261129, seed))
	row := make([]float32, n)
	for i := range row {
		row[i] = float32(r.NormFloat64() * sigma)
	}
	return row
}
