//go:build unix

package mailbox

import (
	"syscall"
	"time"
)

// cpuTime is how long this process has had a processor so far.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
