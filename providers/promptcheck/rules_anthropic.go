package promptcheck

import (
	"bytes"
	"encoding/base64"
	"fmt"
	stdimage "image"
	_ "image/gif" // the formats whose size B6 reads
	_ "image/jpeg"
	_ "image/png"

	"github.com/quire-dev/quire"
)

// The figures of Anthropic's rules.
const (
	maxMarks   = 4
	maxImages  = 100
	manyImages = 20   // above this, each image is limited to
	maxSide    = 2000 // pixels a side
)

func anthropicRules() []rule {
	a := []quire.API{quire.APIAnthropic}
	return []rule{
		{"B1", documented, "the results of a turn's calls stand first in the next user message", a, checkResultsFirst},
		{"B2", documented, "thinking carries its signature and does not end a message", a, checkSignatures},
		{"B3", documented, "system stands apart, a user's message is first, and roles alternate; what the system says on the way stands between a user and the assistant", a, checkAlternation},
		{"B4", assumed, "no empty text block, and no cache mark on empty text or thinking", a, checkMarkedBlocks},
		{"B5", documented, "at most 4 cache marks, longer lifetimes first", a, checkMarks},
		{"B6", assumed, "at most 100 images, and above 20 of them each at most 2000 pixels a side", a, checkImages},
		{"B7", documented, "from Claude 4.6 on the last message is a user's, unless the server paused", a, checkLastIsUser},
	}
}

func checkLastIsUser(r *request) []finding {
	n := len(r.msgs)
	if n == 0 || !r.dialect().UserLast {
		return nil
	}
	last := r.msgs[n-1]
	if last.role != assistant || len(last.blocks) > 0 && last.blocks[len(last.blocks)-1].kind == other {
		return nil
	}
	return []finding{{last.path, "the assistant's words are last"}}
}

func checkResultsFirst(r *request) []finding {
	var out []finding
	for i, m := range r.msgs {
		want := map[string]bool{}
		for _, b := range m.blocks {
			if b.kind == call {
				want[b.id] = true
			}
		}
		if len(want) > 0 {
			if i+1 == len(r.msgs) || r.msgs[i+1].role != user {
				out = append(out, finding{m.path, "no user message follows its calls"})
				continue
			}
			for _, b := range r.msgs[i+1].blocks {
				delete(want, b.id)
			}
			if len(want) > 0 {
				out = append(out, finding{r.msgs[i+1].path, fmt.Sprintf("%d results are not in it", len(want))})
			}
		}
		late := false
		for _, b := range m.blocks {
			if b.kind == result && (late || m.role != user) {
				out = append(out, finding{b.path, "a result after other content"})
			}
			late = late || b.kind != result
		}
	}
	return out
}

func checkSignatures(r *request) []finding {
	var out []finding
	for _, m := range r.msgs {
		for j, b := range m.blocks {
			switch {
			case b.kind != thinking:
			case m.role != assistant:
				out = append(out, finding{b.path, "thinking in a message of role " + m.role})
			case b.proof == "":
				out = append(out, finding{b.path, "no signature and no data"})
			case j == len(m.blocks)-1:
				out = append(out, finding{b.path, "the last block"})
			}
		}
	}
	return out
}

func checkAlternation(r *request) []finding {
	var out []finding
	before, said := "", "" // the role before, and that of the last message beside the system's
	for _, m := range r.msgs {
		switch {
		case m.role == system && before != "" && r.dialect().NoticeClears:
			if before == assistant {
				out = append(out, finding{m.path, "a system message behind the assistant's"})
			}
			before = system
			continue
		case m.role != user && m.role != assistant:
			out = append(out, finding{m.path, fmt.Sprintf("role %q", m.role)})
		case before == "" && m.role != user:
			out = append(out, finding{m.path, "the first message is the " + m.role + "'s"})
		case before == system && m.role == user:
			out = append(out, finding{m.path, "a user's message behind a system message"})
		case said == m.role && !m.set:
			out = append(out, finding{m.path, "a second " + m.role + " message in a row"})
		}
		before, said = m.role, m.role
	}
	return out
}

func checkMarkedBlocks(r *request) []finding {
	var out []finding
	look := func(_ *message, b *block) {
		empty := b.kind == text && blank(b.text)
		switch {
		case empty && b.marked:
			out = append(out, finding{b.path, "a cache mark on empty text"})
		case empty:
			out = append(out, finding{b.path, "empty text"})
		case b.kind == thinking && b.marked:
			out = append(out, finding{b.path, "a cache mark on thinking"})
		}
	}
	for i := range r.system {
		look(nil, &r.system[i])
	}
	r.blocks(look)
	return out
}

func checkMarks(r *request) []finding {
	type at struct {
		path string
		hour bool
	}
	var marks []at
	for _, t := range r.tools {
		if t.marked {
			marks = append(marks, at{t.path, t.ttl == "1h"})
		}
	}
	for _, b := range r.system {
		if b.marked {
			marks = append(marks, at{b.path, b.ttl == "1h"})
		}
	}
	r.blocks(func(_ *message, b *block) {
		if b.marked {
			marks = append(marks, at{b.path, b.ttl == "1h"})
		}
	})
	if _, auto := r.top["cache_control"]; auto {
		marks = append(marks, at{"cache_control", false}) // takes a slot of its own
	}
	var out []finding
	if len(marks) > maxMarks {
		out = append(out, finding{marks[maxMarks].path, fmt.Sprintf("%d marks", len(marks))})
	}
	for i := 1; i < len(marks); i++ {
		if marks[i].hour && !marks[i-1].hour {
			out = append(out, finding{marks[i].path, "an hour's mark after a shorter one"})
		}
	}
	return out
}

func checkImages(r *request) []finding {
	var images []*block
	r.blocks(func(_ *message, b *block) {
		if b.kind == image {
			images = append(images, b)
		}
	})
	var out []finding
	if len(images) > maxImages {
		out = append(out, finding{images[maxImages].path, fmt.Sprintf("%d images", len(images))})
	}
	if len(images) <= manyImages {
		return out
	}
	for _, b := range images {
		raw, err := base64.StdEncoding.DecodeString(b.data)
		if err != nil {
			continue // by URL, or not ours to judge
		}
		c, _, err := stdimage.DecodeConfig(bytes.NewReader(raw))
		if err == nil && max(c.Width, c.Height) > maxSide {
			out = append(out, finding{b.path, fmt.Sprintf("%dx%d pixels in a request of %d images", c.Width, c.Height, len(images))})
		}
	}
	return out
}
