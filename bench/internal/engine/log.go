package engine

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"
)

// slotLog follows the log of an Ollama server that runs with OLLAMA_DEBUG=1: for each call
// it has a line that says how much of the prompt stood in the cache.
type slotLog struct {
	file *os.File
	r    *bufio.Reader
	half string // a line that is not whole yet
}

// slot is what such a line says, in tokens.
type slot struct{ prompt, used int }

// follow begins at the end of a log; without a path it follows nothing.
func follow(path string) (*slotLog, error) {
	if path == "" {
		return &slotLog{}, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	if _, err := f.Seek(0, io.SeekEnd); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &slotLog{file: f, r: bufio.NewReader(f)}, nil
}

func (l *slotLog) close() {
	if l.file != nil {
		_ = l.file.Close()
	}
}

// cached returns how many tokens of the call that was just answered came from the cache;
// -1 where there is no log. The prompt that the line speaks of must be the one reported.
func (l *slotLog) cached(input int) (int, error) {
	if l.file == nil {
		return -1, nil
	}
	var found []slot
	for try := 0; len(found) == 0 && try < 50; try++ {
		if try > 0 {
			time.Sleep(20 * time.Millisecond) // the log is written by another process
		}
		for {
			line, err := l.r.ReadString('\n')
			l.half += line
			if err != nil {
				break
			}
			if s, ok := slotOf(l.half); ok {
				found = append(found, s)
			}
			l.half = ""
		}
	}
	if len(found) != 1 {
		return 0, fmt.Errorf("the log tells of %d calls where one was made", len(found))
	}
	if found[0].prompt != input {
		return 0, fmt.Errorf("the log tells of a prompt of %d tokens, the reply of %d", found[0].prompt, input)
	}
	return found[0].used, nil
}

// slotOf reads a line of the log.
func slotOf(line string) (slot, bool) {
	if !strings.Contains(line, `msg="loading cache slot"`) {
		return slot{}, false
	}
	var s slot
	for word := range strings.FieldsSeq(line) {
		key, value, _ := strings.Cut(word, "=")
		n, err := strconv.Atoi(value)
		switch {
		case err != nil:
		case key == "prompt":
			s.prompt = n
		case key == "used":
			s.used = n
		}
	}
	return s, s.prompt > 0
}
