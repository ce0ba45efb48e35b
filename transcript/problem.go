package transcript

import (
	"errors"
	"fmt"
	"sort"
	"strings"
)

// maxProblems is how many problems a [Record] lists; the rest is counted.
const maxProblems = 1000

// What kind of [Problem] it is.
const (
	codeUnreadable = "unreadable"     // the line or element is not what it should be; left out
	codeUnknown    = "unknown"        // an entry of a kind that is not known; left out
	codeField      = "field"          // one field can't be read; the rest was kept
	codeTruncated  = "truncated"      // the file ends too early; what came before was kept
	codeTooLong    = "too-long"       // the line is longer than Options.MaxLine; left out
	codeRepeated   = "repeated"       // the entry had been there before; left out
	codeGap        = "gap"            // an entry names a parent that is not there; joined to the one before
	codeAbandoned  = "abandoned"      // a branch in which nothing was answered; left out
	codeOrphan     = "orphan-result"  // a result of a call that is not there; kept
	codeTwice      = "second-result"  // another result of a call that has one; kept
	codeReused     = "reused-call-id" // a call with the id of an earlier one; kept
	codeOpen       = "open-call"      // a call without a result; kept
)

// Problem is something in a record that could not be read, or that does not
// fit together.
type Problem struct {
	Line    int // from 1; 0 when no line can be named
	Session string
	// Code is a word for its kind. Left out was an entry that is "unreadable", "unknown",
	// "too-long", "repeated" or "abandoned" (a branch in which nothing was answered); kept,
	// as far as it is there, what has a bad "field", is "truncated", has a "gap" before
	// it, or is an "orphan-result", a "second-result", a "reused-call-id" or an "open-call".
	Code string
	Err  error
}

// String puts the problem in one line: `line 12: orphan-result: no call "a1"`.
func (p Problem) String() string {
	s := strings.Join(strings.Fields(fmt.Sprintf("%s: %v", p.Code, p.Err)), " ")
	if p.Line > 0 {
		return fmt.Sprintf("line %d: %s", p.Line, s)
	}
	return s
}

// ErrNothing says that a file holds no message that can be read: it is empty, of
// no known form, or damaged throughout.
var ErrNothing = errors.New("it holds no messages")

// nothing is a reason for ErrNothing.
type nothing string

func (n nothing) Error() string { return string(n) }

func (n nothing) Is(target error) bool { return target == ErrNothing }

// Other reasons why a whole file can't be read.
var (
	errEmpty  = nothing("the file is empty")
	errFormat = nothing("not a session, chat or mail folder")
	errFolder = errors.New("it is a folder: name the files in it")
)

// fileError says that a whole file could not be read.
type fileError struct {
	Path string
	Line int // of the first thing that could not be read; 0 when none can be named
	Err  error
}

func (e *fileError) Error() string {
	if e.Line > 0 {
		return fmt.Sprintf("transcript: %s: line %d: %v", e.Path, e.Line, e.Err)
	}
	return fmt.Sprintf("transcript: %s: %v", e.Path, e.Err)
}

func (e *fileError) Unwrap() error { return e.Err }

// sortProblems puts them in the order of the file; those without a line come
// last.
func (r *Record) sortProblems() {
	sort.SliceStable(r.Problems, func(i, j int) bool {
		a, b := r.Problems[i].Line, r.Problems[j].Line
		return a != 0 && (b == 0 || a < b)
	})
}
