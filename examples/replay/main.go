// Replay composes the calls of recorded agent sessions anew, under a budget and
// policy of your choice, and shows what that would have cost and what would
// have been missing. It calls no model.
//
//	go run ./examples/replay                       # a sample that comes along
//	go run ./examples/replay -help                 # what it can do
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is main with its surroundings as arguments. It returns the exit status: 0
// when all went well, 1 when a prompt broke a rule or the budget or a file
// could not be read, 2 when it was asked for something that does not exist.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parse(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		fmt.Fprintf(stderr, "replay: %v\n(see replay -help)\n", err)
		return 2
	case o.list != nil:
		o.list(stdout)
		return 0
	}
	do := replay
	if o.whatIf.db != "" {
		do = whatIfMailbox
	}
	ok, err := do(ctx, o, stdout, stderr)
	if err != nil {
		fmt.Fprintf(stderr, "replay: %v\n", err)
		return 1
	}
	if !ok {
		return 1
	}
	return 0
}
