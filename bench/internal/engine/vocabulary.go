package engine

import (
	"archive/tar"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// vocabulary is a byte-level one, as tokenizers of Qwen's family have it.
type vocabulary struct {
	tokens  []string // by id, in the alphabet that stands for bytes
	kinds   []int32  // by id, in the format's numbers
	merges  []string
	ids     map[string]int
	special map[string]int // by what they stand for, as text
}

// The format's numbers for kinds of tokens.
const (
	kindNormal  = 1
	kindControl = 3
	kindUser    = 4
	kindUnused  = 5
)

// readVocabulary finds tokenizer.json in a package of npm.
func readVocabulary(tgz io.Reader) (*vocabulary, error) {
	unzipped, err := gzip.NewReader(tgz)
	if err != nil {
		return nil, err
	}
	for files := tar.NewReader(unzipped); ; {
		head, err := files.Next()
		if errors.Is(err, io.EOF) {
			return nil, errors.New("the package has no tokenizer.json")
		}
		if err != nil {
			return nil, err
		}
		if strings.HasSuffix(head.Name, "/tokenizer.json") {
			return parseVocabulary(files)
		}
	}
}

func parseVocabulary(r io.Reader) (*vocabulary, error) {
	var in struct {
		Model struct {
			Vocab  map[string]int    `json:"vocab"`
			Merges []json.RawMessage `json:"merges"`
		} `json:"model"`
		Added []struct {
			ID      int    `json:"id"`
			Content string `json:"content"`
			Special bool   `json:"special"`
		} `json:"added_tokens"`
	}
	if err := json.NewDecoder(r).Decode(&in); err != nil {
		return nil, fmt.Errorf("tokenizer.json: %w", err)
	}
	size := 0
	for _, id := range in.Model.Vocab {
		size = max(size, id+1)
	}
	for _, a := range in.Added {
		size = max(size, a.ID+1)
	}
	size += -size & 63 // as models pad it
	v := &vocabulary{tokens: make([]string, size), kinds: make([]int32, size), ids: in.Model.Vocab, special: map[string]int{}}
	for i := range size {
		v.tokens[i], v.kinds[i] = fmt.Sprintf("[unused %d]", i), kindUnused
	}
	for token, id := range in.Model.Vocab {
		v.tokens[id], v.kinds[id] = token, kindNormal
	}
	for _, a := range in.Added {
		v.tokens[a.ID], v.kinds[a.ID], v.special[a.Content] = a.Content, kindUser, a.ID
		if a.Special {
			v.kinds[a.ID] = kindControl
		}
	}
	for _, raw := range in.Model.Merges {
		var pair []string
		var joined string
		if json.Unmarshal(raw, &pair) == nil {
			joined = strings.Join(pair, " ")
		} else if err := json.Unmarshal(raw, &joined); err != nil {
			return nil, fmt.Errorf("tokenizer.json: a merge that is none: %.60s", raw)
		}
		v.merges = append(v.merges, joined)
	}
	return v, nil
}

// alphabet is the letter that stands for a byte: itself where it can be seen, else one of
// those from U+0100 on, in the order of the bytes.
func alphabet() [256]rune {
	var out [256]rune
	next := rune(0x100)
	for b := range out {
		if b >= '!' && b <= '~' || b >= 0xA1 && b <= 0xAC || b >= 0xAE {
			out[b] = rune(b)
			continue
		}
		out[b] = next
		next++
	}
	return out
}

func spelled(text string) string {
	letters := alphabet()
	var b strings.Builder
	for i := range len(text) {
		b.WriteRune(letters[text[i]])
	}
	return b.String()
}

// chain cuts a text into tokens none of which comes twice, here or in taken: the longest
// that is left, each time. They need not be those that the tokenizer would make.
func (v *vocabulary) chain(text string, taken map[int]bool) ([]int, error) {
	var out []int
	for text != "" {
		n, id := 0, 0
		if special, ok := v.leading(text); ok && !taken[v.special[special]] {
			n, id = len(special), v.special[special]
		}
		for l := min(len(text), 24); l > 0 && n == 0; l-- {
			if at, ok := v.ids[spelled(text[:l])]; ok && !taken[at] {
				n, id = l, at
			}
		}
		if n == 0 {
			return nil, fmt.Errorf("no token is left for %.20q", text)
		}
		taken[id] = true
		out, text = append(out, id), text[n:]
	}
	return out, nil
}

// leading returns the longest special token that a text begins with.
func (v *vocabulary) leading(text string) (found string, ok bool) {
	for s := range v.special {
		if strings.HasPrefix(text, s) && len(s) > len(found) {
			found = s
		}
	}
	return found, found != ""
}
