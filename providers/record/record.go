package record

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// Mode says what a [Recording] does with a request.
type Mode int

const (
	// Replay answers from the file alone. Nothing is ever sent.
	Replay Mode = iota
	// Record sends everything, and begins the file anew: what it held before is
	// lost when it is opened.
	Record
	// ReplayOrRecord answers from the file what it knows, sends the rest and
	// appends it. A test in this mode can cost money without anybody noticing.
	ReplayOrRecord
)

// Options change what a recording keeps. The zero value plays back.
type Options struct {
	Mode Mode
	// Headers are kept besides [Headers]. Names that carry secrets are refused.
	Headers []string
	// Query are parameters that are kept besides [Query]. Names that carry
	// secrets are refused.
	Query []string
	// Redact takes out what must not be kept. It gets every text of a prompt and
	// of a reply, the URL, the values of kept headers and the bodies, one at a
	// time, and returns what is to stand in its place; it must not modify what
	// it gets. A body is what the wire carries: a secret in JSON may be escaped
	// there. The same input must give the same output, and it may be called by
	// several goroutines at once. nil keeps all.
	Redact func(text []byte) []byte
	// Now, when it is not nil, stamps each exchange that is recorded. Nothing
	// depends on the stamp.
	Now func() time.Time
}

// ErrSecret is why [Open] refuses to keep a header or a parameter.
var ErrSecret = errors.New("it carries a secret")

// Recording is an open file of exchanges. It is safe for concurrent use. One
// process at a time may record into a file.
type Recording struct {
	path string
	opts Options
	keep keepers

	mu    sync.Mutex
	known []*exchange // that the file held when it was opened
	notes []string
	file  *os.File // nil when nothing is recorded
	err   error    // the first failure to write; from then on nothing is sent
}

// Open opens the recording at path. A nil opts is the zero value. A file that
// can't be read as a recording is an error, in every mode, so that Record
// never writes over a file of another kind. Close it in the end.
func Open(path string, opts *Options) (*Recording, error) {
	if opts == nil {
		opts = &Options{}
	}
	r := &Recording{path: path, opts: *opts}
	var err error
	if r.keep, err = newKeepers(opts); err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	content, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) && opts.Mode != Replay {
		err = nil
	}
	if err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	sound, err := r.load(content)
	if err != nil {
		return nil, err
	}
	if opts.Mode == Replay {
		return r, nil
	}
	if opts.Mode == Record {
		r.known, r.notes, sound = nil, nil, 0
	}
	if err := r.begin(content[:sound]); err != nil {
		return nil, err
	}
	return r, nil
}

// load reads the exchanges of a file and returns how many bytes of it are sound.
func (r *Recording) load(content []byte) (int, error) {
	p := parser{path: r.path}
	if err := p.parse(content); err != nil {
		return 0, err
	}
	r.known, r.notes = p.done, p.notes
	return p.sound, nil
}

// begin opens the file for appending behind what is sound of it.
func (r *Recording) begin(sound []byte) error {
	f, err := os.OpenFile(r.path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("record: %w", err)
	}
	r.file = f
	if err := f.Truncate(int64(len(sound))); err != nil {
		return r.fail(err)
	}
	if _, err := f.Seek(0, io.SeekEnd); err != nil {
		return r.fail(err)
	}
	switch {
	case len(sound) == 0:
		return r.write([]byte(firstLine))
	case sound[len(sound)-1] != '\n': // an editor took the last line's end away
		return r.write([]byte("\n"))
	}
	return nil
}

// fail closes the file after an error, and remembers it.
func (r *Recording) fail(err error) error {
	r.err = fmt.Errorf("record: %s: %w", r.path, err)
	r.file.Close()
	r.file = nil
	return r.err
}

// write appends whole lines and waits until they are on the disk.
func (r *Recording) write(lines []byte) error {
	if _, err := r.file.Write(lines); err != nil {
		return r.fail(err)
	}
	if err := r.file.Sync(); err != nil {
		return r.fail(err)
	}
	return nil
}

// add appends an exchange that ended. err is why its lines could not be made.
// The exchange itself went well, so a failure is told by what comes next: no more
// requests are sent, and Close returns it.
func (r *Recording) add(lines []byte, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.err != nil:
	case r.file == nil:
		r.err = fmt.Errorf("record: %s: an exchange ended after Close and is not kept", r.path)
	case err != nil:
		_ = r.fail(err)
	default:
		_ = r.write(lines)
	}
}

// Close closes the file and returns the first error that kept an exchange out of
// it. Exchanges that have not ended are not kept: close what reads them first.
func (r *Recording) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.file != nil {
		if err := r.file.Close(); err != nil && r.err == nil {
			r.err = fmt.Errorf("record: %w", err)
		}
		r.file = nil
	}
	return r.err
}

// Exchange names one exchange of a recording.
type Exchange struct {
	Line int    // of the file, where it begins, counted from 1
	What string // "POST /v1/messages", or the prompt in a few words
}

// Unused returns what the file held when it was opened and nobody has asked for
// yet, in the order of the file: what a test no longer needs, or no longer does.
func (r *Recording) Unused() []Exchange {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []Exchange
	for _, x := range r.known {
		if !x.played {
			out = append(out, Exchange{x.line, x.what})
		}
	}
	return out
}

// Notes returns what was odd about the file or could not be kept, a sentence each:
// an exchange that a crash cut off, a connection that became a websocket.
func (r *Recording) Notes() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), r.notes...)
}

func (r *Recording) note(s string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.notes = append(r.notes, s)
}

// find returns the answer to a request: the first exchange with its key that
// was not played yet. Without one it returns nil where the request is to be sent,
// and an error where nothing may be.
func (r *Recording) find(key key, what string, doc []byte) (*exchange, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.opts.Mode != Record {
		for _, x := range r.known {
			if !x.played && x.key == key {
				x.played = true
				return x, nil
			}
		}
	}
	if r.opts.Mode == Replay {
		return nil, r.unknown(key, what, doc)
	}
	if r.err == nil && r.file == nil {
		return nil, fmt.Errorf("record: %s: %w", r.path, os.ErrClosed)
	}
	return nil, r.err
}
