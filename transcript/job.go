package transcript

import (
	"context"
	"fmt"
)

// job is what the readers of one file share: the record that they fill, and what it
// may hold.
type job struct {
	ctx  context.Context
	rec  *Record
	o    *Options
	base string         // what sessions are called that have no name
	used map[string]int // ids of sessions, and the last number that was put behind each
	left int            // messages and parts that may still be added
	kept int            // lines of threads
	full bool           // some were not: Options.MaxMessages
}

func newJob(ctx context.Context, path string, o *Options) *job {
	return &job{ctx: ctx, rec: &Record{}, o: o, base: baseName(path), used: map[string]int{}, left: o.MaxMessages}
}

// report adds a problem, or counts it when there are too many.
func (j *job) report(line int, session string, code string, format string, args ...any) {
	if len(j.rec.Problems) >= maxProblems {
		j.rec.Omitted++
		return
	}
	j.rec.Problems = append(j.rec.Problems, Problem{Line: line, Session: session, Code: code, Err: fmt.Errorf(format, args...)})
}

// name makes an id that no other session of the file has, and takes it.
func (j *job) name(id string) string {
	n := j.used[id]
	if n == 0 {
		j.used[id] = 1
		return id
	}
	next := id
	for j.used[next] > 0 {
		n++
		next = fmt.Sprintf("%s~%d", id, n)
	}
	j.used[id], j.used[next] = n, 1
	return next
}

// take says whether one more message with so many parts may be added. The first that may
// not be is reported.
func (j *job) take(line, parts int) bool {
	if j.left -= 1 + max(parts-1, 0); j.left >= 0 {
		return true
	}
	j.left = 0
	j.fill(line)
	return false
}

// fill says that no more is read: there is no room.
func (j *job) fill(line int) {
	if !j.full {
		j.report(line, "", codeTruncated, "more than %d messages: see Options.MaxMessages; the rest was left out", j.o.MaxMessages)
	}
	j.full = true
}

// room says whether one more line may be kept until its thread is told.
func (j *job) room(line int) bool {
	if j.kept++; j.kept <= j.o.MaxMessages {
		return true
	}
	j.fill(line)
	return false
}

// over says that nothing more need be read.
func (j *job) over() bool { return j.full || j.ctx.Err() != nil }

// told says that nothing more of what was read need be told.
func (j *job) told() bool { return j.full && j.left == 0 || j.ctx.Err() != nil }
