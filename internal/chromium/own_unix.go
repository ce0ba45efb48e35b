//go:build unix

package chromium

import (
	"os/exec"
	"syscall"
)

// own puts the browser into a group of its own, so that it ends with its children.
func own(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

func kill(cmd *exec.Cmd) {
	if cmd.Process != nil {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // it may be gone
	}
}
