// Package tiktoken holds the public vocabularies of OpenAI's models, linked
// into the program, so that counting needs neither network nor files.
//
//	fmt.Println(tiktoken.O200k().CountText("How many tokens is this?"))
//
// Importing it adds about 7 MB to a program: the vocabularies as
// github.com/pkoukk/tiktoken-go-loader ships them. Nothing is read before the
// first call of [O200k] or [CL100k]; that call takes about 20 ms and keeps 5.6 MB
// (3 MB for CL100k), once in the life of the program.
package tiktoken

import (
	"fmt"
	"strings"
	"sync"

	"github.com/pkoukk/tiktoken-go-loader/assets"

	"github.com/quire-dev/quire/tokenizer"
)

// The vocabularies are constants of the program in all but syntax: read once
// from data that is linked in, never changed after. So the program shares one
// copy of each, and nothing has to own it.
var (
	cl100k = sync.OnceValue(func() *tokenizer.Encoding { return load("cl100k_base", tokenizer.SplitCL100K) })
	o200k  = sync.OnceValue(func() *tokenizer.Encoding { return load("o200k_base", tokenizer.SplitO200K) })
)

// CL100k returns the encoding of GPT-3.5 and GPT-4. It is safe for concurrent
// use and always the same value.
func CL100k() *tokenizer.Encoding { return cl100k() }

// O200k returns the encoding of GPT-4o and every OpenAI model since. It is
// safe for concurrent use and always the same value.
func O200k() *tokenizer.Encoding { return o200k() }

// load reads linked-in data, whose digest the tests pin: it can fail only in a
// program that was built from something else, so it panics.
func load(name string, split tokenizer.Split) *tokenizer.Encoding {
	f, err := assets.Assets.Open(name + ".tiktoken")
	if err != nil {
		panic(fmt.Sprintf("tiktoken: %s is not linked in: %v", name, err))
	}
	defer f.Close()
	e, err := tokenizer.NewEncoding(name, split, f)
	if err != nil {
		panic(fmt.Sprintf("tiktoken: %s: %v", name, err))
	}
	return e
}

// ForModel returns the encoding of an OpenAI model by its name
// ("gpt-5.1-mini", "gpt-4-turbo"). ok is false for every other model: take a
// [tokenizer.Estimate] or [tokenizer.Approx] for those.
func ForModel(model string) (e *tokenizer.Encoding, ok bool) {
	for _, m := range models {
		if strings.HasPrefix(model, m.prefix) {
			return m.encoding(), true
		}
	}
	return nil, false
}

// models is read from the top: a longer prefix stands before a shorter one.
// Source: the table of tiktoken-go v0.1.8; gpt-5, gpt-oss, o1 and later by
// OpenAI's announcements. Written down 2026-11-23.
var models = [...]struct {
	prefix   string
	encoding func() *tokenizer.Encoding
}{
	{"gpt-4o", O200k},
	{"gpt-4.1", O200k},
	{"gpt-4.5", O200k},
	{"chatgpt-4o", O200k},
	{"gpt-4", CL100k},
	{"gpt-3.5", CL100k},
	{"gpt-35", CL100k}, // Azure's spelling
	{"gpt-5", O200k},
	{"gpt-oss", O200k}, // o200k_harmony: more special tokens, the same text
	{"o1", O200k},
	{"o3", O200k},
	{"o4", O200k},
	{"text-embedding-ada-002", CL100k},
	{"text-embedding-3", CL100k},
}
