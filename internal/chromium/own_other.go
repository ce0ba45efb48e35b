//go:build !unix

package chromium

import "os/exec"

func own(*exec.Cmd) {}

func kill(cmd *exec.Cmd) {
	if cmd.Process != nil {
		_ = cmd.Process.Kill() // it may be gone
	}
}
