package wire

import (
	"slices"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/models"
)

// SentMarks returns the marks of p that Encode really sends, and where: sorted,
// each boundary once, at most as many as the model's dialect allows (the last ones
// when there are more), none behind a message that p does not have, and a
// longer lifetime never behind a shorter one. A mark after a message that can't
// carry one (all thinking, or an assistant message at OpenAI) moves to the end
// of the nearest message before it that can, and is reported there. OpenAI keeps
// what is marked for 30 minutes or, where the model has that, for 12 hours: a longer
// TTL than 30 minutes is reported as what was granted.
func SentMarks(api quire.API, p *quire.Prompt) ([]quire.CacheMark, error) {
	r, err := build(api, p, &Options{}, sentSchema)
	if err != nil {
		return nil, err
	}
	return r.sentMarks(), nil
}

func (r *request) sentMarks() []quire.CacheMark {
	var sent []quire.CacheMark
	for _, s := range r.sections {
		for i := range s.items {
			for _, bl := range s.items[i].blocks {
				if bl.marked {
					sent = append(sent, quire.CacheMark{After: bl.msg + 1, TTL: bl.ttl})
				}
			}
		}
	}
	return sent
}

// placeMarks marks blocks as p asks, within what the dialect allows.
func (r *request) placeMarks(p *quire.Prompt, d *models.Dialect) {
	if d.Marks == 0 {
		return
	}
	marks := slices.Clone(p.Marks)
	marks = slices.DeleteFunc(marks, func(m quire.CacheMark) bool { return m.After < 0 || m.After > len(p.Messages) })
	slices.SortStableFunc(marks, func(a, b quire.CacheMark) int { return a.After - b.After })

	var chosen []*block
	ttl := make(map[*block]time.Duration)
	life := r.life
	if life == nil {
		life = func(asked time.Duration) time.Duration { return asked }
	}
	for _, m := range marks {
		bl := r.carrier(m.After)
		if bl == nil {
			continue
		}
		if !slices.Contains(chosen, bl) {
			chosen = append(chosen, bl)
		}
		ttl[bl] = max(ttl[bl], life(m.TTL))
	}
	chosen = chosen[max(0, len(chosen)-d.Marks):]
	for i, bl := range chosen {
		bl.marked, bl.ttl = true, ttl[bl]
		if i > 0 {
			bl.ttl = min(bl.ttl, chosen[i-1].ttl)
		}
	}
}

// carrier finds the last block before the end of the first n messages that may
// carry a mark, or nil.
func (r *request) carrier(n int) *block {
	for i := len(r.sections) - 1; i >= 0; i-- {
		items := r.sections[i].items
		for j := len(items) - 1; j >= 0; j-- {
			for k := len(items[j].blocks) - 1; k >= 0; k-- {
				if bl := &items[j].blocks[k]; bl.canMark && bl.msg < n {
					return bl
				}
			}
		}
	}
	return nil
}
