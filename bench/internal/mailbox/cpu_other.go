//go:build !unix

package mailbox

import "time"

func cpuTime() time.Duration { return 0 }
