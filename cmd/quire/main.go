// Command quire looks into mailboxes and works in them, from a shell: it lists, reads, finds
// and sends mail, waits for it, shows what stands in an agent's context, what its calls
// took and why a call did not see a message, and keeps the file that all of it is in.
//
// Its help is the documentation: quire help, quire help COMMAND, and docs/cli.md, which is
// made from the same text.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() { os.Exit(process()) }

func process() int {
	stop := []os.Signal{syscall.SIGTERM}
	// A shell starts background jobs of a script with interrupts ignored: that stays so.
	if !signal.Ignored(os.Interrupt) {
		stop = append(stop, os.Interrupt)
	}
	ctx, cancel := signal.NotifyContext(context.Background(), stop...)
	defer cancel()
	return run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
}
