package recall

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"time"
)

// sample is one conversation with its questions.
type sample struct {
	name      string
	messages  []message
	questions []question
}

// message is one turn of the conversation.
type message struct {
	id, speaker, text string
	session           int
	sent              time.Time
}

// question asks for what some messages say.
type question struct {
	text     string
	category string
	evidence []int // messages
}

// A file in the shape of LoCoMo: sessions are the members session_1, session_2 … of
// a conversation, each with its date in session_1_date_time, if it has one.
type rawSample struct {
	QA []struct {
		Question string   `json:"question"`
		Evidence []string `json:"evidence"`
		Category int      `json:"category"`
	} `json:"qa"`
	Conversation map[string]json.RawMessage `json:"conversation"`
}

type rawTurn struct {
	Speaker string `json:"speaker"`
	ID      string `json:"dia_id"`
	Text    string `json:"text"`
	Caption string `json:"blip_caption"`
}

// largest is how many bytes a file may have, unpacked; more than anyRatio only when that
// is at most maxRatio times what it is unpacked from. Conversations pack to a third or a
// tenth.
const (
	largest  = 1 << 30
	anyRatio = 64 << 20
	maxRatio = 100
)

// read returns what a file holds, unpacked when it begins as gzip does, whatever it is
// called.
func read(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	begun := bufio.NewReader(f)
	var from io.Reader = begun
	if magic, err := begun.Peek(2); err == nil && magic[0] == 0x1f && magic[1] == 0x8b {
		if from, err = gzip.NewReader(begun); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	limit := int64(largest)
	if info, err := f.Stat(); err == nil && from != io.Reader(begun) {
		limit = min(limit, max(anyRatio, maxRatio*info.Size()))
	}
	b, err := io.ReadAll(io.LimitReader(from, limit+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if int64(len(b)) > limit {
		return nil, fmt.Errorf("%s has more than %d bytes: split it", path, limit)
	}
	return b, nil
}

// load reads a file. Questions without evidence, and with evidence that does not
// exist, are left out.
func load(path string) ([]sample, error) {
	b, err := read(path)
	if err != nil {
		return nil, err
	}
	var raw []rawSample
	if err := json.Unmarshal(b, &raw); err != nil {
		return nil, fmt.Errorf("%s is not in the shape of LoCoMo: %w", path, err)
	}
	out := make([]sample, len(raw))
	for i := range raw {
		out[i].name = fmt.Sprint(i + 1)
		if err := out[i].fill(&raw[i]); err != nil {
			return nil, fmt.Errorf("%s, conversation %d: %w", path, i+1, err)
		}
	}
	return out, nil
}

// evidence finds the ids of turns in what is given as evidence: some entries name
// several, in several ways.
var evidence = regexp.MustCompile(`D\d+:\d+`)

func (s *sample) fill(raw *rawSample) error {
	at := map[string]int{}
	begun := undated
	for n := 1; n <= len(raw.Conversation); n++ {
		turns, ok := raw.Conversation[fmt.Sprintf("session_%d", n)]
		if !ok {
			continue
		}
		var list []rawTurn
		if err := json.Unmarshal(turns, &list); err != nil {
			return fmt.Errorf("session %d: %w", n, err)
		}
		var err error
		if begun, err = date(raw.Conversation[fmt.Sprintf("session_%d_date_time", n)], begun.AddDate(0, 0, 1)); err != nil {
			return fmt.Errorf("date of session %d: %w", n, err)
		}
		for i, t := range list {
			if t.Caption != "" {
				t.Text = strings.TrimSpace(t.Text + " [shares image: " + t.Caption + "]")
			}
			at[t.ID] = len(s.messages)
			s.messages = append(s.messages, message{t.ID, t.Speaker, t.Text, n, begun.Add(time.Duration(i) * time.Second)})
		}
	}
	for _, q := range raw.QA {
		if found, ok := lookUp(at, q.Evidence); ok {
			s.questions = append(s.questions, question{q.Question, fmt.Sprint(q.Category), found})
		}
	}
	return nil
}

// undated is the day before that of a first session that has no date.
var undated = time.Date(1999, 12, 31, 12, 0, 0, 0, time.UTC)

// date reads when a session began; one that does not say so began at other.
func date(raw json.RawMessage, other time.Time) (time.Time, error) {
	var s string
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &s); err != nil {
			return time.Time{}, err
		}
	}
	if s = strings.TrimSpace(s); s == "" {
		return other, nil
	}
	return time.Parse("3:04 pm on 2 January, 2006", s)
}

func lookUp(at map[string]int, list []string) ([]int, bool) {
	var found []int
	seen := map[int]bool{}
	for _, e := range list {
		for _, id := range evidence.FindAllString(e, -1) {
			i, ok := at[id]
			if !ok {
				return nil, false
			}
			if !seen[i] {
				seen[i] = true
				found = append(found, i)
			}
		}
	}
	return found, len(found) > 0
}
