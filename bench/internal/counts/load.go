package counts

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/calibrate"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/tokenizer"
	"github.com/quire-dev/quire/tokenizer/tiktoken"
	"github.com/quire-dev/quire/transcript"
)

// call is one recorded call: what the record shows of its prompt, as counted here,
// and what the provider reported.
type call struct {
	mix      calibrate.Mix
	reported int
}

// session is the calls of one session that report usage, in order.
type session struct {
	folder string // below the data: what it is grouped by
	model  string
	calls  []call
}

// load reads every record below dir that reports usage, in the order of names.
func load(ctx context.Context, dir string, say func(file string)) ([]session, error) {
	var out []session
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name := strings.TrimSuffix(d.Name(), ".gz")
		if ext := filepath.Ext(name); ext != ".json" && ext != ".jsonl" {
			return nil
		}
		rel, err := filepath.Rel(dir, filepath.Dir(path))
		if err != nil {
			return err
		}
		say(d.Name())
		rec, err := transcript.Open(ctx, path, nil)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			return nil // no record of a conversation
		}
		for i := range rec.Sessions {
			if s := count(&rec.Sessions[i], rel); len(s.calls) > 0 {
				out = append(out, s)
			}
		}
		return nil
	})
	if err == nil && len(out) == 0 {
		err = errors.New("no record with usage below " + dir)
	}
	if err != nil {
		return nil, fmt.Errorf("counts: %w", err)
	}
	slices.SortStableFunc(out, func(a, b session) int { return strings.Compare(a.folder, b.folder) })
	return out, nil
}

// framingOf is the framing of the format that a model is usually called in.
func framingOf(model string) tokenizer.Framing {
	api := quire.APIOpenAIChat
	switch m := strings.ToLower(model[strings.LastIndexByte(model, '/')+1:]); {
	case strings.HasPrefix(m, "claude"):
		api = quire.APIAnthropic
	case strings.HasPrefix(m, "gemini"):
		api = quire.APIGemini
	}
	f := models.FindOver(api, "").Framing
	return f
}

// count counts the prompts of a session as they were sent, as far as the record
// has them.
func count(s *transcript.Session, folder string) session {
	enc, f := tiktoken.O200k(), framingOf(s.Model)
	each := make([]calibrate.Mix, len(s.Messages))
	for i := range s.Messages {
		parts := s.Messages[i].Parts
		each[i] = calibrate.MixOf(f, f.Message(enc, parts), parts)
	}
	fixed := calibrate.MixFixed(f, f.Fixed(enc, s.System, s.Tools), enc.CountText(s.System), s.Tools)
	out := session{folder: folder, model: s.Model}
	shown, first := 0, -1 // what the call before was sent
	for _, c := range s.Calls {
		if c.Usage.Input == 0 {
			continue
		}
		m := fixed
		for i := c.First; i < c.At; i++ {
			m = m.Add(each[i])
			if i >= shown || c.First != first {
				m.New += each[i].Total()
			}
		}
		if first < 0 {
			m.New = m.Total()
		}
		shown, first = c.At, c.First
		out.calls = append(out.calls, call{m, c.Usage.Input})
	}
	return out
}
