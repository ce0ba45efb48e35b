package price

import "time"

// engineSource: a call of 500 new tokens attends to each cached one for 500 · 4 · width ·
// layers operations, a new token takes 2 · parameters: 0.26 and 14 billion at 7 billion
// parameters, width 4,096 and 32 layers.
const engineSource = "a read is the attention of 500 new tokens to one cached, by calculation for 7 billion parameters: a fiftieth; measured with a model of width 128, where attention is most of it, on llama-server, CPU, 2026-11-28: 0.14 to 0.19"

// engines are servers of one's own, priced in time: what is taken in anew is what
// somebody waits for. Any prefix that a request has in common with the last one of its
// slot is read, to the token or in whole blocks. That others may use the slot in between
// is for CostModel.Sharers and for what is reported.
func engines() []CostModel {
	slot := CostModel{Name: "llama.cpp", Provider: "llama.cpp", Models: []string{""},
		Read: 0.02, Write: 1, Uncached: 1, Quantum: 1, InTime: true, Date: "2026-11-29",
		Source: "github.com/ggml-org/llama.cpp tools/server/README.md: cache_prompt, on by default; what a slot holds stays until another prompt takes it; " + engineSource}
	ollama := slot
	ollama.Name, ollama.Provider, ollama.Models, ollama.TTL = "ollama", "ollama", []string{""}, 5*time.Minute
	ollama.Source = "docs.ollama.com: faq, keep_alive: a model that nobody asks is unloaded after 5 minutes, and its cache with it; ollama v0.17.4, runner/ollamarunner/cache.go: the longest common prefix of a slot; " + engineSource
	blocks := CostModel{Name: "vllm", Provider: "vllm", Models: []string{""},
		Read: 0.1, Write: 1, Uncached: 1, Quantum: 16, InTime: true, Date: date,
		Source: "docs.vllm.ai: automatic prefix caching, blocks of 16 that all callers share; a read is what decoding costs on one's own GPU, by calculation; least recently used blocks go, so life is unknown"}
	return []CostModel{slot, ollama, blocks}
}
