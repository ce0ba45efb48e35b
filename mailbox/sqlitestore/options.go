package sqlitestore

import (
	"net/url"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/quire-dev/quire/mailbox"
)

// Options say how a file is opened. The zero value is ready to use.
type Options struct {
	Clock func() time.Time // when a call brings no time; nil: time.Now
	Rules mailbox.Rules
	// Normal syncs the disk at checkpoints only and not at each commit: about
	// twice as fast, and a power cut may take back the last commits.
	Normal   bool
	ReadOnly bool          // nothing is written; the file must exist
	Busy     time.Duration // how long to wait for another process's write, unless the call's context ends first; 0: 5 s
	Readers  int           // connections for reading; 0: 4
	Poll     time.Duration // how often a wait looks for other processes' writes; 0: 250 ms
}

func (o *Options) withDefaults() Options {
	var c Options
	if o != nil {
		c = *o
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.Busy <= 0 {
		c.Busy = 5 * time.Second
	}
	if c.Readers <= 0 {
		c.Readers = 4
	}
	if c.Poll <= 0 {
		c.Poll = 250 * time.Millisecond
	}
	return c
}

// dsn is the name under which the driver opens the file. The busy time-out comes
// first: the other settings may have to wait. It is short, see busyStep.
func (o *Options) dsn(path string, write bool) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	abs = filepath.ToSlash(abs)
	if runtime.GOOS == "windows" && !strings.HasPrefix(abs, "/") {
		abs = "/" + abs
	}
	q := url.Values{}
	pragma := func(s string) { q.Add("_pragma", s) }
	pragma("busy_timeout(" + strconv.FormatInt(max(min(o.Busy, busyStep).Milliseconds(), 1), 10) + ")")
	pragma("cache_size(-8000)")
	switch {
	case o.ReadOnly:
		q.Set("mode", "ro")
	case write:
		q.Set("mode", "rwc")
		q.Set("_txlock", "immediate")
		pragma("wal_autocheckpoint(" + strconv.Itoa(logPages) + ")")
		if o.Normal {
			pragma("synchronous(NORMAL)")
		} else {
			pragma("synchronous(FULL)")
		}
	default:
		q.Set("mode", "rw")
		pragma("query_only(1)")
	}
	u := url.URL{Scheme: "file", Path: abs, RawQuery: q.Encode()}
	return u.String(), nil
}
